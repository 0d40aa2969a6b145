#include "live/webhook.h"

#include "base/url.h"
#include "engine/retry_delay.h"
#include "live/wire_log.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace brownout::live {

namespace {

constexpr std::size_t reply_kept = 64u << 10; // bytes of an answer, which is not read

bool worth_another_try(int status) {
    return status == 0 || status >= 500 || status == 408 || status == 425 || status == 429;
}

} // namespace

// One try of one call.
class Webhook::Call final : public net::Handler {
  public:
    Call(Webhook& owner, std::uint64_t id, Job of, engine::ProbePeriod as_probe)
        : job(std::move(of)), probe(as_probe), owner_(owner), id_(id), timer_(owner.loop_) {}
    ~Call() override { owner_.http_.cancel(transfer_); }

    void start(net::Request request) {
        transfer_ = owner_.http_.start(std::move(request), *this);
        wait(owner_.limits_.connect, "no connection in time");
    }
    void on_connected() override { wait(owner_.limits_.attempt, "no answer in time"); }
    void on_head(int status, const net::Headers&) override { status_ = status; }
    void on_bytes(std::string_view) override {}
    void on_end(net::End end, bool, const std::string&) override {
        transfer_ = 0;
        // An answer that is not whole, or too long to be read, is an answer all the same.
        over(status_, status_ ? "HTTP " + std::to_string(status_) : words_for(end));
    }

    Job job;
    const engine::ProbePeriod probe;

  private:
    void wait(Duration limit, const char* why) {
        timer_.expires_after(limit);
        timer_.async_wait([this, why, still = std::weak_ptr<int>{alive_}](
                              const boost::system::error_code& error) {
            if (!error && !still.expired())
                over(status_, status_ ? "HTTP " + std::to_string(status_) : why);
        });
    }
    void over(int status, const std::string& why) {
        timer_.cancel();
        owner_.later([&owner = owner_, id = id_, status, why] { owner.ended(id, status, why); });
    }

    Webhook& owner_;
    const std::uint64_t id_;
    boost::asio::steady_timer timer_;
    net::HttpClient::TransferId transfer_ = 0;
    int status_ = 0;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

net::Request webhook_request(const std::string& url, const std::string& hook,
                             const std::string& key, std::string body) {
    net::Request request;
    request.url = url;
    request.headers = {{"Content-Type", "application/json"},
                       {"User-Agent", "Brownout"},
                       {"X-Brownout-Hook", hook},
                       {"Idempotency-Key", key}};
    request.body = std::move(body);
    request.max_reply_bytes = reply_kept;
    return request;
}

WebhookLimits::WebhookLimits() {
    breaker.consecutive_failures = 5;
    breaker.failure_ratio.reset();
    breaker.open = std::chrono::seconds{10};
}

Webhook::Webhook(boost::asio::io_context& loop, net::HttpClient& http, const Clock& clock,
                 std::string name, Told told, Limits limits)
    : loop_(loop),
      http_(http),
      clock_(clock),
      name_(std::move(name)),
      told_(std::move(told)),
      limits_(std::move(limits)),
      rng_(mix64(static_cast<std::uint64_t>(clock.wall().unix_ns_at_zero) ^ name_.size())),
      timer_(loop) {
    counts_.name = name_;
}

Webhook::~Webhook() = default;

void Webhook::set_url(const std::string& url) {
    if (url == url_)
        return;
    url_ = url;
    host_ = authority_of(url);
    breaker_ = engine::Breaker{};
    failing_ = false;
    lost_ = 0;
    if (url_.empty()) {
        counts_.dropped += waiting_.size();
        waiting_.clear();
    }
    for (Job& job : waiting_)
        job.due = {};
    later([this] { pump(); });
}

void Webhook::post(const chain::Json& body) {
    if (!called() || draining_)
        return;
    Job job;
    job.body = body.dump(-1, ' ', false, chain::Json::error_handler_t::replace);
    if (job.body.size() > limits_.longest_body)
        return lose(&record::Metrics::Hook::dropped, "a call was too long");
    char key[40];
    std::snprintf(key, sizeof key, "%016llx%016llx", static_cast<unsigned long long>(rng_.next()),
                  static_cast<unsigned long long>(rng_.next()));
    job.key = key;
    job.posted = job.due = clock_.now();
    if (waiting_.size() >= limits_.most_waiting) {
        waiting_.pop_front();
        lose(&record::Metrics::Hook::dropped, "more calls wait than are kept");
    }
    waiting_.push_back(std::move(job));
    if (!std::exchange(pump_posted_, true)) // not from inside an engine's step
        later([this] {
            pump_posted_ = false;
            pump();
        });
}

void Webhook::pump() {
    const Instant now = clock_.now();
    while (!waiting_.empty() && now - waiting_.front().posted > limits_.longest_wait) {
        waiting_.pop_front();
        lose(&record::Metrics::Hook::dropped, "a call waited too long");
    }
    const std::size_t at_once = draining_ ? 4 * limits_.at_once : limits_.at_once;
    while (running_.size() < at_once) {
        const auto due = std::find_if(waiting_.begin(), waiting_.end(),
                                      [&](const Job& job) { return job.due <= now; });
        if (due == waiting_.end())
            break;
        const engine::Admission admission = breaker_.admission(limits_.breaker, now);
        if (admission == engine::Admission::no)
            break;
        engine::ProbePeriod probe = 0;
        if (admission == engine::Admission::probe) {
            breaker_.begin_probe();
            probe = breaker_.probe_period();
        }
        Job job = std::move(*due);
        waiting_.erase(due);
        send(std::move(job), probe);
    }
    arm();
}

// For the next call that is due, or the next probe.
void Webhook::arm() {
    timer_.cancel();
    if (waiting_.empty() || running_.size() >= limits_.at_once ||
        breaker_.state() == engine::BreakerState::half_open)
        return; // the end of a running call looks again
    Instant at = never;
    for (const Job& job : waiting_)
        at = std::min(at, job.due);
    if (breaker_.state() == engine::BreakerState::open)
        at = std::max(at, breaker_.open_until());
    timer_.expires_after(std::max(Duration::zero(), at - clock_.now()));
    timer_.async_wait(
        [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
            if (!error && !still.expired())
                pump();
        });
}

void Webhook::send(Job job, engine::ProbePeriod probe) {
    net::Request request = webhook_request(url_, name_, job.key, job.body);
    const std::uint64_t id = ++last_;
    auto& call = running_[id] = std::make_unique<Call>(*this, id, std::move(job), probe);
    call->start(std::move(request));
}

void Webhook::ended(std::uint64_t id, int status, const std::string& why) {
    const auto found = running_.find(id);
    if (found == running_.end())
        return; // its answer and its limit came together
    const std::unique_ptr<Call> call = std::move(found->second);
    running_.erase(found);
    const bool ok = status >= 200 && status < 300;
    if (!ok && !called()) { // nobody is called any more
        ++counts_.dropped;
        return;
    }
    judge_breaker(call->probe, !ok, why);
    Job& job = call->job;
    ++job.tries;
    if (ok) {
        taken();
    } else if (!worth_another_try(status) || job.tries >= limits_.tries || draining_) {
        lose(&record::Metrics::Hook::failed, why);
    } else {
        const auto random = static_cast<double>(rng_.next() >> 11) * 0x1.0p-53;
        job.delay = engine::retry_delay(limits_.backoff, job.tries, job.delay, random);
        job.due = after(clock_.now(), job.delay);
        waiting_.push_front(std::move(job));
    }
    pump();
}

void Webhook::judge_breaker(engine::ProbePeriod probe, bool failed, const std::string& why) {
    const Instant now = clock_.now();
    const auto change = probe ? breaker_.probe_result(limits_.breaker, now, probe, failed)
                              : breaker_.closed_result(limits_.breaker, now, failed, {});
    if (!change || change->to != engine::BreakerState::open)
        return;
    tell_failing(why);
    if (draining_)
        drain();
}

void Webhook::lose(std::uint64_t record::Metrics::Hook::*count, const std::string& why) {
    ++(counts_.*count);
    ++lost_;
    tell_failing(why);
}

void Webhook::tell_failing(const std::string& why) {
    if (!std::exchange(failing_, true))
        told_({name_, host_, why, lost_});
}

void Webhook::taken() {
    ++counts_.delivered;
    if (std::exchange(failing_, false))
        told_({name_, host_, {}, std::exchange(lost_, 0)});
}

void Webhook::drain() {
    draining_ = true;
    if (breaker_.state() != engine::BreakerState::closed) {
        counts_.dropped += waiting_.size();
        lost_ += waiting_.size();
        waiting_.clear();
        return;
    }
    for (Job& job : waiting_)
        job.due = {};
    pump();
}

void Webhook::give_up() {
    const std::size_t left = waiting_.size() + running_.size();
    counts_.dropped += left;
    lost_ += left;
    waiting_.clear();
    running_.clear();
    timer_.cancel();
    if (left > 0)
        tell_failing("calls were not taken in time before the end");
}

record::Metrics::Hook Webhook::counts() const {
    record::Metrics::Hook out = counts_;
    out.state = breaker_.state();
    return out;
}

// Posted: a call is told of its end from inside its own callback.
void Webhook::later(std::function<void()> act) {
    boost::asio::post(loop_, [act = std::move(act), still = std::weak_ptr<int>{alive_}] {
        if (!still.expired())
            act();
    });
}

} // namespace brownout::live
