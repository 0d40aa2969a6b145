// Keys, quotas and health checks over real sockets: which key a request carries, what the caller
// and the log see of it, and that a run can be played again through the engine.
#include "support/engine_tape.h"
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTest>

#include <deque>
#include <mutex>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::CallResult;

namespace {

const char* const one_try = R"({"retry": {"attempts_per_target": 1}})";

const std::string whole =
    R"({"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"42"},)"
    R"("finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11}})";

std::string reply(const std::string& status, const std::string& body,
                  const std::string& more_headers = {}) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + more_headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
           body;
}

// The value of the key that a request carries.
std::string key_in(const std::string& request) {
    const auto at = request.find("Bearer ");
    return at == std::string::npos ? "" : request.substr(at + 7, request.find("\r\n", at) - at - 7);
}

// Answers each request as `answer` says for its key, and remembers what came.
struct KeyedServer {
    using Answer = std::function<std::string(const std::string& key, const std::string& request)>;
    explicit KeyedServer(Answer answer)
        : server([this, answer](RawPeer& peer, int) {
              const std::string request = peer.read_request();
              if (request.empty())
                  return;
              {
                  const std::lock_guard lock(mutex);
                  keys.push_back(key_in(request));
                  lines.push_back(request.substr(0, request.find("\r\n")));
              }
              peer.send(answer(key_in(request), request));
              peer.close();
          }) {}
    std::vector<std::string> seen() {
        const std::lock_guard lock(mutex);
        return keys;
    }
    std::vector<std::string> asked() {
        const std::lock_guard lock(mutex);
        return lines;
    }
    std::string base() const { return server.url("/v1"); }

    std::mutex mutex;
    std::vector<std::string> keys, lines;
    RawServer server;
};

chain::ResolvedKeys values(const std::vector<std::string>& names) {
    chain::ResolvedKeys keys;
    for (const std::string& name : names)
        keys.emplace(*chain::parse_key_ref("env:" + name), Secret("value-of-" + name));
    return keys;
}

chain::Json two_keys(const std::vector<std::string>& base_urls) {
    chain::Json json = chain_json(base_urls);
    json["providers"][0]["key"] = {"env:A", "env:B"};
    return json;
}

const std::string too_many =
    R"({"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}})";
const std::string bad_key =
    R"({"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}})";

} // namespace

class TestDriverKeys : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void a_missing_key_is_said_and_nothing_is_sent() {
        PlainProvider first(PlainProvider::answers, "1"), second(PlainProvider::answers, "2");
        auto json = chain_json({first.base_url(), second.base_url()}, one_try);
        json["providers"][0]["key"] = "env:BROWNOUT_NO_SUCH_KEY";
        LiveWorld world(read(json));
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.attempt(1).message,
                 std::string{"no key: env:BROWNOUT_NO_SUCH_KEY is missing"});
        QCOMPARE(asked.attempt(1).outcome.cls, engine::OutcomeClass::disable);
        QCOMPARE(asked.attempt(1).outcome.cost, Money{});
        QCOMPARE(asked.record->served_by, std::string{"p2/m2"});
        QCOMPARE(first.requests(), 0);
    }

    void a_key_goes_out_in_the_header_and_nowhere_else() {
        const std::string canary = "canary-key-4711";
        PlainProvider bad(PlainProvider::answers_401, "1"), good(PlainProvider::answers, "2");
        auto json = chain_json({bad.base_url(), good.base_url()}, one_try, "session:canary");
        LiveWorld world(read(json), {{{chain::KeyRef::Source::session, "canary"}, Secret{canary}}});
        Asked asked;
        world.start(asked, true);
        QVERIFY(world.wait(asked));
        QVERIFY(good.last_request().find("Bearer canary-key-4711") != std::string::npos);
        for (const chain::Json& event : world.log)
            QVERIFY(event.dump().find(canary) == std::string::npos);
        for (const auto& a : asked.record->attempts)
            QVERIFY((a.message + a.code).find(canary) == std::string::npos);
    }

    void the_next_key_answers_data() {
        QTest::addColumn<QByteArray>("refusal");
        QTest::newRow("429") << QByteArray::fromStdString(
            reply("429 Too Many Requests", too_many, "Retry-After: 60\r\n"));
        QTest::newRow("401") << QByteArray::fromStdString(reply("401 Unauthorized", bad_key));
    }
    void the_next_key_answers() {
        QFETCH(QByteArray, refusal);
        KeyedServer server([&](const std::string& key, const std::string&) {
            return key == "value-of-A" ? refusal.toStdString() : reply("200 OK", whole);
        });
        LiveWorld world(read(two_keys({server.base()})), values({"A", "B"}));
        for (int i = 0; i < 2; ++i) {
            Asked asked;
            world.start(asked, false);
            QVERIFY(world.wait(asked));
            QCOMPARE(asked.record->result, CallResult::success);
            QCOMPARE(asked.record->attempts.size(), i == 0 ? 2u : 1u);
            if (i == 0)
                QVERIFY(asked.attempt(1).message.find("(key env:A)") != std::string::npos);
        }
        QCOMPARE(server.seen(),
                 (std::vector<std::string>{"value-of-A", "value-of-B", "value-of-B"}));
        for (const chain::Json& event : world.log)
            QVERIFY(event.dump().find("value-of") == std::string::npos);
    }

    void a_missing_key_is_passed_over() {
        KeyedServer server(
            [](const std::string&, const std::string&) { return reply("200 OK", whole); });
        LiveWorld world(read(two_keys({server.base()})), values({"B"}));
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        QCOMPARE(server.seen(), std::vector<std::string>{"value-of-B"});
    }

    void with_none_there_the_failure_names_them_all() {
        KeyedServer server(
            [](const std::string&, const std::string&) { return reply("200 OK", whole); });
        LiveWorld world(read(two_keys({server.base()})));
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::failed);
        QCOMPARE(asked.record->attempts.size(), 1u);
        QCOMPARE(asked.attempt(1).message, std::string{"no key: env:A, env:B is missing"});
        QVERIFY(server.seen().empty());
    }

    void a_spent_quota_moves_on_before_a_429() {
        KeyedServer server([](const std::string&, const std::string&) {
            return reply(
                "200 OK", whole,
                "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1m0s\r\n");
        });
        LiveWorld world(read(two_keys({server.base()})), values({"A", "B"}));
        for (int i = 0; i < 2; ++i) {
            Asked asked;
            world.start(asked, false);
            QVERIFY(world.wait(asked));
            QCOMPARE(asked.record->attempts.size(), 1u);
        }
        QCOMPARE(server.seen(), (std::vector<std::string>{"value-of-A", "value-of-B"}));
    }

    void limits_queue_calls() {
        KeyedServer server(
            [](const std::string&, const std::string&) { return reply("200 OK", whole); });
        chain::Json json = chain_json({server.base()});
        json["providers"][0]["limits"] = {{"concurrency", 1}};
        LiveWorld world(read(json));
        Asked asked[4];
        for (Asked& one : asked)
            world.start(one, false);
        for (Asked& one : asked) {
            QVERIFY(world.wait(one));
            QCOMPARE(one.record->result, CallResult::success);
        }
        for (int i = 1; i < 4; ++i) // one after the other, in their order
            QVERIFY(asked[i].attempt(1).started >= asked[i - 1].attempt(1).ended);
    }

    void an_edited_chain_knows_its_keys() {
        KeyedServer server([](const std::string& key, const std::string&) {
            return key == "value-of-A" ? reply("401 Unauthorized", bad_key)
                                       : reply("200 OK", whole);
        });
        LiveWorld world(read(two_keys({server.base()})), values({"A", "B"}));
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        // Turned round: B goes first anyway, and A is known to be refused.
        chain::Json turned = two_keys({server.base()});
        turned["providers"][0]["key"] = {"env:B", "env:A"};
        const auto second = [&](const chain::Json& json, chain::ResolvedKeys keys) {
            live::Driver next(world.loop, world.http, world.clock, read(json), std::move(keys), {},
                              7, nullptr, nullptr);
            next.adopt(*world.driver);
            Asked again;
            wire::ChatRequest request;
            request.messages.push_back({wire::Role::user, "?"});
            next.start(std::move(request), {}, again);
            world.wait(again);
            return server.seen().back();
        };
        QCOMPARE(second(turned, values({"A", "B"})), std::string{"value-of-B"});
        // A key of the same name and another value is tried anew.
        chain::ResolvedKeys replaced = values({"B"});
        replaced.emplace(*chain::parse_key_ref("env:A"), Secret("value-of-C"));
        chain::Json only_a = chain_json({server.base()}, "{}", "env:A");
        QCOMPARE(second(only_a, replaced), std::string{"value-of-C"});
    }

    void checks_by_models_data() {
        QTest::addColumn<bool>("well");
        QTest::newRow("well") << true;
        QTest::newRow("ill") << false;
    }
    void checks_by_models() {
        QFETCH(bool, well);
        KeyedServer server([&](const std::string&, const std::string&) {
            return well ? reply("200 OK", R"({"data":[]})")
                        : reply("503 Service Unavailable", "{}");
        });
        chain::Json json = chain_json(
            {server.base()}, R"({"breaker": {"consecutive_failures": 1, "open_s": 60}})", "env:A");
        json["providers"][0]["health_check"] = {{"every_s", 3}}; // the second one is far away
        // A second target of the same provider: one list for both.
        chain::Json other = json["chains"][0]["targets"][0];
        other["model"] = "m2";
        json["chains"][0]["targets"].push_back(other);
        LiveWorld world(read(json), values({"A"}));
        QVERIFY(run_until(
            world.loop, [&] { return world.log.size() >= (well ? 2u : 4u); }, 30s));
        QCOMPARE(server.asked(), std::vector<std::string>{"GET /v1/models HTTP/1.1"});
        QCOMPARE(server.seen(), std::vector<std::string>{"value-of-A"});
        QCOMPARE(QString::fromStdString(world.logged()),
                 well ? QStringLiteral("health_checked health_checked")
                      : QStringLiteral("health_checked breaker_changed health_checked "
                                       "breaker_changed"));
        QCOMPARE(world.driver->status(0).breaker,
                 well ? engine::BreakerState::closed : engine::BreakerState::open);
        QCOMPARE(world.log[0]["cost_usd"].get<double>(), 0.0);
    }

    void checks_by_prompt_cost_what_they_cost() {
        KeyedServer server(
            [](const std::string&, const std::string&) { return reply("200 OK", whole); });
        chain::Json json = chain_json({server.base()});
        json["providers"][0]["health_check"] = {{"every_s", 1}, {"by", "prompt"}};
        LiveWorld world(read(json));
        QVERIFY(run_until(
            world.loop, [&] { return !world.log.empty(); }, 30s));
        QCOMPARE(server.asked().front(), std::string{"POST /v1/chat/completions HTTP/1.1"});
        QCOMPARE(world.log[0]["class"].get<std::string>(), std::string{"success"});
        // 10 tokens in at 1 and 1 out at 2 USD per million.
        QVERIFY(std::abs(world.log[0]["cost_usd"].get<double>() - 12e-6) < 1e-9);
    }

    void a_check_of_unknown_price_costs_nobody_knows_what() {
        KeyedServer server(
            [](const std::string&, const std::string&) { return reply("200 OK", whole); });
        chain::Json json = chain_json({server.base()});
        json["chains"][0]["targets"][0].erase("price");
        json["providers"][0]["health_check"] = {{"every_s", 1}, {"by", "prompt"}};
        LiveWorld world(read(json));
        QVERIFY(run_until(
            world.loop, [&] { return !world.log.empty(); }, 5s));
        QCOMPARE(world.log[0]["class"].get<std::string>(), std::string{"success"});
        QVERIFY(world.log[0]["cost_usd"].is_null());
    }

    // The second target has a price: its checks go on, and count how often the first was passed by.
    void under_a_cap_no_check_of_unknown_price() {
        KeyedServer server(
            [](const std::string&, const std::string&) { return reply("200 OK", whole); });
        chain::Json json =
            chain_json({server.base(), server.base()}, R"({"budget": {"per_day_usd": 1}})");
        json["chains"][0]["targets"][0].erase("price");
        for (chain::Json& provider : json["providers"])
            provider["health_check"] = {{"every_s", 1}, {"by", "prompt"}};
        LiveWorld world(read(json));
        QVERIFY(run_until(
            world.loop, [&] { return world.log.size() >= 4; }, 10s));
        QCOMPARE(QString::fromStdString(world.logged()),
                 QStringLiteral("health_check_skipped health_checked health_checked "
                                "health_checked"));
        QCOMPARE(world.log[0]["target"].get<std::string>(), std::string{"p1/m1"});
        for (std::size_t i = 1; i < 4; ++i)
            QCOMPARE(world.log[i]["target"].get<std::string>(), std::string{"p2/m2"});
        QCOMPARE(world.notices.size(), std::size_t{1});
        QVERIFY2(world.notices[0].find("p1/m1 is not checked") == 0, world.notices[0].c_str());
    }

    void a_check_never_outlives_the_driver() {
        PlainProvider hangs(PlainProvider::hangs, "x");
        chain::Json json = chain_json({hangs.base_url()});
        json["providers"][0]["health_check"] = {{"every_s", 1}, {"by", "prompt"}};
        LiveWorld world(read(json));
        QVERIFY(run_until(
            world.loop, [&] { return hangs.requests() > 0; }, 30s));
        world.driver.reset();
        run_until(
            world.loop, [] { return false; }, 1500ms);
        QVERIFY(world.log.empty());
        QCOMPARE(hangs.requests(), 1);
    }

    void a_run_plays_again_through_the_engine() {
        std::atomic<int> served = 0; // each connection has a thread of its own
        KeyedServer moody([&](const std::string& key, const std::string&) {
            const int n = served++;
            if (key == "value-of-A" && n % 5 == 2)
                return reply("429 Too Many Requests", too_many, "Retry-After: 1\r\n");
            return n % 3 == 0 ? reply("500 Internal Server Error", "{}")
                              : reply("200 OK", whole,
                                      "x-ratelimit-remaining-requests: 3\r\n"
                                      "x-ratelimit-reset-requests: 1s\r\n");
        });
        PlainProvider slow(PlainProvider::hangs, "x");
        PlainProvider good(PlainProvider::answers, "42");
        chain::Json json = two_keys({moody.base(), slow.base_url(), good.base_url()});
        json["policy"] = chain::Json::parse(R"({"hedge": {"after_ms": 60},
            "retry": {"backoff": {"kind": "exponential", "base_ms": 20}},
            "timeouts": {"first_token_ms": 300},
            "breaker": {"consecutive_failures": 2, "open_s": 0.2}})");
        json["chains"][0]["strategy"] = "weighted";
        json["providers"][0]["limits"] = {{"concurrency", 2}};
        json["providers"][0]["health_check"] = {{"every_s", 1}};
        LiveWorld world(read(json), values({"A", "B"}));
        EngineTape tape(*world.driver);
        std::deque<Asked> asked;
        // Calls, cancels, connections, deltas, ends, wake-ups, quotas, checks and their results.
        constexpr std::size_t kinds_wanted = 9;
        const auto more = [&] { return tape.kinds_of_events() < kinds_wanted; };
        for (int round = 0; round < 8 || (round < 200 && more()); ++round) {
            for (int i = 0; i < 4; ++i) {
                world.start(asked.emplace_back(), i % 2 == 0);
                if (i == 3 && round % 2 == 1)
                    world.driver->cancel(asked.back().handle);
            }
            run_until(
                world.loop, [] { return false; }, 150ms);
        }
        for (const Asked& one : asked)
            QVERIFY(world.wait(one, 60s));
        tape.stop();
        QCOMPARE(tape.replay(), std::string{});
        QVERIFY2(tape.kinds_of_events() >= kinds_wanted,
                 qPrintable(QString::number(tape.kinds_of_events())));
        qInfo("%zu events, %zu actions", tape.events(), tape.actions());
    }
};

QTEST_GUILESS_MAIN(TestDriverKeys)
#include "test_driver_keys.moc"
