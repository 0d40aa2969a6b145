#include "live/endpoint/media_jobs.h"

#include "live/endpoint/answer_headers.h"
#include "live/endpoint/pick_chain.h"
#include "wire/picture.h"
#include "wire/request_parts.h"
#include "wire/translate.h"

#include <algorithm>
#include <charconv>

namespace brownout::live {

namespace {

using wire::MediaCaller;
using wire::MediaJob;

void reply(net::Exchange& exchange, const wire::MediaAnswer& answer,
           const net::Headers& about = {}) {
    net::Headers headers(answer.headers.begin(), answer.headers.end());
    headers.insert(headers.end(), about.begin(), about.end());
    if (const auto origin = welcome_origin(exchange.request()); !origin.empty())
        headers.emplace_back("Access-Control-Allow-Origin", wire::header_value(origin));
    exchange.reply(answer.status, headers, answer.body);
}

// Where the caller found us: addresses that it gets lead back the same way.
std::string base_of(const net::ServerRequest& request) {
    return "http://" + wire::header_value(request.header("Host"));
}

// The name under which FAL's and Replicate's clients ask to be called back; empty: they do not.
std::string wants_webhook(const net::ServerRequest& request) {
    const std::size_t query = request.target.find('?');
    for (const std::string name : {"fal_webhook", "webhook"})
        if (query != std::string::npos &&
            ("&" + request.target.substr(query + 1)).find("&" + name + "=") != std::string::npos)
            return name;
    const auto body = chain::Json::parse(request.body, nullptr, false);
    const auto found = body.is_object() ? body.find("webhook") : body.end();
    const bool asked =
        found != body.end() && found->is_string() && !found->get<std::string>().empty();
    return asked ? "webhook" : "";
}

} // namespace

class MediaJobs::Job final : public CallObserver {
  public:
    Job(boost::asio::io_context& loop, const Clock& clock, const MediaCaller& caller, MediaJob job)
        : clock_(clock), caller_(caller), job_(std::move(job)), timer_(loop) {}

    void start(Driver& driver, const PickedChain& picked) {
        driver_ = &driver;
        CallOptions options;
        options.chain = picked.chain->id;
        options.prefer = picked.prefer;
        handle_ = driver.start(job_.asked, std::move(options), *this);
        // The driver has it now. Callers are told their prompt again, and nothing else.
        job_.asked.messages.clear();
        job_.asked.own_parameters.clear();
        if (job_.asked.media)
            job_.asked.media->input_url.clear();
        bytes_ = job_.asked.image   ? job_.asked.image->prompt.size()
                 : job_.asked.media ? job_.asked.media->prompt.size()
                                    : 0;
    }
    // Answers this exchange when it is over or, at the latest, after `hold`; `forever` waits.
    void wait(net::ExchangePtr exchange, MediaCaller::Step step, Duration hold) {
        waiting_ = std::move(exchange);
        step_ = step;
        if (hold == forever) {
            waiting_->on_gone([this, still = std::weak_ptr<int>{alive_}] {
                if (!still.expired())
                    cancel(); // nobody else knows of it
            });
            return;
        }
        timer_.expires_after(std::chrono::duration_cast<std::chrono::milliseconds>(hold));
        timer_.async_wait(
            [this, still = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
                if (!error && !still.expired())
                    tell();
            });
    }
    void cancel() {
        if (!over())
            driver_->cancel(handle_);
    }
    const MediaJob& state() const { return job_; }
    const MediaCaller& caller() const { return caller_; }
    const net::Headers& about() const { return about_; } // once it is over
    const std::vector<std::string>& pictures() const { return pictures_; }
    std::size_t bytes() const { return bytes_; }
    bool over() const { return job_.state >= MediaJob::State::succeeded; }
    Instant ended() const { return ended_; }

  private:
    void on_attempt(const record::RequestRecord&) override {
        if (job_.state == MediaJob::State::queued)
            job_.state = MediaJob::State::running;
    }
    void on_delta(const wire::Delta&) override {}
    void on_restart(const std::string&) override {}
    void on_finish(record::RequestPtr record, const wire::Reply& reply) override {
        using engine::CallResult;
        ended_ = clock_.now();
        job_.ended_unix_s = clock_.unix_s();
        if (record->result == CallResult::success) {
            job_.state = MediaJob::State::succeeded;
            job_.reply = reply;
            take_pictures();
        } else if (record->result == CallResult::cancelled) {
            job_.state = MediaJob::State::cancelled;
        } else {
            job_.state = MediaJob::State::failed;
            job_.error = error_of(*record, std::nullopt);
            tell_retry(about_, job_.error);
        }
        tell_request(about_, *record);
        timer_.cancel();
        tell();
    }
    // Bytes of a picture are fetched from here; an address of its provider stays as it is.
    void take_pictures() {
        for (wire::Picture& picture : job_.reply.pictures) {
            std::string bytes = std::exchange(picture.bytes, {});
            if (!picture.url.empty())
                bytes.clear(); // nobody asks us for them
            if (!bytes.empty()) {
                if (picture.mime.empty())
                    picture.mime = wire::picture_mime(bytes);
                picture.url =
                    job_.base + "/media/" + job_.id + "/" + std::to_string(pictures_.size());
                bytes_ += bytes.size();
            }
            pictures_.push_back(std::move(bytes));
        }
    }
    void tell() {
        if (const net::ExchangePtr waiting = std::exchange(waiting_, nullptr);
            waiting && !waiting->gone())
            reply(*waiting, caller_.answer(step_, job_), about_);
    }

    const Clock& clock_;
    const MediaCaller& caller_;
    MediaJob job_;
    Driver* driver_ = nullptr;
    Driver::CallHandle handle_ = 0;
    net::ExchangePtr waiting_;
    MediaCaller::Step step_ = MediaCaller::Step::none;
    std::vector<std::string> pictures_;
    std::size_t bytes_ = 0;
    Instant ended_ = never;
    net::Headers about_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

MediaJobs::MediaJobs(boost::asio::io_context& loop, const Clock& clock, EndpointHost& host)
    : loop_(loop), clock_(clock), host_(host) {}

MediaJobs::~MediaJobs() = default;

const MediaCaller* MediaJobs::caller(std::string_view path) {
    if (path == "/fal" || path.starts_with("/fal/"))
        return &wire::fal_caller();
    return path.starts_with("/replicate/") ? &wire::replicate_caller() : nullptr;
}

MediaJobs::Job* MediaJobs::find(const std::string& id) const {
    const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                    [&](const auto& job) { return job->state().id == id; });
    return found == jobs_.end() ? nullptr : found->get();
}

std::size_t MediaJobs::running() const {
    return static_cast<std::size_t>(
        std::count_if(jobs_.begin(), jobs_.end(), [](const auto& job) { return !job->over(); }));
}

void MediaJobs::cancel_all() {
    for (const auto& job : jobs_)
        job->cancel();
}

void MediaJobs::serve(net::ExchangePtr exchange, const MediaCaller& caller) {
    using Step = MediaCaller::Step;
    forget_old();
    const net::ServerRequest& request = exchange->request();
    const auto route =
        caller.route(request.method, request.path(), request.header("x-fal-target-url"));
    if (route.step == Step::none)
        return reply(*exchange, caller.error({404, "not_found", "there is no such route"}));
    if (route.step == Step::run || route.step == Step::submit)
        return create(std::move(exchange), caller, route);
    Job* const job = find(route.id);
    if (!job || &job->caller() != &caller)
        return reply(*exchange, caller.error({404, "not_found", "there is no such request"}));
    reply(*exchange, caller.answer(route.step, job->state()), job->about());
    if (route.step == Step::cancel)
        job->cancel();
}

void MediaJobs::create(net::ExchangePtr exchange, const MediaCaller& caller,
                       const MediaCaller::Route& route) {
    using Step = MediaCaller::Step;
    const net::ServerRequest& request = exchange->request();
    const auto refuse = [&](const wire::CallerError& error) {
        net::Headers about;
        tell_retry(about, error);
        reply(*exchange, caller.error(error), about);
    };
    if (running() >= most_running)
        return refuse({429, "too_many_jobs", "too many jobs are running: wait for some to end"});
    // The body names the model where the path does not.
    const std::string named = route.model.empty() ? std::string{request.path()} : route.model;
    wire::Asked asked = wire::read_request(caller.dialect(), named, request.body);
    if (!asked.problem.empty())
        return refuse({422, "invalid_request", asked.problem});
    if (const std::string hook = wants_webhook(request); !hook.empty())
        return refuse({422, "webhook_not_served",
                       hook + " is not served: ask for the state of the request, or wait for it",
                       hook});
    if (!host_.serving_driver(""))
        return refuse({503, "no_chain", "no chain is loaded"});
    const auto picked = pick_chain(host_.served_document(), asked.model);
    if (!picked)
        return refuse(picked.error());
    MediaJob job;
    job.id = new_token();
    job.model = asked.model;
    job.base = base_of(request);
    job.created_unix_s = clock_.unix_s();
    job.asked = std::move(asked.request);
    const Duration hold = route.step == Step::run ? forever : caller.hold(request.header("Prefer"));
    jobs_.push_back(std::make_unique<Job>(loop_, clock_, caller, std::move(job)));
    Job& made = *jobs_.back();
    made.start(*host_.serving_driver(picked->chain->id), *picked);
    if (hold > Duration::zero())
        made.wait(std::move(exchange), route.step == Step::run ? Step::result : route.step, hold);
    else
        reply(*exchange, caller.answer(route.step, made.state()));
}

void MediaJobs::fetch(net::Exchange& exchange) const {
    constexpr std::string_view before = "/media/";
    const std::string_view rest = exchange.request().path().substr(before.size());
    const auto slash = rest.find('/');
    std::size_t index = 0;
    const Job* const job = find(std::string{rest.substr(0, slash)});
    const std::string_view number =
        slash == rest.npos ? std::string_view{} : rest.substr(slash + 1);
    const auto read = std::from_chars(number.data(), number.data() + number.size(), index);
    if (!job || read.ec != std::errc{} || index >= job->pictures().size() ||
        job->pictures()[index].empty())
        return exchange.reply(404, {{"Content-Type", "text/plain"}},
                              "this picture is not kept (any more)\n");
    const std::string& bytes = job->pictures()[index];
    std::string mime{wire::picture_mime(bytes)};
    exchange.reply(200,
                   {{"Content-Type", mime.empty() ? "application/octet-stream" : mime},
                    {"X-Content-Type-Options", "nosniff"}},
                   bytes);
}

// What ended long ago, and the oldest where there are too many, or too much.
void MediaJobs::forget_old() {
    const Instant now = clock_.now();
    std::size_t kept = jobs_.size(), bytes = 0;
    for (const auto& job : jobs_)
        bytes += job->bytes();
    for (auto at = jobs_.begin(); at != jobs_.end();) {
        const Job& job = **at;
        const bool old = job.over() && now - job.ended() > keep;
        if (!job.over() || !(old || kept >= most_kept || bytes > most_bytes)) {
            ++at;
            continue;
        }
        --kept;
        bytes -= job.bytes();
        at = jobs_.erase(at);
    }
}

} // namespace brownout::live
