// What the engine makes of each way of failing: a chain of two simulated providers, the first of
// which is hit, over real sockets. (What a stranger sees on the wire: test_lab_*.)
#include "support/http_lab.h"
#include "support/live_world.h"

#include <QTest>

using namespace brownout;
using namespace brownout::test;

namespace {

constexpr const char* policy = R"({"timeouts":{"total_ms":30000,"attempt_ms":20000,
    "first_token_ms":15000,"stall_ms":15000,"connect_ms":5000},
    "retry":{"attempts_per_target":1,"max_attempts":2}})";
// For the target that is to run into one; the other has all the time.
constexpr const char* hasty = R"({"connect_ms":300,"first_token_ms":600,"stall_ms":600})";

struct Broken {
    Broken(const faults::Rule& rule, bool in_a_hurry)
        : world(document(in_a_hurry), {}, [this](const std::string& id) { return address(id); }) {
        lab = std::make_unique<live::Lab>(world.loop, world.clock, 1);
        for (const char* id : {"p1", "p2"})
            if (const auto why = lab->serve(id, chain::Dialect::openai, quick_model()))
                qFatal("%s", why->c_str());
        lab->inject(rule);
        world.driver->set_price_factor(
            [this](const std::string& p, const std::string& m) { return lab->price_factor(p, m); });
    }
    ~Broken() { lab.reset(); } // it lives on the loop of `world`
    static chain::Document document(bool in_a_hurry) {
        auto json = chain_json({"lab:", "lab:"}, policy);
        if (in_a_hurry)
            json["chains"][0]["targets"][0]["timeouts"] = chain::Json::parse(hasty);
        return read(json);
    }
    std::optional<std::string> address(const std::string& id) const {
        return lab ? lab->dial_url(id) : std::nullopt;
    }

    std::unique_ptr<live::Lab> lab;
    LiveWorld world;
    Asked asked;
};

// "failover/dns" of the first attempt, and who answered: "p2".
QString told(const Asked& asked) {
    const engine::Outcome& first = asked.attempt(1).outcome;
    return QStringLiteral("%1/%2 %3 %4")
        .arg(QString::fromUtf8(engine::name(first.cls)),
             QString::fromUtf8(engine::name(first.cause)),
             QString::fromStdString(asked.record->served_by.substr(0, 2)))
        .arg(asked.record->attempts.size());
}

} // namespace

class TestFaultOutcomes : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void outcomes_data() {
        QTest::addColumn<QString>("fault");
        QTest::addColumn<QString>("whole");
        QTest::addColumn<QString>("streamed");
        const auto row = [](const char* fault, const char* whole, const char* streamed) {
            QTest::newRow(fault) << fault << whole << streamed;
        };
        row(R"("kind":"dns_failure")", "retry/dns p2 2", "retry/dns p2 2");
        row(R"("kind":"connect_refused")", "retry/connect_refused p2 2",
            "retry/connect_refused p2 2");
        row(R"("kind":"connect_hang")", "retry/connect_timeout p2 2", "retry/connect_timeout p2 2");
        row(R"("kind":"tls_failure")", "retry/tls p2 2", "retry/tls p2 2");
        row(R"("kind":"empty_close")", "retry/reset p2 2", "retry/reset p2 2");
        row(R"("kind":"truncate","fraction":0.5)", "failover/malformed p2 2",
            "broken_stream/truncated  2");
        row(R"("kind":"garbage")", "failover/truncated p2 2", "failover/truncated p2 2");
        row(R"("kind":"html_page")", "failover/malformed p2 2", "failover/malformed p2 2");
        row(R"("kind":"wrong_content_type")", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"wrong_length")", "failover/truncated p2 2", "success/none p1 1");
        row(R"("kind":"drop_field","pointer":"/choices")", "failover/malformed p2 2",
            "failover/truncated p2 2");
        row(R"("kind":"drop_field","pointer":"/id")", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"slow_first_token","ms":60000)", "failover/first_token_timeout p2 2",
            "failover/first_token_timeout p2 2");
        row(R"("kind":"slow_tokens","ms":60000)", "failover/first_token_timeout p2 2",
            "broken_stream/stall_timeout  2");
        row(R"("kind":"stream_error","after_tokens":0)", "failover/overloaded p2 2",
            "failover/overloaded p2 2");
        row(R"("kind":"stream_error","after_tokens":3)", "failover/overloaded p2 2",
            "broken_stream/overloaded  2");
        row(R"("kind":"duplicate_event","at_token":1)", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"keepalive_only")", "failover/first_token_timeout p2 2",
            "failover/first_token_timeout p2 2");
        row(R"("kind":"keepalive_only","ms":100)", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"no_usage")", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"split_utf8")", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"empty_answer")", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"length_stop")", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"wrong_model")", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"bandwidth","kbyte_per_s":1000)", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"slow_close","ms":50)", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"price_change","factor":10)", "success/none p1 1", "success/none p1 1");
        row(R"("kind":"group_outage","targets":["p1","nobody"])", "failover/overloaded p2 2",
            "failover/overloaded p2 2");
    }
    void outcomes() {
        QFETCH(QString, fault);
        QFETCH(QString, whole);
        QFETCH(QString, streamed);
        const auto json = chain::Json::parse(("{\"target\":\"p1\"," + fault + "}").toStdString());
        const auto rule = faults::read_rule(json, "");
        QVERIFY2(rule.ok(), rule.problems.empty() ? "" : rule.problems[0].text().c_str());
        for (const bool stream : {false, true}) {
            const QString& wanted = stream ? streamed : whole;
            Broken broken(*rule.value, wanted.contains(QStringLiteral("_timeout")));
            broken.world.start(broken.asked, stream);
            QVERIFY(broken.world.wait(broken.asked, std::chrono::seconds{40}));
            QCOMPARE(told(broken.asked), wanted);
        }
    }

    // What a price change costs, it costs in records, too; the answer is the same.
    void a_price_changes_what_is_paid() {
        std::int64_t usual = 0;
        for (const double factor : {1.0, 10.0}) {
            auto rule = rule_of(faults::Kind::price_change, "p1");
            rule.fault.factor = factor;
            Broken broken(rule, false);
            broken.world.start(broken.asked, true);
            QVERIFY(broken.world.wait(broken.asked, std::chrono::seconds{40}));
            const auto paid = broken.asked.attempt(1).outcome.cost.pico_usd;
            QVERIFY(paid > 0);
            if (factor == 1.0)
                usual = paid;
            else
                QCOMPARE(paid, 10 * usual);
        }
    }

    // Both are down at the same times, drawn once: nobody is left to answer.
    void an_outage_of_several_hits_them_together() {
        auto rule = rule_of(faults::Kind::group_outage, "p1");
        rule.group = {"p1", "p2"};
        Broken broken(rule, false);
        broken.world.start(broken.asked, false);
        QVERIFY(broken.world.wait(broken.asked, std::chrono::seconds{40}));
        QCOMPARE(broken.asked.record->served_by, std::string{});
        QCOMPARE(broken.asked.record->attempts.size(), std::size_t{2});
    }
};

QTEST_GUILESS_MAIN(TestFaultOutcomes)
#include "test_fault_outcomes.moc"
