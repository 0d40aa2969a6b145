// The lab in front of a real provider: an HTTPS server with a certificate authority of its own, on
// loopback. What is passed on, what each fault makes of it, and that certificates are checked.
#include "faults/scenario.h"
#include "live/lab.h"
#include "live/rehearsal.h"
#include "live/simulation.h"
#include "support/live_worker.h"
#include "support/plain_provider.h"
#include "support/tls_tunnel.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <set>

using namespace brownout;
using namespace brownout::test;
using namespace std::chrono_literals;
using engine::CallResult;

namespace {

constexpr const char* policy = R"({"timeouts":{"total_ms":30000,"attempt_ms":20000,
    "first_token_ms":15000,"stall_ms":15000,"connect_ms":5000},
    "retry":{"attempts_per_target":1,"max_attempts":2}})";
constexpr const char* hasty = R"({"connect_ms":200,"first_token_ms":300,"stall_ms":300})";
// About the provider, and never acts: what goes to it goes through the lab.
constexpr const char* never_acts = R"({"target":"p1","kind":"http_error","when":{"at_s":1e6}})";
const chain::KeyRef key{chain::KeyRef::Source::env, "CANARY"};

// p1 over HTTPS, p2 beside it. Certificate files are in `dir`.
struct Real {
    QTemporaryDir dir;
    TestAuthority authority{"An authority"}, stranger{"A stranger"};
    PlainProvider first{PlainProvider::answers, "42"}, second{PlainProvider::answers, "43"};
    TlsTunnel tls{authority, first.port()};

    std::string file(const TestAuthority& whose) const {
        const std::string path =
            dir.filePath(&whose == &authority ? "ca.pem" : "other.pem").toStdString();
        std::ofstream(path) << whose.ca_pem();
        return path;
    }
    chain::Json json(const std::string& ca_file, bool in_a_hurry = false) const {
        auto out = chain_json({tls.url("/deep/v1"), second.base_url()}, policy);
        out["providers"][0]["key"] = "env:CANARY";
        if (!ca_file.empty())
            out["providers"][0]["tls"] = {{"ca_file", ca_file}};
        if (in_a_hurry)
            out["chains"][0]["targets"][0]["timeouts"] = chain::Json::parse(hasty);
        return out;
    }
    static chain::ResolvedKeys keys() {
        chain::ResolvedKeys out;
        out.emplace(key, Secret{"sk-canary-77"});
        return out;
    }
};

struct Fronted {
    Fronted(const chain::Json& json, const faults::Rule& rule)
        : document(read(json)), world(document, Real::keys()) {
        lab = std::make_unique<live::Lab>(world.loop, world.clock, 1);
        if (const auto why = lab->front(*document.provider("p1")))
            qFatal("%s", why->c_str());
        lab->inject(rule);
        world.driver->set_front(
            [this](const std::string& id) { return lab ? lab->front_url(id) : std::nullopt; });
    }
    ~Fronted() { lab.reset(); }
    chain::Document document;
    std::unique_ptr<live::Lab> lab;
    LiveWorld world;
    Asked asked;
    bool ask(bool stream) {
        world.start(asked, stream);
        return world.wait(asked, 40s);
    }
};

QString told(const Asked& asked) {
    const engine::Outcome& first = asked.attempt(1).outcome;
    return QStringLiteral("%1/%2 %3 %4")
        .arg(QString::fromUtf8(engine::name(first.cls)),
             QString::fromUtf8(engine::name(first.cause)),
             QString::fromStdString(asked.record->served_by.substr(0, 2)))
        .arg(asked.record->attempts.size());
}

} // namespace

class TestFront : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void passes_on_and_brings_back() {
        Real real;
        for (const bool stream : {false, true}) {
            Fronted it(real.json(real.file(real.authority)), rule(never_acts));
            QVERIFY(it.ask(stream));
            QCOMPARE(told(it.asked), QStringLiteral("success/none p1 1"));
            QCOMPARE(it.asked.reply.text, std::string("The answer is 42."));
            QCOMPARE(it.asked.attempt(1).outcome.output_tokens, 7u);
            const std::string sent = real.first.last_request();
            QVERIFY2(sent.starts_with("POST /deep/v1/chat/completions HTTP/1.1\r\n"), sent.c_str());
            for (const std::string& part : {std::string("Authorization: Bearer sk-canary-77"),
                                            std::string("\"model\":\"m1\""),
                                            "Host: 127.0.0.1:" + std::to_string(real.tls.port())})
                QVERIFY2(sent.find(part) != sent.npos, sent.c_str());
            QVERIFY2(sent.find("X-Brownout") == sent.npos, sent.c_str());
            // Nothing of it is written down.
            for (const chain::Json& event : it.world.log)
                QVERIFY(event.dump().find("canary") == std::string::npos);
        }
        QCOMPARE(real.first.requests(), 2);
    }

    // Without a rule about it the provider is asked directly.
    void stays_out_of_the_way() {
        Real real;
        Fronted it(real.json(real.file(real.authority)), rule(R"({"target":"p2","kind":"hang"})"));
        QVERIFY(!it.lab->front_url("p1") && it.lab->base_url("p1"));
        QVERIFY(it.ask(true));
        QCOMPARE(told(it.asked), QStringLiteral("success/none p1 1"));
    }

    void checks_certificates_data() {
        QTest::addColumn<bool>("known");
        QTest::newRow("another authority") << true;
        QTest::newRow("none: the system's") << false;
    }
    void checks_certificates() {
        QFETCH(bool, known);
        Real real;
        Fronted it(real.json(known ? real.file(real.stranger) : ""), rule(never_acts));
        QVERIFY(it.ask(true));
        QCOMPARE(told(it.asked), QStringLiteral("retry/tls p2 2"));
        QVERIFY(!it.asked.attempt(1).outcome.ambiguous); // nothing was sent
        QVERIFY2(it.asked.attempt(1).message.find("certificate") != std::string::npos,
                 it.asked.attempt(1).message.c_str());
        QCOMPARE(real.first.requests(), 0);
    }

    // How it ends at the provider is how it ends here.
    void a_provider_that_is_gone() {
        Real real;
        auto json = real.json("");
        json["providers"][0]["base_url"] = "https://" + unresolvable_host() + "/v1";
        Fronted nameless(json, rule(never_acts));
        QVERIFY(nameless.ask(false));
        QCOMPARE(told(nameless.asked), QStringLiteral("retry/dns p2 2"));
        for (const auto behaviour : {PlainProvider::resets, PlainProvider::resets_mid_stream}) {
            PlainProvider dying(behaviour, "x");
            json["providers"][0]["base_url"] = dying.base_url();
            Fronted it(json, rule(never_acts));
            QVERIFY(it.ask(true));
            LiveWorld direct(read(json), Real::keys());
            Asked asked;
            direct.start(asked, true);
            QVERIFY(direct.wait(asked));
            const engine::Outcome &by_way = it.asked.attempt(1).outcome,
                                  &there = asked.attempt(1).outcome;
            QCOMPARE(by_way.cause, there.cause);
            QCOMPARE(by_way.cls, there.cls);
            QVERIFY(by_way.ambiguous && there.ambiguous);
        }
    }

    void faults_data() {
        QTest::addColumn<QString>("fault");
        QTest::addColumn<QString>("whole");
        QTest::addColumn<QString>("streamed");
        QTest::addColumn<int>("calls"); // at the provider, of the two requests
        const auto row = [](const char* fault, const char* whole, const char* streamed, int calls) {
            QTest::newRow(fault) << fault << whole << streamed << calls;
        };
        const auto both = [&](const char* fault, const char* outcome, int calls) {
            row(fault, outcome, outcome, calls);
        };
        const char* const served = "success/none p1 1";
        both(R"("kind":"dns_failure")", "retry/dns p2 2", 0);
        both(R"("kind":"connect_refused")", "retry/connect_refused p2 2", 0);
        both(R"("kind":"connect_hang")", "retry/connect_timeout p2 2", 0);
        both(R"("kind":"tls_failure")", "retry/tls p2 2", 0);
        both(R"("kind":"latency","ms":50)", served, 2);
        both(R"("kind":"hang")", "failover/first_token_timeout p2 2", 0);
        both(R"("kind":"reset")", "retry/reset p2 2", 0);
        both(R"("kind":"reset","stage":"accept")", "retry/connect_refused p2 2", 0);
        both(R"("kind":"empty_close")", "retry/reset p2 2", 0);
        both(R"("kind":"http_error","status":500)", "retry/http_status p2 2", 0);
        both(R"("kind":"quota_exhausted")", "disable/no_money p2 2", 0);
        both(R"("kind":"bad_key")", "disable/bad_key p2 2", 0);
        both(R"("kind":"model_missing")", "reroute/model_missing p2 2", 0);
        both(R"("kind":"region_blocked")", "disable/blocked p2 2", 0);
        both(R"("kind":"overloaded")", "failover/overloaded p2 2", 0);
        both(R"("kind":"context_exceeded")", "reroute/context_exceeded p2 2", 0);
        both(R"("kind":"group_outage","targets":["p1","p9"])", "failover/overloaded p2 2", 0);
        both(R"("kind":"html_page")", "failover/malformed p2 2", 0);
        both(R"("kind":"garbage")", "failover/truncated p2 2", 0);
        row(R"("kind":"truncate","fraction":0.5)", "failover/malformed p2 2",
            "broken_stream/truncated p2 2", 2);
        both(R"("kind":"wrong_content_type")", served, 2);
        row(R"("kind":"wrong_length")", "failover/truncated p2 2", served, 2);
        row(R"("kind":"drop_field","pointer":"/choices")", "failover/malformed p2 2",
            "failover/truncated p2 2", 2);
        both(R"("kind":"slow_first_token","ms":60000)", "failover/first_token_timeout p2 2", 2);
        row(R"("kind":"slow_tokens","ms":200)", "failover/first_token_timeout p2 2", served, 2);
        row(R"("kind":"stream_stall","after_tokens":2)", "failover/first_token_timeout p2 2",
            "broken_stream/stall_timeout p2 2", 2);
        row(R"("kind":"stream_cut","after_tokens":2)", "failover/truncated p2 2",
            "broken_stream/truncated p2 2", 2);
        row(R"("kind":"stream_cut","after_tokens":2,"how":"rst")", "failover/truncated p2 2",
            "broken_stream/truncated p2 2", 2);
        row(R"("kind":"stream_error","after_tokens":2)", "failover/overloaded p2 2",
            "broken_stream/overloaded p2 2", 2);
        row(R"("kind":"bad_event","at_token":1)", "failover/malformed p2 2",
            "broken_stream/malformed p2 2", 2);
        // All of its text is there, and the other one's ends otherwise.
        row(R"("kind":"no_terminator")", served, "broken_stream/truncated  2", 2);
        both(R"("kind":"duplicate_event","at_token":1)", served, 2);
        both(R"("kind":"keepalive_only")", "failover/first_token_timeout p2 2", 2);
        both(R"("kind":"keepalive_only","ms":100)", served, 2);
        both(R"("kind":"no_usage")", served, 2);
        both(R"("kind":"split_utf8")", served, 2);
        both(R"("kind":"bandwidth","kbyte_per_s":1000)", served, 2);
        both(R"("kind":"slow_close","ms":50)", served, 2);
    }
    void faults() {
        QFETCH(QString, fault);
        QFETCH(QString, whole);
        QFETCH(QString, streamed);
        QFETCH(int, calls);
        Real real;
        const std::string ca = real.file(real.authority);
        for (const bool stream : {false, true}) {
            const QString& wanted = stream ? streamed : whole;
            const bool hurry = wanted.contains("_timeout") || fault.contains("slow_tokens");
            Fronted it(real.json(ca, hurry),
                       rule(("{\"target\":\"p1\"," + fault + "}").toStdString()));
            QVERIFY(it.ask(stream));
            QCOMPARE(told(it.asked), wanted);
            if (fault.contains("no_usage"))
                QVERIFY(it.asked.attempt(1).outcome.cost_estimated);
            if (fault.contains("duplicate") && stream)
                QCOMPARE(it.asked.text, std::string("The answer answer is 42."));
        }
        QCOMPARE(real.first.requests(), calls);
    }

    // A job is looked at where it was handed in: by way of the lab. Another lab is the real
    // provider.
    void jobs_go_the_same_way_data() {
        QTest::addColumn<int>("dialect");
        QTest::newRow("replicate") << static_cast<int>(chain::Dialect::replicate);
        QTest::newRow("fal") << static_cast<int>(chain::Dialect::fal);
    }
    void jobs_go_the_same_way() {
        QFETCH(int, dialect);
        LoopThread there;
        const live::Clock clock;
        chain::ProviderModel model;
        model.first_token_ms = stats::Constant{300};
        std::unique_ptr<live::Lab> real;
        const std::string url = there.on_loop([&] {
            real = std::make_unique<live::Lab>(there.loop, clock, 1);
            real->serve("real", static_cast<chain::Dialect>(dialect), model);
            return *real->base_url("real");
        });
        auto json = chain_json({url}, R"({"retry":{"max_attempts":1}})");
        json["providers"][0]["dialect"] = chain::dialect_names[static_cast<std::size_t>(dialect)];
        json["chains"][0]["targets"][0]["capabilities"] = {"image"};
        json["chains"][0]["targets"][0]["model"] = "owner/painter";
        for (const bool broken : {false, true}) {
            Fronted it(json, rule(never_acts));
            wire::ChatRequest request;
            request.image.emplace().prompt = "a lighthouse";
            it.world.driver->start(std::move(request), {}, it.asked);
            if (broken) { // once the job is taken: only looks at it are left
                QVERIFY(run_until(it.world.loop, [&] {
                    return there.on_loop([&] { return real->load("real").jobs > 1; });
                }));
                it.lab->inject(rule(R"({"target":"p1","kind":"bad_key"})"));
            }
            QVERIFY(it.world.wait(it.asked, 20s));
            QVERIFY2((it.asked.record->result == CallResult::success) == !broken,
                     it.asked.attempt(1).message.c_str());
            if (broken)
                QCOMPARE(int{it.asked.attempt(1).outcome.status}, 401);
        }
        there.on_loop([&] { real.reset(); });
    }

    // Where a provider's queue is another host, faults are about that one, too. (Nobody is called:
    // the refusal is the lab's own.)
    void a_queue_is_the_provider() {
        auto json = chain_json({"https://fal.run"}, R"({"retry":{"max_attempts":1}})");
        json["providers"][0]["dialect"] = "fal";
        json["chains"][0]["targets"][0]["model"] = "owner/painter";
        json["chains"][0]["targets"][0]["capabilities"] = {"image"};
        Fronted it(json, rule(R"({"target":"p1","kind":"http_error","status":507})"));
        wire::ChatRequest request;
        request.image.emplace().prompt = "a lighthouse";
        it.world.driver->start(std::move(request), {}, it.asked);
        QVERIFY(it.world.wait(it.asked, 20s));
        QCOMPARE(int{it.asked.attempt(1).outcome.status}, 507);
    }

    // What only a simulated provider can do is said, not left out.
    void some_faults_need_a_model() {
        Real real;
        const auto document = read(real.json(""));
        for (const faults::KindInfo& kind : faults::kinds()) {
            faults::Rule hit;
            hit.target = "p1";
            hit.fault.kind = kind.kind;
            const auto allowed = live::check_faults({hit}, document, {&document.chains[0]});
            const std::set<std::string_view> simulated_only{
                "empty_answer",    "length_stop", "wrong_model",   "job_failed",
                "job_never_ready", "expired_url", "corrupt_image", "price_change"};
            QCOMPARE(!allowed, simulated_only.contains(kind.name));
            if (!allowed)
                QVERIFY(allowed.error().text().find("`models`") != std::string::npos);
        }
    }

    // A whole rehearsal: refused without leave, kept within its limit with it.
    void a_rehearsal_on_a_real_provider() {
        Real real;
        const auto document = read(real.json(real.file(real.authority)));
        const auto scenario = scenario_of(R"({"format":"brownout.scenario/1","name":"x",
            "max_requests":12,"traffic":{"requests_per_s":40,"arrivals":"uniform",
            "input_tokens":10,"output_tokens":7},
            "models":{"p2":{"first_token_ms":1,"token_ms":1}},
            "faults":[{"target":"@primary","kind":"http_error","status":503,"when":{"first":2}}],
            "expect":[{"metric":"availability","at_least":1}]})");
        live::RehearseOptions options;
        const auto refused = live::rehearse(document, scenario, Real::keys(), options);
        QVERIFY(!refused && refused.error().text().find("--real") != std::string::npos);
        QCOMPARE(real.first.requests(), 0);
        options.real = true;
        options.max_spend = Money::from_usd(1);
        const auto report = live::rehearse(document, scenario, Real::keys(), options);
        QVERIFY2(report.has_value(), report ? "" : report.error().text().c_str());
        QVERIFY2(record::all_pass(*report), report->dump(1).c_str());
        const chain::Json& target = (*report)["targets"][0];
        QCOMPARE(target["was"].get<std::string>(), std::string("real"));
        QCOMPARE(target["failed"].get<int>(), 2);
        QCOMPARE(target["by_class"]["failover"].get<int>(), 2);
        QCOMPARE(real.first.requests(), target["attempts"].get<int>() - 2);
        const double spent = target["spend_usd"].get<double>();
        QCOMPARE(spent, real.first.requests() * (11 * 1.0 + 7 * 2.0) / 1e6);

        const int before = real.first.requests();
        options.max_spend = Money::from_usd(60e-6); // two requests, and not quite a third
        const auto cut = live::rehearse(document, scenario, Real::keys(), options);
        QVERIFY(cut && (*cut)["partial"].get<bool>());
        QVERIFY((*cut)["targets"][0]["spend_usd"].get<double>() <= 60e-6);
        QVERIFY(real.first.requests() - before <= 3);
    }

    // By hand, in the app: from now until it is taken back.
    void a_fault_by_hand() {
        Real real;
        PlainProvider moved(PlainProvider::answers, "44");
        live::Worker worker;
        worker.post(
            live::LoadDocument{read(real.json(real.file(real.authority))), Real::keys(), 1, ""});
        worker.post(live::Inject{rule(R"({"target":"p1","kind":"overloaded"})")});
        const auto answer = [&](std::uint64_t id) {
            worker.post(live::SendPrompt{id, "", question()});
            const auto s = wait_for(worker, [&](const auto& p) {
                return !p.prompts.empty() && p.prompts.back().id == id && p.prompts.back().finished;
            });
            return s->prompts.back().text;
        };
        QCOMPARE(answer(1), std::string("The answer is 43."));
        QCOMPARE(real.first.requests(), 0);
        worker.post(live::Restore{"p1"});
        QCOMPARE(answer(2), std::string("The answer is 42."));
        QCOMPARE(real.first.requests(), 1);
        // The chain is edited meanwhile: no key goes where the provider was.
        auto json = real.json(real.file(real.authority));
        json["providers"][0]["base_url"] = moved.base_url();
        worker.post(live::Inject{rule(R"({"target":"p1","kind":"latency","ms":1})")});
        worker.post(live::LoadDocument{read(json), Real::keys(), 2, ""});
        QCOMPARE(answer(3), std::string("The answer is 44."));
        QCOMPARE(real.first.requests(), 1);
        worker.post(live::Inject{rule(R"({"target":"p1","kind":"wrong_model"})")});
        const auto s = wait_for(worker, [](const auto& p) { return !p.notices.empty(); });
        QVERIFY(s->notices.back().text.find("only a simulated one") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestFront)
#include "test_front.moc"
