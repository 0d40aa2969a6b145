// The log's lines, and the sentence for a request that failed.
#include "record/event_log.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace brownout;
using namespace brownout::record;
using namespace std::chrono_literals;

namespace {

Instant at(Duration d) {
    return Instant{} + d;
}

RequestRecord failed_request() {
    RequestRecord r;
    r.id = "r-abc123";
    r.chain = "default";
    r.task = "simple";
    r.stream = true;
    r.started = at(1s);
    r.ended = at(18s);
    r.cost = Money::from_usd(0.001);
    r.wasted = r.cost;
    AttemptRecord a;
    a.number = 1;
    a.target = "openai/gpt-5";
    a.started = at(1s);
    a.ended = at(1040ms);
    a.finished = true;
    a.outcome.cls = engine::OutcomeClass::failover;
    a.outcome.cause = engine::Cause::overloaded;
    a.outcome.status = 503;
    a.code = "server_is_overloaded";
    a.message = "503 overloaded";
    r.attempts.push_back(a);
    a.number = 2;
    a.target = "claude/haiku";
    a.started = at(2s);
    a.ended = at(17s);
    a.outcome = {};
    a.outcome.cls = engine::OutcomeClass::failover;
    a.outcome.cause = engine::Cause::first_token_timeout;
    a.code.clear();
    a.message.clear();
    r.attempts.push_back(a);
    return r;
}

} // namespace

class TestEventLog : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void wallClock_data() {
        QTest::addColumn<qint64>("zero");
        QTest::addColumn<qint64>("ns");
        QTest::addColumn<QString>("expected");
        QTest::newRow("contract") << qint64{1795210980} << qint64{123'456'789}
                                  << "2026-11-20T21:43:00.123Z";
        QTest::newRow("epoch") << qint64{0} << qint64{0} << "1970-01-01T00:00:00.000Z";
        QTest::newRow("leap day") << qint64{1709164800} << qint64{86'399'999'999'999}
                                  << "2024-02-29T23:59:59.999Z";
        QTest::newRow("before") << qint64{0} << qint64{-1} << "1969-12-31T23:59:59.999Z";
    }
    void wallClock() {
        QFETCH(qint64, zero);
        QFETCH(qint64, ns);
        QFETCH(QString, expected);
        const WallClock clock{zero * 1'000'000'000};
        QCOMPARE(QString::fromStdString(clock.iso8601(Instant{Duration{ns}})), expected);
    }

    void events() {
        std::vector<std::string> lines;
        EventWriter writer({0}, [&](const EventText& e) { lines.emplace_back(e.text); });
        const RequestRecord r = failed_request();
        writer.request_started(r);
        writer.attempt_started(r, r.attempts[0]);
        AttemptRecord talking = r.attempts[0];
        talking.first_token = at(1030ms);
        writer.first_token(r, talking);
        writer.attempt_finished(r, r.attempts[0]);
        writer.failover(r, "a", "b", "overloaded", 40ms, at(2s));
        writer.stream_broken(r, 12, "restart", at(2s));
        writer.hedge_started(r, r.attempts[0]);
        writer.budget_refused(r, "hour", at(2s));
        writer.request_finished(r);
        writer.breaker_changed({at(2s), "a/m", engine::BreakerState::closed,
                                engine::BreakerState::open,
                                engine::BreakerWhy::consecutive_failures});
        writer.cooldown("a/m", at(3s), at(2s));
        writer.provider_disabled("a", "bad_key", at(2s));
        FaultRecord f;
        f.from = at(1s);
        f.target = "a";
        f.kind = "hang";
        f.rule = 3;
        writer.fault_started(f);
        f.to = at(2s);
        writer.fault_ended(f);
        const std::vector<std::string> expected = {
            R"({"ts":"1970-01-01T00:00:01.000Z","event":"request_started","at_s":1.0,"request":"r-abc123","chain":"default","task":"simple","stream":true})",
            R"({"ts":"1970-01-01T00:00:01.000Z","event":"attempt_started","at_s":1.0,"request":"r-abc123","attempt":1,"target":"openai/gpt-5","mode":"fresh","probe":false})",
            R"({"ts":"1970-01-01T00:00:01.030Z","event":"first_token","at_s":1.03,"request":"r-abc123","attempt":1,"target":"openai/gpt-5","ms":30.0})",
            R"({"ts":"1970-01-01T00:00:01.040Z","event":"attempt_finished","at_s":1.04,"request":"r-abc123","attempt":1,"target":"openai/gpt-5","outcome":"overloaded","class":"failover","status":503,"code":"server_is_overloaded","message":"503 overloaded","ms":40.0,"input_tokens":0,"output_tokens":0,"cost_usd":0.0,"cost_estimated":false})",
            R"({"ts":"1970-01-01T00:00:02.000Z","event":"failover","at_s":2.0,"request":"r-abc123","from":"a","to":"b","why":"overloaded","added_ms":40.0})",
            R"({"ts":"1970-01-01T00:00:02.000Z","event":"stream_broken","at_s":2.0,"request":"r-abc123","tokens":12,"policy":"restart"})",
            R"({"ts":"1970-01-01T00:00:01.000Z","event":"hedge_started","at_s":1.0,"request":"r-abc123","attempt":1,"target":"openai/gpt-5"})",
            R"({"ts":"1970-01-01T00:00:02.000Z","event":"budget_refused","at_s":2.0,"request":"r-abc123","scope":"hour"})",
            R"({"ts":"1970-01-01T00:00:18.000Z","event":"request_finished","at_s":18.0,"request":"r-abc123","chain":"default","result":"failed","served_by":null,"attempts":2,"ms":17000.0,"first_token_ms":null,"cost_usd":0.001,"wasted_usd":0.001})",
            R"({"ts":"1970-01-01T00:00:02.000Z","event":"breaker_changed","at_s":2.0,"target":"a/m","from":"closed","to":"open","why":"consecutive_failures"})",
            R"({"ts":"1970-01-01T00:00:02.000Z","event":"cooldown","at_s":2.0,"target":"a/m","until":"1970-01-01T00:00:03.000Z"})",
            R"({"ts":"1970-01-01T00:00:02.000Z","event":"provider_disabled","at_s":2.0,"provider":"a","why":"bad_key"})",
            R"({"ts":"1970-01-01T00:00:01.000Z","event":"fault_started","at_s":1.0,"target":"a","kind":"hang","rule":3})",
            R"({"ts":"1970-01-01T00:00:02.000Z","event":"fault_ended","at_s":2.0,"target":"a","kind":"hang","rule":3})",
        };
        QCOMPARE(lines.size(), expected.size());
        for (std::size_t i = 0; i < lines.size(); ++i)
            QCOMPARE(lines[i], expected[i]);
    }

    void anUnknownCostIsNull() {
        std::string line;
        EventWriter writer({0}, [&](const EventText& e) { line = e.text; });
        RequestRecord r = failed_request();
        r.cost_unknown = true;
        writer.request_finished(r);
        QVERIFY(line.find("\"cost_usd\":null") != line.npos);

        AttemptRecord a = r.attempts[0]; // refused: it cost nothing, whatever the price
        const auto cost_of = [&](const AttemptRecord& attempt) {
            writer.attempt_finished(r, attempt);
            const std::string of_attempt = chain::Json::parse(line)["cost_usd"].dump();
            writer.health_checked(attempt);
            return of_attempt + ", checked " + chain::Json::parse(line)["cost_usd"].dump();
        };
        QCOMPARE(cost_of(a), std::string("0.0, checked 0.0"));
        a.cost_unknown = true;
        QCOMPARE(cost_of(a), std::string("null, checked null"));
        a.cost_unknown = false;
        a.outcome.cost = Money::from_usd(0.002); // another attempt's price is the unknown one
        QCOMPARE(cost_of(a), std::string("0.002, checked 0.002"));
    }

    void explains() {
        QCOMPARE(explain(failed_request()),
                 std::string("openai/gpt-5: 503 overloaded (0.04 s); claude/haiku: first token "
                             "timeout (15.0 s)"));
        QCOMPARE(explain(RequestRecord{}), std::string("no target could be tried"));
        RequestRecord many = failed_request();
        while (many.attempts.size() < 100)
            many.attempts.push_back(many.attempts[0]);
        const std::string text = explain(many);
        QVERIFY(text.ends_with("; and 68 more"));
    }

    void fileKeepsWhatWasThere() {
        QTemporaryDir dir;
        const std::string path = dir.filePath("log.jsonl").toStdString();
        for (int run = 0; run < 2; ++run) {
            auto log = LogFile::open(path);
            QVERIFY(log.has_value());
            (*log)->write("{\"n\":" + std::to_string(run) + "}", at(1s));
            QFile live(QString::fromStdString(path)); // the first line is there at once
            QVERIFY(live.open(QIODevice::ReadOnly));
            QCOMPARE(live.readAll().count('\n'), 2 * run + 1);
            EventWriter writer({0}, [&](const EventText& e) { (*log)->write(e.text, at(1s)); });
            writer.failover(failed_request(), "a\xff\n", "b", "", 0s, at(2s));
        }
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray broken =
            "{\"ts\":\"1970-01-01T00:00:02.000Z\",\"event\":\"failover\",\"at_s\":2.0,"
            "\"request\":\"r-abc123\",\"from\":\"a\xEF\xBF\xBD\\n\",\"to\":\"b\",\"why\":\"\","
            "\"added_ms\":0.0}\n";
        QCOMPARE(file.readAll(), "{\"n\":0}\n" + broken + "{\"n\":1}\n" + broken);
    }

    void aFileThatCannotBeWritten() {
        const auto log = LogFile::open("/nonexistent/log.jsonl");
        QVERIFY(!log.has_value());
        QCOMPARE(log.error().kind, Error::Kind::environment);
        QVERIFY(log.error().text().find("/nonexistent/log.jsonl") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestEventLog)
#include "test_event_log.moc"
