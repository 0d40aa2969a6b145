// What a simulated provider says when it refuses in its own words, and what we make of that: the
// fault kinds that are a sentence of the provider's, not just a status.
#include "support/fault_json.h"
#include "support/http_lab.h"
#include "wire/classify.h"
#include "wire/dialect.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace brownout;
using namespace brownout::test;
using engine::Cause;
using engine::OutcomeClass;
using faults::Kind;

class TestLabRefusals : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void refusals_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<long>("status");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("words");
        QTest::addColumn<int>("cls");
        QTest::addColumn<int>("cause");
        const auto row = [](Kind kind, long status, const char* code, const char* words,
                            OutcomeClass cls, Cause cause) {
            QTest::newRow(std::string{faults::info(kind).name}.c_str())
                << int(kind) << status << code << words << int(cls) << int(cause);
        };
        row(Kind::quota_exhausted, 429, "insufficient_quota", "exceeded your current quota",
            OutcomeClass::disable, Cause::no_money);
        row(Kind::bad_key, 401, "invalid_api_key", "Incorrect API key", OutcomeClass::disable,
            Cause::bad_key);
        row(Kind::model_missing, 404, "model_not_found", "`m-1` does not exist",
            OutcomeClass::reroute, Cause::model_missing);
        row(Kind::region_blocked, 403, "unsupported_country_region_territory",
            "Country, region, or territory", OutcomeClass::disable, Cause::blocked);
        row(Kind::overloaded, 503, "server_is_overloaded", "overloaded", OutcomeClass::failover,
            Cause::overloaded);
        row(Kind::context_exceeded, 400, "context_length_exceeded", "10 tokens",
            OutcomeClass::reroute, Cause::context_exceeded);
        row(Kind::moderation, 400, "invalid_prompt", "usage policy", OutcomeClass::reroute,
            Cause::moderation);
    }
    void refusals() {
        QFETCH(int, kind);
        QFETCH(long, status);
        QFETCH(QString, code);
        QFETCH(QString, words);
        QFETCH(int, cls);
        QFETCH(int, cause);
        LabFixture f;
        f.inject(rule_of(Kind(kind)));
        for (const bool stream : {false, true}) {
            const auto reply = f.chat(stream);
            QCOMPARE(reply.status, status);
            QCOMPARE(reply.header("content-type"), std::string("application/json"));
            const auto error = nlohmann::json::parse(reply.body)["error"];
            QCOMPARE(QString::fromStdString(error["code"]), code);
            QVERIFY2(QString::fromStdString(error["message"]).contains(words), reply.body.c_str());

            auto reader = wire::dialect(chain::Dialect::openai)->reader(stream, {});
            reader->head(int(status), {{"content-type", "application/json"}});
            reader->bytes(reply.body, [](const wire::Delta&) {});
            const auto end = reader->end(wire::TransportEnd::complete, true, 0);
            QCOMPARE(int(end.outcome.cls), cls);
            QCOMPARE(int(end.outcome.cause), cause);
        }
    }

    // Every kind is in the palette with a name and one line of help, and is read as it is written.
    void everyKindIsDescribedAndRead() {
        for (const faults::KindInfo& row : faults::kinds()) {
            QVERIFY(!row.label.empty() && !row.help.empty() && !row.group.empty());
            QVERIFY2(row.help.find('\n') == row.help.npos && row.help.size() < 90,
                     std::string{row.help}.c_str());
            const auto rule = faults::read_rule(least_fault(row.kind, "a"), "rule");
            QVERIFY2(rule.ok(), std::string{row.name}.c_str());
            const auto back = faults::read_rule(faults::to_json(*rule.value), "rule");
            QVERIFY2(back.ok(), std::string{row.name}.c_str());
            QVERIFY(back.value->fault.kind == row.kind);
        }
    }

    void theyTakeNoParameters() {
        const auto read = faults::read_rule(
            chain::Json{{"target", "a"}, {"kind", "bad_key"}, {"status", 401}}, "rule");
        QVERIFY(!read.ok());
        QVERIFY2(read.problems.front().text().find("no such parameter") != std::string::npos,
                 read.problems.front().text().c_str());
    }
};

QTEST_GUILESS_MAIN(TestLabRefusals)
#include "test_lab_refusals.moc"
