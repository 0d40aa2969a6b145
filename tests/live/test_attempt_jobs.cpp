// Jobs over real sockets: submit, look, fetch; what bounds them, and that a job that is given up is
// told to stop.
#include "live/attempt.h"
#include "support/http_raw_server.h"
#include "support/live_world.h"

#include <QTest>

#include <mutex>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::CallResult;

namespace {

const std::string png{"\x89PNG\r\n\x1A\n picture", 16};

// A server of Replicate's predictions, hand-written.
class JobServer {
  public:
    enum Kind { makes, never_ready, fails, corrupt, busy, deaf_to_cancels };
    explicit JobServer(Kind kind, int looks = 2)
        : kind_(kind), looks_(looks), server_([this](RawPeer& peer, int) { serve(peer); }) {}

    std::string base_url() const { return server_.url("/v1"); }
    std::vector<std::string> requests() const { // "POST /v1/models/a/b/predictions"
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    int count(const std::string& part) const {
        int n = 0;
        for (const std::string& request : requests())
            n += request.find(part) != std::string::npos;
        return n;
    }

  private:
    void serve(RawPeer& peer) {
        for (std::string request = peer.read_request(); !request.empty();
             request = peer.read_request()) {
            const std::string line = request.substr(0, request.find(" HTTP/"));
            int seen = 0;
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
                if (line.starts_with("GET /v1/predictions"))
                    seen = ++seen_;
            }
            if (line.find("/cancel") != std::string::npos) {
                if (kind_ == deaf_to_cancels) {
                    peer.client_ended(20'000);
                    return;
                }
                peer.send(ok_reply(prediction("canceled")));
            } else if (line.starts_with("POST")) {
                peer.send(kind_ == busy ? error_503() : ok_reply(prediction("starting")));
            } else if (line.find("/picture") != std::string::npos) {
                peer.send(ok_reply(kind_ == corrupt ? std::string(64, '\0') : png));
            } else {
                peer.send(ok_reply(look(seen)));
            }
        }
    }
    std::string look(int seen) const {
        if (kind_ == never_ready || kind_ == deaf_to_cancels || seen < looks_)
            return prediction("processing");
        if (kind_ == fails)
            return prediction("failed", R"(,"error":"CUDA out of memory")");
        return prediction("succeeded", ",\"output\":[\"" + server_.url("/picture") + "\"]");
    }
    static std::string prediction(const std::string& status, const std::string& more = "") {
        return "{\"id\":\"p1\",\"status\":\"" + status + "\"" + more + "}";
    }
    static std::string error_503() {
        return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}";
    }

    const Kind kind_;
    const int looks_;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    int seen_ = 0;
    RawServer server_; // last: its threads use the rest
};

// `first_limits`: timeouts of the first target alone; the others may be as slow as the machine is.
chain::Document chain_of(const std::vector<const JobServer*>& servers, const std::string& policy,
                         const char* first_limits = "{}") {
    chain::Json providers = chain::Json::array(), targets = chain::Json::array();
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const std::string id = "p" + std::to_string(i + 1);
        providers.push_back({{"id", id},
                             {"dialect", "replicate"},
                             {"base_url", servers[i]->base_url()},
                             {"key", "session:k"}});
        targets.push_back({{"provider", id},
                           {"model", "a/b"},
                           {"timeouts", chain::Json::parse(i == 0 ? first_limits : "{}")},
                           {"price", {{"image_usd", 0.01}}}});
    }
    return read({{"format", "brownout.chain/1"},
                 {"name", "test"},
                 {"providers", providers},
                 {"chains", chain::Json::array({{{"id", "default"}, {"targets", targets}}})},
                 {"policy", chain::Json::parse(policy)}});
}

struct JobWorld : LiveWorld {
    JobWorld(const std::vector<const JobServer*>& servers, const std::string& policy = "{}",
             const char* first_limits = "{}")
        : LiveWorld(chain_of(servers, policy, first_limits),
                    {{*chain::parse_key_ref("session:k"), Secret{"canary-key-0815"}}}) {}
    void ask(Asked& asked, std::optional<std::int64_t> count = std::nullopt) {
        wire::ChatRequest request;
        request.image.emplace().prompt = "a cat";
        request.image->count = count;
        asked.handle = driver->start(std::move(request), {}, asked);
    }
};

constexpr auto one_try = R"({"retry": {"attempts_per_target": 1}})";
constexpr auto one_try_paying_twice = R"({"retry": {"attempts_per_target": 1},
    "resend_after_ambiguous_failure": "always"})";
constexpr auto soon = R"({"attempt_ms": 1500})";

struct NotingSink : live::AttemptSink {
    int progress = 0, ended = 0;
    void attempt_connected(live::Attempt&) override {}
    void attempt_delta(live::Attempt&, const wire::Delta&) override {}
    void attempt_progress(live::Attempt&) override { ++progress; }
    void attempt_ended(live::Attempt&) override { ++ended; }
};

} // namespace

class TestAttemptJobs : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_job_ends_with_its_picture() {
        JobServer server(JobServer::makes, 6);
        // Six looks take longer than a first token may take, for each is progress.
        JobWorld world({&server}, R"({"timeouts": {"first_token_ms": 2500}})");
        Asked asked;
        world.ask(asked);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        QCOMPARE(asked.reply.pictures.size(), std::size_t{1});
        QCOMPARE(asked.reply.pictures.front().bytes, png);
        QCOMPARE(asked.reply.pictures.front().mime, std::string{"image/png"});
        QCOMPARE(asked.attempt(1).request_id, std::string{"p1"});
        QVERIFY(std::abs(asked.record->cost.usd() - 0.01) < 1e-12);
        QVERIFY(!asked.record->cost_unknown);
        QCOMPARE(server.count("GET /v1/predictions/p1 "), 6);
        QCOMPARE(server.count("GET /picture"), 1);
        QCOMPARE(server.count("/cancel"), 0);
        // The key went with the job's requests and not with the picture's.
        QCOMPARE(server.count("canary-key-0815"), 7);
    }

    void a_job_that_is_never_ready_ends_with_the_attempt_and_is_told_to_stop() {
        JobServer server(JobServer::never_ready), other(JobServer::makes, 1);
        JobWorld world({&server, &other}, one_try, soon);
        Asked asked;
        world.ask(asked);
        QVERIFY(world.wait(asked));
        // It may have been billed: by default nobody else is asked to make it again.
        QCOMPARE(asked.record->result, CallResult::failed);
        QCOMPARE(asked.attempt(1).outcome.cause, engine::Cause::attempt_timeout);
        QVERIFY(asked.attempt(1).outcome.ambiguous);
        QCOMPARE(other.requests().size(), std::size_t{0});
        const auto took = asked.record->ended - asked.record->started;
        QVERIFY2(took >= 1400ms, qPrintable(QString::number(to_ms(took))));
        QVERIFY(run_until(world.loop, [&] { return world.driver->jobs_being_cancelled() == 0; }));
        QCOMPARE(server.count("POST /v1/predictions/p1/cancel"), 1);
    }

    void paying_twice_may_be_allowed() {
        JobServer server(JobServer::never_ready), other(JobServer::makes, 1);
        JobWorld world({&server, &other}, one_try_paying_twice, soon);
        Asked asked;
        world.ask(asked);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        QCOMPARE(asked.record->served_by, std::string{"p2/a/b"});
        QVERIFY(run_until(world.loop, [&] { return server.count("/cancel") == 1; }));
    }

    void a_refusal_and_a_failed_job_go_on_to_the_next() {
        for (const auto kind : {JobServer::busy, JobServer::fails, JobServer::corrupt}) {
            JobServer server(kind, 1), other(JobServer::makes, 1);
            JobWorld world({&server, &other}, one_try);
            Asked asked;
            world.ask(asked);
            QVERIFY(world.wait(asked));
            QCOMPARE(asked.record->result, CallResult::success);
            QCOMPARE(asked.record->served_by, std::string{"p2/a/b"});
            QCOMPARE(asked.reply.pictures.front().bytes, png);
            // A picture that was made but cannot be used was billed all the same.
            const double wasted = kind == JobServer::corrupt ? 0.01 : 0;
            QVERIFY(std::abs(asked.record->wasted.usd() - wasted) < 1e-12);
            QVERIFY(std::abs(asked.record->cost.usd() - 0.01 - wasted) < 1e-12);
            QCOMPARE(server.count("/cancel"), 0); // there is nothing left to stop
        }
    }

    void a_caller_who_leaves_stops_the_job() {
        JobServer server(JobServer::never_ready);
        JobWorld world({&server});
        Asked asked;
        world.ask(asked);
        QVERIFY(run_until(world.loop, [&] { return server.count("GET /v1/predictions") >= 1; }));
        world.driver->cancel(asked.handle);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::cancelled);
        QVERIFY(run_until(world.loop, [&] { return server.count("/cancel") == 1; }));
        const int looks = server.count("GET /v1/predictions");
        run_for(world.loop, 1200ms);
        QCOMPARE(server.count("GET /v1/predictions"), looks);
    }

    void a_deaf_provider_costs_five_seconds_at_most() {
        JobServer server(JobServer::deaf_to_cancels);
        JobWorld world({&server}, one_try, soon);
        Asked asked;
        world.ask(asked);
        QVERIFY(world.wait(asked));
        QVERIFY(run_until(world.loop, [&] { return world.driver->jobs_being_cancelled() == 1; }));
        const auto began = std::chrono::steady_clock::now();
        QVERIFY(run_until(
            world.loop, [&] { return world.driver->jobs_being_cancelled() == 0; }, 30s));
        QVERIFY(std::chrono::steady_clock::now() - began < 15s); // it stays deaf for twenty
    }

    void a_paused_job_waits_and_goes_on() {
        JobServer server(JobServer::makes, 1);
        boost::asio::io_context loop{1};
        net::HttpClient http{loop};
        NotingSink sink;
        live::Attempt attempt(sink, http, loop, 0, {}, 1);
        wire::Endpoint at;
        at.dialect = chain::Dialect::replicate;
        at.base_url = server.base_url();
        at.model = "a/b";
        wire::ChatRequest picture;
        picture.image.emplace().prompt = "a cat";
        const wire::Dialect& dialect = *wire::dialect(at.dialect);
        const wire::Encoded encoded = dialect.encode(picture, at);
        net::Request request;
        request.url = encoded.url;
        request.headers = encoded.headers;
        request.body = encoded.body;
        attempt.send(std::move(request), dialect.reader_for(picture, at), live::Attempt::Kind::job);
        QVERIFY(run_until(loop, [&] { return sink.progress == 1; }));
        QVERIFY2(attempt.job_to_cancel(), "it runs at the provider");
        attempt.pause();
        run_for(loop, 900ms); // the look was due after half a second
        QCOMPARE(server.count("GET "), 0);
        attempt.resume();
        QVERIFY(run_until(loop, [&] { return sink.ended == 1; }));
        QCOMPARE(attempt.end()->reply.pictures.front().bytes, png);
        QVERIFY(!attempt.job_to_cancel());
    }

    void an_attempt_that_is_destroyed_between_two_looks_leaves_nothing_behind() {
        JobServer server(JobServer::never_ready);
        {
            JobWorld world({&server});
            Asked asked;
            world.ask(asked);
            QVERIFY(run_until(world.loop, [&] { return server.count("GET ") >= 1; }));
        } // the driver and its attempts go while a timer is set
        QCOMPARE(server.count("/cancel"), 0);
    }

    void several_pictures_cost_several_times() {
        JobServer server(JobServer::makes, 1);
        auto document = chain_of({&server}, "{}");
        document.policy["budget"] = {{"per_request_usd", 0.03}};
        for (const std::int64_t count : {2, 5}) {
            LiveWorld world(document, {{*chain::parse_key_ref("session:k"), Secret{"k-0815"}}});
            Asked asked;
            wire::ChatRequest request;
            request.image.emplace().prompt = "a cat";
            request.image->count = count;
            asked.handle = world.driver->start(std::move(request), {}, asked);
            QVERIFY(world.wait(asked));
            // Five would cost more than the request may: none is asked for.
            QCOMPARE(asked.record->result, count == 2 ? CallResult::success : CallResult::refused);
        }
    }
};

QTEST_GUILESS_MAIN(TestAttemptJobs)
#include "test_attempt_jobs.moc"
