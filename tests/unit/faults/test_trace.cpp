// Traces as traffic: what is read, what is refused and where, and when the requests are due.
#include "chain/presets.h"
#include "faults/arrivals.h"
#include "faults/trace.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

using namespace brownout;
using namespace brownout::faults;
using chain::Json;

namespace {

void put(const QString& path, const QByteArray& text) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("cannot write %s", qPrintable(path));
}

Json of_trace(const Json& more = Json::object()) {
    Json json = {{"format", "brownout.scenario/1"}, {"traffic", {{"trace", "day.csv"}}}};
    json["traffic"].update(more);
    return json;
}

} // namespace

class TestTrace : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void reads_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("rows"); // "at input output; ..."
        const auto row = [](const char* name, const char* text, const char* rows) {
            QTest::newRow(name) << QByteArray(text) << QByteArray(rows);
        };
        row("azure",
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n"
            "2023-11-16 18:15:50.9951690,396,109\n",
            "0 374 44; 4.314579 396 109");
        row("no header, seconds, no last line end", "10,5,6\n10.5,7,8", "0 5 6; 0.5 7 8");
        row("columns in another order",
            "id,output_tokens,Prompt Tokens,time\r\na,1,2,0\r\nb,3,4,60\r\n", "0 2 1; 60 4 3");
        row("over midnight, zones",
            "ts,input_tokens,output_tokens\n2024-02-28T23:59:59Z,1,1\n"
            "2024-02-29T01:00:01.500+01:00,1,1\n2024-02-29T00:00:02-0000,1,1\n",
            "0 1 1; 2.5 1 1; 3 1 1");
        row("blank lines, quotes, mark of a spreadsheet", "\xef\xbb\xbf\n\"1\" , 2 ,\t3\n\n",
            "0 2 3");
    }
    void reads() {
        QFETCH(QByteArray, text);
        const auto trace = read_trace(text.toStdString(), "t.csv");
        QVERIFY2(trace.has_value(), trace ? "" : trace.error().text().c_str());
        QByteArray rows;
        for (const TraceRow& r : trace->rows)
            rows += (rows.isEmpty() ? "" : "; ") + QByteArray::number(r.at_s, 'g', 7) + " " +
                    QByteArray::number(qlonglong{r.input_tokens}) + " " +
                    QByteArray::number(qlonglong{r.output_tokens});
        QTEST(rows, "rows");
    }

    void refuses_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, const QByteArray& text, const char* says) {
            QTest::newRow(name) << text << QByteArray(says);
        };
        row("empty", "", "t.csv: the trace has no requests");
        row("header only", "timestamp,input_tokens,output_tokens\n", "has no requests");
        row("unknown header", "when,in,out\n1,2,3\n", "t.csv:1: \"when\" is no time");
        row("a column too few", "1,2,3\n2,3\n", "t.csv:2: has 2 columns");
        row("no number", "1,2,3\n\n2,x,3\n", "t.csv:3: \"x\" is no number of tokens");
        row("negative", "1,2,-3\n", "no number of tokens");
        row("too many tokens", "1,20000000,3\n", "from 0 to 10000000");
        row("backwards", "2,1,1\n1,1,1\n", "t.csv:2: its time is before");
        row("no such day", "2023-02-30 00:00:00,1,1\n", "is no time");
        row("broken zone", "2023-02-03 00:00:00+1,1,1\n", "is no time");
        row("not finite", "nan,1,1\n", "is no time");
        row("years", "0,1,1\n4e7,1,1\n", "more than 366 days");
        row("one long line", QByteArray(5000, '7'), "longer than 4096");
        row("too many", QByteArray("1,1,1\n").repeated(1'000'001), "more than 1000000 requests");
    }
    void refuses() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, says);
        const auto trace = read_trace(text.toStdString(), "t.csv");
        QVERIFY(!trace);
        QVERIFY2(trace.error().text().find(says.toStdString()) != std::string::npos,
                 trace.error().text().c_str());
    }

    // It lies beside the scenario, ends with its last request, and can be sped up.
    void is_the_traffic() {
        const QTemporaryDir dir;
        put(dir.filePath("day.csv"), "0,10,20\n2,11,21\n2,12,22\n8,13,23\n");
        const std::string file = dir.filePath("a.scenario.json").toStdString();
        const auto plain = read_scenario(of_trace(), file);
        QVERIFY(plain.ok());
        QCOMPARE(*plain.value->duration_s, 9.0);
        QCOMPARE(*plain.value->max_requests, 4);
        QCOMPARE(plain.value->traffic.rate_at(1.5), 2.0);
        const auto fast = read_scenario(of_trace({{"time_scale", 4}}), "a.scenario.json",
                                        dir.path().toStdString());
        QVERIFY(fast.ok());
        QCOMPARE(*fast.value->duration_s, 3.0);
        const Traffic& traffic = fast.value->traffic;
        QCOMPARE(expected_arrivals(traffic, 1), 3.0);
        ArrivalPlan plan(traffic, 1);
        const double due[] = {0, 0.5, 0.5, 2};
        for (int i = 0; i < 4; ++i) {
            QCOMPARE(plan.next(), due[i]);
            QCOMPARE(plan.row()->input_tokens, 10 + i);
            QCOMPARE(plan.row()->output_tokens, 20 + i);
        }
        QVERIFY(std::isinf(plan.next()) && !plan.row());
        // Another end, where one is given.
        Json json = of_trace();
        json["duration_s"] = 5;
        const auto cut = read_scenario(json, file);
        QVERIFY(cut.ok() && !cut.value->max_requests);
        QCOMPARE(*cut.value->duration_s, 5.0);
        QCOMPARE(expected_arrivals(cut.value->traffic, 5), 3.0);

        put(dir.filePath("day.csv"), "0,10,20\n1,oops,21\n");
        const auto broken = read_scenario(of_trace(), file);
        QVERIFY(!broken.ok());
        QCOMPARE(broken.problems.size(), 1u);
        QCOMPARE(broken.problems[0].pointer, std::string("/traffic/trace"));
        QVERIFY(broken.problems[0].text().find("day.csv:2: \"oops\"") != std::string::npos);
    }

    void published_trace() {
        const char* const path =
            BROWNOUT_SOURCE_DIR "/../shared/data/azure_llm_trace_2023_conv.csv";
        if (!QFile::exists(path))
            QSKIP("the published trace is not here");
        const auto trace = read_trace_file(path);
        QVERIFY2(trace.has_value(), trace ? "" : trace.error().text().c_str());
        QCOMPARE(trace->rows.size(), 19'366u);
        QCOMPARE(trace->rows.front().input_tokens, 374);
        QVERIFY(trace->rows.back().at_s > 3000 && trace->rows.back().at_s < 4000);
    }

    // Pictures go through a chain that makes some.
    void pictures_find_their_chain() {
        Json json = {{"format", "brownout.scenario/1"},
                     {"duration_s", 1},
                     {"traffic", {{"image", true}}},
                     {"faults", Json::array({{{"target", "@2"}, {"kind", "job_failed"}}})}};
        auto demo = *chain::read_document_text(chain::demo_chain_text(), "demo").value;
        const auto bound = bind(*read_scenario(json, "").value, demo, "s");
        QVERIFY(bound.ok());
        QCOMPARE(bound.value->traffic.chain, std::string("pictures"));
        QCOMPARE(bound.value->faults[0].target, std::string("cedar/gemini-2.5-flash-image"));
        json["traffic"]["chain"] = "default";
        const auto text = bind(*read_scenario(json, "").value, demo, "s");
        QVERIFY(!text.ok());
        QCOMPARE(text.problems[0].pointer, std::string("/traffic/image"));
        json["traffic"].erase("chain");
        std::erase_if(demo.chains, [](const auto& c) { return c.id == "pictures"; });
        const auto none = bind(*read_scenario(json, "").value, demo, "s");
        QVERIFY(!none.ok());
        QVERIFY(none.problems[0].text().find("no chain of this document") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestTrace)
#include "test_trace.moc"
