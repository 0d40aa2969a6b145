// The driver against servers that somebody else wrote: every way of failing, what the caller then
// has, what it cost and what the log says.
#include "support/live_world.h"
#include "support/plain_provider.h"

#include <QTest>

#include <set>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::CallResult;
using engine::OutcomeClass;

Q_DECLARE_METATYPE(brownout::engine::OutcomeClass)

namespace {

const char* const one_try = R"({"retry": {"attempts_per_target": 1}})";

// One try per target; only the first one has short limits, and only where it is to run into them:
// the others may be as slow as the machine is.
chain::Json hasty(const std::vector<std::string>& base_urls, int first_behaves) {
    chain::Json json = chain_json(base_urls, one_try);
    if (first_behaves == PlainProvider::hangs)
        json["chains"][0]["targets"][0]["timeouts"] = {{"first_token_ms", 400}};
    if (first_behaves == PlainProvider::stalls)
        json["chains"][0]["targets"][0]["timeouts"] = {{"stall_ms", 400}};
    return json;
}

std::string base(const PlainProvider& server) {
    return server.base_url();
}
std::string base(const RawServer& server) {
    return server.url("/v1");
}
// A port on which nobody listens.
std::string refused() {
    RawServer gone([](RawPeer&, int) {});
    return base(gone);
}

// Streams these pieces, then ends well (or by FIN, without a finish).
RawServer::Script streams(std::vector<std::string> pieces, bool well) {
    return [pieces, well](RawPeer& peer, int) {
        if (peer.read_request().empty())
            return;
        peer.send(stream_head);
        for (const std::string& piece : pieces)
            peer.send(stream_piece(piece));
        if (well)
            peer.send(stream_end);
        peer.close();
    };
}

std::vector<std::string> numbers(int n) {
    std::vector<std::string> out;
    for (int i = 0; i < n; ++i)
        out.push_back(std::to_string(i) + " ");
    return out;
}

void near(double value, double wanted) {
    QVERIFY2(std::abs(value - wanted) < 1e-12, qPrintable(QString::number(value, 'g', 12)));
}

} // namespace

class TestDriver : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void the_next_target_answers_data() {
        QTest::addColumn<int>("behaviour"); // -1: nobody listens
        QTest::addColumn<bool>("stream");
        QTest::addColumn<OutcomeClass>("cls");
        QTest::addColumn<QString>("message");
        using F = PlainProvider;
        for (const bool stream : {false, true}) {
            const auto row = [stream](const char* name, int behaviour, OutcomeClass cls,
                                      const char* message) {
                QTest::addRow("%s%s", name, stream ? ", streaming" : "")
                    << behaviour << stream << cls << message;
            };
            row("503", F::answers_503, OutcomeClass::failover, "503 overloaded");
            row("401", F::answers_401, OutcomeClass::disable, "401 key refused");
            row("hang", F::hangs, OutcomeClass::failover, "no token within 0.4 s");
            row("reset", F::resets, OutcomeClass::retry, "connection lost before the reply");
            row("refused", -1, OutcomeClass::retry, "connection refused");
        }
    }
    void the_next_target_answers() {
        QFETCH(int, behaviour);
        QFETCH(bool, stream);
        QFETCH(QString, message);
        PlainProvider bad(static_cast<PlainProvider::Behaviour>(std::max(behaviour, 0)), "bad");
        PlainProvider good(PlainProvider::answers, "42");
        LiveWorld world(
            read(hasty({behaviour < 0 ? refused() : base(bad), base(good)}, behaviour)));
        Asked asked;
        world.start(asked, stream);
        QVERIFY(!asked.done); // nothing is told from inside start()
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        QCOMPARE(asked.reply.text, std::string{"The answer is 42."});
        QCOMPARE(asked.text, stream ? asked.reply.text : std::string{});
        QCOMPARE(asked.record->served_by, std::string{"p2/m2"});
        QVERIFY(asked.record->error.empty());
        QCOMPARE(asked.record->attempts.size(), 2u);
        QTEST(asked.attempt(1).outcome.cls, "cls");
        QCOMPARE(QString::fromStdString(asked.attempt(1).message), message);
        QCOMPARE(asked.attempt(2).mode, engine::AttemptMode::failover);
        QCOMPARE(asked.attempt(2).outcome.output_tokens, 7u);
        // The one that hung may have billed its input; a refusal bills nothing.
        near(asked.record->wasted.usd(), asked.attempt(1).outcome.cost.usd());
        near(asked.attempt(2).outcome.cost.usd(), 11e-6 + 2 * 7e-6);
        near(asked.record->cost.usd(),
             asked.attempt(1).outcome.cost.usd() + asked.attempt(2).outcome.cost.usd());
        // What was sent and got no whole reply may be billed.
        QCOMPARE(asked.attempt(1).outcome.cost > Money{},
                 behaviour == PlainProvider::hangs || behaviour == PlainProvider::resets);
        QCOMPARE(asked.record->id.size(), 12u);
        QCOMPARE(asked.record->id.substr(0, 2), std::string{"r-"});
    }

    void a_rejected_request_goes_back_at_once() {
        PlainProvider bad(PlainProvider::answers_400, "bad");
        PlainProvider good(PlainProvider::answers, "42");
        LiveWorld world({base(bad), base(good)}, one_try);
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::rejected);
        QCOMPARE(good.requests(), 0);
        QVERIFY(asked.record->error.find("400") != std::string::npos);
    }

    void a_broken_stream_restarts_for_who_asked_for_it_data() {
        QTest::addColumn<int>("behaviour");
        QTest::addColumn<int>("seen");
        QTest::addColumn<QString>("message");
        QTest::newRow("cut") << int{PlainProvider::cuts} << 3 << "stream cut after 3 tokens";
        QTest::newRow("reset") << int{PlainProvider::resets_mid_stream} << 3
                               << "stream cut after 3 tokens";
        QTest::newRow("stall") << int{PlainProvider::stalls} << 1
                               << "silent for 0.4 s after 1 token";
    }
    void a_broken_stream_restarts_for_who_asked_for_it() {
        QFETCH(int, behaviour);
        QFETCH(int, seen);
        QFETCH(QString, message);
        PlainProvider bad(static_cast<PlainProvider::Behaviour>(behaviour), "bad");
        PlainProvider good(PlainProvider::answers, "42");
        LiveWorld world(read(hasty({base(bad), base(good)}, behaviour)));
        Asked asked;
        world.start(asked, true, true);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::success);
        QCOMPARE(asked.text, std::string{"The answer is 42."});
        QCOMPARE(asked.restarts, std::vector<std::string>{"p2/m2"});
        QCOMPARE(asked.attempt(1).outcome.cls, OutcomeClass::broken_stream);
        QCOMPARE(QString::fromStdString(asked.attempt(1).message), message);
        QCOMPARE(asked.attempt(1).outcome.output_tokens, static_cast<std::uint32_t>(seen));
        QVERIFY(asked.attempt(1).outcome.cost_estimated);
        QVERIFY(asked.attempt(1).outcome.cost > Money{});
        near(asked.record->wasted.usd(), asked.attempt(1).outcome.cost.usd());
        QCOMPARE(world.logged(),
                 std::string{"request_started attempt_started first_token attempt_finished "
                             "stream_broken failover attempt_started first_token "
                             "attempt_finished request_finished"});
        const auto broken = std::find_if(world.log.begin(), world.log.end(), [](const auto& e) {
            return e["event"] == "stream_broken";
        });
        QCOMPARE((*broken)["tokens"].get<int>(), seen);
        QCOMPARE((*broken)["policy"].get<std::string>(), std::string{"restart"});
    }

    void others_get_the_rest_or_an_error_data() {
        QTest::addColumn<QStringList>("second");
        QTest::addColumn<bool>("success");
        QTest::addColumn<QString>("text");
        QTest::newRow("same beginning")
            << QStringList{"One", " two", " three"} << true << "One two three";
        QTest::newRow("other answer") << QStringList{"Uno", " due"} << false << "One two";
        QTest::newRow("shorter") << QStringList{"One"} << false << "One two";
    }
    void others_get_the_rest_or_an_error() {
        QFETCH(QStringList, second);
        QFETCH(bool, success);
        QFETCH(QString, text);
        std::vector<std::string> pieces;
        for (const QString& piece : second)
            pieces.push_back(piece.toStdString());
        RawServer bad(streams({"One", " two"}, false));
        RawServer good(streams(pieces, true));
        LiveWorld world({base(bad), base(good)}, one_try);
        Asked asked;
        world.start(asked, true);
        QVERIFY(world.wait(asked));
        QCOMPARE(QString::fromStdString(asked.text), text);
        QCOMPARE(asked.reply.text, asked.text);
        QVERIFY(asked.restarts.empty());
        QCOMPARE(asked.record->result, success ? CallResult::success : CallResult::failed);
        QCOMPARE(asked.record->error.empty(), success);
        if (!success)
            QCOMPARE(asked.record->wasted, asked.record->cost);
        QCOMPARE(world.driver->calls_in_flight(), 0u);
    }

    void all_down_ends_within_the_total() {
        PlainProvider a(PlainProvider::hangs, "a"), b(PlainProvider::hangs, "b");
        PlainProvider c(PlainProvider::answers_503, "c");
        LiveWorld world({base(a), base(b), base(c)}, R"({"timeouts": {"total_ms": 2500}})");
        Asked asked;
        world.start(asked, true);
        QVERIFY(world.wait(asked)); // four times as long; without a total it would be a minute
        QCOMPARE(asked.record->result, CallResult::failed);
        for (const char* target : {"p1/m1", "p2/m2", "p3/m3"})
            QVERIFY2(asked.record->error.find(target) != std::string::npos,
                     asked.record->error.c_str());
        QCOMPARE(asked.record->wasted, asked.record->cost);
        for (const auto& attempt : asked.record->attempts)
            QVERIFY(attempt.finished);
    }

    void a_cancelled_call_ends_at_once_and_is_charged_by_estimate() {
        std::atomic<bool> client_ended = false;
        RawServer slow([&](RawPeer& peer, int) {
            if (peer.read_request().empty())
                return;
            peer.send(stream_head);
            peer.send(stream_piece("One"));
            client_ended = peer.client_ended(20'000);
        });
        {
            LiveWorld world(std::vector{base(slow)},
                            R"({"timeouts": {"stall_ms": 60000, "attempt_ms": 60000}})");
            Asked asked;
            asked.after_delta = [&] { world.driver->cancel(asked.handle); };
            world.start(asked, true);
            QVERIFY(world.wait(asked));
            QCOMPARE(asked.record->result, CallResult::cancelled);
            QCOMPARE(asked.text, std::string{"One"});
            QCOMPARE(asked.attempt(1).outcome.cls, OutcomeClass::cancelled);
            QVERIFY(asked.attempt(1).outcome.cost > Money{});
            QVERIFY(asked.attempt(1).outcome.cost_estimated);
            QVERIFY(run_until(
                world.loop, [&] { return client_ended.load(); }, 15s));
        }
    }
    void cancelling_before_the_first_byte_and_twice_is_harmless() {
        PlainProvider good(PlainProvider::answers, "42");
        LiveWorld world(std::vector{base(good)});
        Asked asked;
        world.start(asked, true);
        world.driver->cancel(asked.handle);
        world.driver->cancel(asked.handle);
        world.driver->cancel(12345); // never existed
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->result, CallResult::cancelled);
    }
    void a_driver_may_go_while_calls_run() {
        PlainProvider hangs(PlainProvider::hangs, "a");
        LiveWorld world(std::vector{base(hangs)});
        Asked asked[5];
        for (Asked& a : asked)
            world.start(a, true);
        run_until(world.loop, [&] { return hangs.requests() == 5; });
        world.driver.reset();
        run_for(world.loop, 50ms);
        for (const Asked& a : asked)
            QVERIFY(!a.done);
    }

    void a_paused_call_waits_and_loses_nothing() {
        RawServer chatty(streams(numbers(30'000), true)); // about 2.9 MB, more than buffers hold
        LiveWorld world(std::vector{base(chatty)},
                        R"({"timeouts": {"stall_ms": 1500, "attempt_ms": 60000}})");
        Asked asked;
        asked.after_delta = [&] {
            if (asked.deltas == 100)
                world.driver->pause(asked.handle);
        };
        world.start(asked, true);
        QVERIFY(run_until(world.loop, [&] { return asked.deltas >= 100; }));
        run_for(world.loop, 3500ms); // more than twice the stall limit
        QCOMPARE(asked.deltas, 100);
        QVERIFY(!asked.done);
        world.driver->resume(asked.handle);
        QVERIFY(world.wait(asked, 20s));
        QVERIFY2(asked.record->result == CallResult::success, asked.record->error.c_str());
        std::string wanted;
        for (const std::string& n : numbers(30'000))
            wanted += n;
        QCOMPARE(asked.text.size(), wanted.size());
        QVERIFY(asked.text == wanted);
    }

    void a_slow_caller_is_not_blamed_on_the_provider_after_commit_complete() {
        RawServer good(streams({"One", " two"}, true));
        LiveWorld world(std::vector{base(good)}, R"({"commit_after": "complete"})");
        Asked asked;
        world.start(asked, true);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.text, std::string{"One two"});
        QVERIFY(asked.record->first_token); // of the text that the caller was given
        QVERIFY(*asked.record->first_token >= *asked.attempt(1).first_token);
    }

    void a_breaker_opens_and_closes_with_a_probe() {
        std::atomic<bool> works = false;
        RawServer moody([&](RawPeer& peer, int) {
            while (!peer.read_request().empty())
                peer.send(works ? ok_reply(R"({"choices":[{"message":{"content":"yes"},)"
                                           R"("finish_reason":"stop"}]})",
                                           "Content-Type: application/json\r\n")
                                : "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
        });
        PlainProvider good(PlainProvider::answers, "42");
        LiveWorld world({base(moody), base(good)},
                        R"({"retry": {"attempts_per_target": 1},
                            "breaker": {"consecutive_failures": 3, "open_s": 60}})");
        for (int i = 0; i < 5; ++i) {
            Asked asked;
            world.start(asked, false);
            QVERIFY(world.wait(asked));
            QCOMPARE(asked.record->result, CallResult::success);
            QCOMPARE(asked.record->attempts.size(), i < 3 ? 2u : 1u); // then it is left alone
        }
        QCOMPARE(world.driver->status(0).breaker, engine::BreakerState::open);
        works = true;
        world.driver->probe_now("p1/m1"); // else it would be a minute
        Asked probe;
        world.start(probe, false);
        QVERIFY(world.wait(probe));
        QVERIFY(probe.attempt(1).probe);
        QCOMPARE(probe.record->served_by, std::string{"p1/m1"});
        QCOMPARE(probe.reply.text, std::string{"yes"});
        QCOMPARE(world.breakers.size(), 3u);
        QCOMPARE(world.breakers.front().to, engine::BreakerState::open);
        QCOMPARE(world.breakers.back().to, engine::BreakerState::closed);

        // An edited document keeps what is known of a target that it still names.
        works = false;
        for (int i = 0; i < 3; ++i) {
            Asked asked;
            world.start(asked, false);
            QVERIFY(world.wait(asked));
        }
        const auto edited =
            read(chain_json({base(moody), base(good)}, R"({"minimum_quality": 0})"));
        live::Driver next(world.loop, world.http, world.clock, edited, {}, {}, 8, nullptr, nullptr);
        next.adopt(*world.driver);
        QCOMPARE(next.status(0).breaker, engine::BreakerState::open);
        QCOMPARE(next.status(1).breaker, engine::BreakerState::closed);
    }

    void a_held_breaker_and_a_probe_on_demand() {
        PlainProvider first(PlainProvider::answers, "1"), second(PlainProvider::answers, "2");
        LiveWorld world({base(first), base(second)});
        world.driver->hold_breaker("p1/m1", engine::BreakerHold::open);
        Asked asked;
        world.start(asked, false);
        QVERIFY(world.wait(asked));
        QCOMPARE(asked.record->served_by, std::string{"p2/m2"});
        QCOMPARE(world.driver->status(0).hold, engine::BreakerHold::open);
        world.driver->hold_breaker("p1/m1", engine::BreakerHold::none);
        Asked again;
        world.start(again, false);
        QVERIFY(world.wait(again));
        QVERIFY(again.record->result == CallResult::success);
    }

    void many_calls_at_once_are_all_accounted_for() {
        PlainProvider bad(PlainProvider::answers_503, "bad");
        PlainProvider cut(PlainProvider::cuts, "cut");
        PlainProvider good(PlainProvider::answers, "42");
        LiveWorld world({base(bad), base(cut), base(good)},
                        R"({"retry": {"attempts_per_target": 1}})");
        std::vector<std::unique_ptr<Asked>> all;
        for (int i = 0; i < 200; ++i) {
            all.push_back(std::make_unique<Asked>());
            world.start(*all.back(), i % 2 == 0, true);
        }
        const auto done = [&] {
            return std::all_of(all.begin(), all.end(), [](const auto& a) { return a->done; });
        };
        QVERIFY(run_until(world.loop, done, 30s));
        Money spent;
        std::set<std::string> ids;
        for (const auto& a : all) {
            QVERIFY2(a->record->result == CallResult::success, a->record->error.c_str());
            QCOMPARE(a->reply.text, std::string{"The answer is 42."});
            spent += a->record->cost;
            ids.insert(a->record->id);
        }
        QCOMPARE(ids.size(), all.size());
        QCOMPARE(world.requests.size(), all.size());
        QCOMPARE(world.driver->calls_in_flight(), 0u);
        double logged = 0;
        int started = 0, finished = 0, attempts = 0, ended = 0;
        for (const chain::Json& e : world.log) {
            const std::string name = e["event"];
            started += name == "request_started";
            finished += name == "request_finished";
            attempts += name == "attempt_started";
            ended += name == "attempt_finished";
            if (name == "request_finished")
                logged += e["cost_usd"].get<double>();
        }
        QCOMPARE(started, 200);
        QCOMPARE(finished, 200);
        QCOMPARE(attempts, ended);
        QVERIFY(std::abs(logged - spent.usd()) < 1e-9);
    }
};

QTEST_GUILESS_MAIN(TestDriver)
#include "test_driver.moc"
