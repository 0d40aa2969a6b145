// Calls one webhook: a POST with a JSON body, tried again with backoff, behind a breaker of its
// own, so that a receiver that is down or slow costs nothing but its own calls. Nobody waits for
// it: post() only queues, and what is in the way is bounded in number, size and time.
//
// A call is taken when it is answered with 2xx. Other answers in the 4xx (but 408, 425 and 429) and
// 3xx are not tried again; everything else is, `tries` times in all, after growing waits. A call
// that is tried again has the same Idempotency-Key. While the breaker is open calls wait; the
// oldest is dropped when too many do. TLS is verified as for providers (the system's authorities).
//
// That calls are not taken is told once, when the first is lost or the breaker opens; once again,
// with the number of lost calls, when one is taken. An address is never told but for its host: the
// rest may hold a key.
//
// Thread: the loop's only. `told` is called from the loop, or from post() and give_up().
#pragma once

#include "chain/json.h"
#include "engine/breaker.h"
#include "live/driver.h"
#include "record/metrics.h"

#include <boost/asio/steady_timer.hpp>

#include <deque>

namespace brownout::live {

struct WebhookLimits {
    std::size_t most_waiting = 256, at_once = 4;
    std::size_t longest_body = 16u << 10; // bytes; a longer one is dropped
    int tries = 5;
    Duration attempt = std::chrono::seconds{5}, connect = std::chrono::seconds{3};
    Duration longest_wait = std::chrono::minutes{10}; // of a call; then it is dropped
    engine::BackoffPolicy backoff;
    engine::BreakerPolicy breaker; // 5 failures in a row; open 10 s to 5 min
    WebhookLimits();
};

// One call as it goes out. `key`: its Idempotency-Key.
net::Request webhook_request(const std::string& url, const std::string& hook,
                             const std::string& key, std::string body);

class Webhook {
  public:
    using Limits = WebhookLimits;

    // What is told: empty `why`: calls are taken again, so many were lost.
    struct News {
        std::string hook, host, why;
        std::uint64_t lost = 0;
    };
    using Told = std::function<void(const News&)>;

    Webhook(boost::asio::io_context& loop, net::HttpClient& http, const Clock& clock,
            std::string name, Told told, Limits limits = {});
    ~Webhook(); // drops what is under way

    // Where calls go from now on; another address begins with a closed breaker. Empty: nobody is
    // called, and what waits is dropped.
    void set_url(const std::string& url);
    bool called() const { return !url_.empty(); }
    void post(const chain::Json& body);

    // The program ends: what waits is tried once, now, and nothing again. While the breaker is open
    // it is dropped.
    void drain();
    bool busy() const { return !waiting_.empty() || !running_.empty(); }
    void give_up(); // what is still in the way is lost, and told so
    record::Metrics::Hook counts() const;

  private:
    class Call;
    struct Job {
        std::string body, key; // idempotency key
        int tries = 0;         // that have ended
        Instant posted{}, due{};
        Duration delay{}; // of the last wait
    };
    void pump();
    void arm();
    void send(Job job, engine::ProbePeriod probe);
    void ended(std::uint64_t id, int status, const std::string& why);
    void judge_breaker(engine::ProbePeriod probe, bool failed, const std::string& why);
    void lose(std::uint64_t record::Metrics::Hook::*count, const std::string& why);
    void taken();
    void tell_failing(const std::string& why);
    void later(std::function<void()> act);

    boost::asio::io_context& loop_;
    net::HttpClient& http_;
    const Clock& clock_;
    const std::string name_;
    const Told told_;
    const Limits limits_;
    std::string url_, host_;
    std::deque<Job> waiting_;
    std::map<std::uint64_t, std::unique_ptr<Call>> running_;
    engine::Breaker breaker_;
    record::Metrics::Hook counts_;
    std::uint64_t last_ = 0, lost_ = 0; // lost_: since calls were taken last
    bool failing_ = false, draining_ = false, pump_posted_ = false;
    Rng rng_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

} // namespace brownout::live
