// The tested chain: what becomes evidence, and that every later edit shows.
#include "chain/evidence.h"

#include <QtTest>

#include <algorithm>

using namespace brownout;
using namespace brownout::chain;

namespace {

Json document() {
    return {{"format", "brownout.chain/1"},
            {"providers",
             {{{"id", "a"}, {"dialect", "openai"}, {"base_url", "lab:"}, {"key", "none"}}}},
            {"chains", {{{"id", "default"}, {"targets", {{{"provider", "a"}, {"model", "m"}}}}}}}};
}

Json report(const Json& chain, bool pass) {
    return {{"format", "brownout.report/1"},
            {"engine_version", "0.1.0"},
            {"mode", "rehearsed"},
            {"partial", false},
            {"chain_sha256", chain_sha256(chain)},
            {"scenario",
             {{"format", "brownout.scenario/1"},
              {"name", "x"},
              {"duration_s", 1},
              {"expect",
               {{{"metric", "availability"}, {"at_least", 0.999}},
                {{"metric", "latency_ms"}, {"at_most", 4000}},
                {{"metric", "served_by"}, {"target", "@primary"}, {"at_least", 0.5}}}}}},
            {"seed", 7},
            {"requests", 10},
            {"succeeded", 7},
            {"failed", 1},
            {"truncated", 1}, // one was rejected
            {"attempts", 12},
            {"targets", {{{"target", "a/m"}, {"attempts", 9}}, {{"target", "b"}, {"attempts", 3}}}},
            {"elapsed_s", 1.5},
            {"availability", {{"value", 0.999}, {"low", 0.99}, {"high", 1.0}}},
            {"timeline", Json::array({Json{{"at_s", 0}}})},
            {"expectations",
             {{{"metric", "availability"},
               {"at_least", 0.999},
               {"observed", pass ? 0.9995 : 0.5},
               {"pass", pass}},
              {{"metric", "latency_ms"},
               {"quantile", 0.95},
               {"at_most", 4000},
               {"observed", 900},
               {"pass", true}},
              {{"metric", "served_by"},
               {"target", "a/m"},
               {"at_least", 0.5},
               {"observed", 0.9},
               {"pass", true}}}}};
}

std::string rehash(Json& evidence) { // what someone who forges a figure would do
    for (Json& entry : evidence["reports"]) {
        entry.erase("report_sha256");
        entry["report_sha256"] = canonical_sha256(entry);
    }
    evidence.erase("evidence_sha256");
    evidence["evidence_sha256"] = canonical_sha256(evidence);
    return evidence["evidence_sha256"];
}

} // namespace

Q_DECLARE_METATYPE(brownout::chain::EvidenceState)

class TestChainEvidence : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void holds() {
        QVERIFY(check_evidence(document(), "").state == EvidenceState::none);
        const auto tested = with_evidence(document(), {report(document(), true)});
        QVERIFY(tested);
        const auto check = check_evidence(*tested, "");
        QVERIFY(check.state == EvidenceState::holds && check.problems.empty());
        QVERIFY(read_document(*tested, "").ok());
        const Json& entry = (*tested)["evidence"]["reports"][0];
        QCOMPARE(entry["scenario"]["name"].get<std::string>(), std::string("x"));
        QVERIFY(!entry.contains("timeline") && !entry.contains("elapsed_s"));
        // Key order and white space are no edit; adding evidence does not change the chain's hash.
        Json reordered = Json::parse(canonical_json(*tested));
        QVERIFY(check_evidence(reordered, "").state == EvidenceState::holds);
        QCOMPARE(chain_sha256(*tested), chain_sha256(document()));
        // Evidence on a tested chain replaces the old one.
        QCOMPARE(*with_evidence(*tested, {report(document(), true)}), *tested);
    }

    void edits_data() {
        QTest::addColumn<QByteArray>("pointer");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<EvidenceState>("state");
        QTest::addColumn<QByteArray>("problem");
        const auto row = [](const char* pointer, const char* value, EvidenceState state,
                            const char* problem) {
            QTest::newRow(pointer)
                << QByteArray(pointer) << QByteArray(value) << state << QByteArray(problem);
        };
        row("/name", "\"new\"", EvidenceState::stale, "/evidence/chain_sha256");
        row("/chains/0/targets/0/weight", "2", EvidenceState::stale, "/evidence/chain_sha256");
        row("/evidence/chain_sha256", "\"00\"", EvidenceState::broken, "/evidence/evidence_sha256");
        row("/evidence/evidence_sha256", "\"00\"", EvidenceState::broken,
            "/evidence/evidence_sha256");
        row("/evidence/reports/0/availability/value", "1", EvidenceState::broken,
            "/evidence/reports/0/report_sha256");
        row("/evidence/reports/0/seed", "8", EvidenceState::broken,
            "/evidence/reports/0/report_sha256");
        row("/evidence/reports/0/scenario/duration_s", "2", EvidenceState::broken,
            "/evidence/reports/0/report_sha256");
        row("/evidence/reports/0/report_sha256", "\"x\"", EvidenceState::broken,
            "/evidence/reports/0/report_sha256");
        row("/evidence/reports/0/expectations", "null", EvidenceState::broken,
            "/evidence/reports/0/expectations");
        row("/evidence/reports/0/expectations/0", "3", EvidenceState::broken,
            "/evidence/reports/0/expectations/0");
        row("/evidence/reports/0", "[]", EvidenceState::broken, "/evidence/reports/0");
        row("/evidence/reports", "[]", EvidenceState::broken, "/evidence/reports");
        row("/evidence/extra", "1", EvidenceState::broken, "/evidence/evidence_sha256");
        row("/evidence", "3", EvidenceState::broken, "/evidence");
        row("/evidence", "null", EvidenceState::none, "");
    }
    void edits() {
        QFETCH(QByteArray, pointer);
        QFETCH(QByteArray, value);
        QFETCH(EvidenceState, state);
        QFETCH(QByteArray, problem);
        Json tested = *with_evidence(document(), {report(document(), true)});
        tested[Json::json_pointer(pointer.toStdString())] = Json::parse(value.toStdString());
        const auto check = check_evidence(tested, "a.json");
        QVERIFY(check.state == state);
        QCOMPARE(check.problems.empty(), problem.isEmpty());
        QVERIFY(problem.isEmpty() ||
                std::any_of(check.problems.begin(), check.problems.end(), [&](const auto& p) {
                    return p.pointer == problem.toStdString() && !p.remedy.empty();
                }));
    }

    // No report, and no proof with every hash made anew, passes for a run that it cannot be.
    void not_a_record_data() {
        QTest::addColumn<QByteArray>("pointer"); // in the report; also where the problem is
        QTest::addColumn<QByteArray>("value");   // empty: removed
        QTest::addColumn<QByteArray>("at");
        const auto row = [](const char* pointer, const char* value, const char* at = nullptr) {
            QTest::addRow("%s = %s", pointer, value)
                << QByteArray(pointer) << QByteArray(value) << QByteArray(at ? at : pointer);
        };
        const char* const list = "/expectations";
        row("/scenario/expect", "[]", list);
        row("/scenario/expect", "", list);
        row("/scenario/expect", "3");
        row("/scenario/expect/0/metric", "\"fallback_ratio\"", "/expectations/0");
        row("/scenario/expect/0/at_least", "0.9999", "/expectations/0");
        row("/scenario/expect/0/at_most", "1", "/expectations/0");
        row("/scenario/expect/1/quantile", "0.99", "/expectations/1");
        row("/scenario/expect/2/target", "\"b\"", "/expectations/2");
        row("/scenario/name", "7");
        row("/scenario", "");
        row("/expectations", "[]");
        row("/expectations", "");
        row("/expectations/0/at_least", "0");
        row("/expectations/1/quantile", "0.5");
        row("/expectations/2/target", "");
        row("/requests", "8");
        row("/requests", "");
        row("/requests", "10.5");
        row("/succeeded", "-1");
        row("/failed", "\"1\"");
        row("/truncated", "");
        row("/attempts", "13");
        row("/attempts", "");
        row("/targets", "");
        row("/targets/0", "1");
        row("/targets/1/attempts", "2", "/attempts");
        row("/seed", "-1");
        row("/seed", "1.5");
        row("/seed", "9007199254740992");
        row("/seed", "");
    }
    void not_a_record() {
        QFETCH(QByteArray, pointer);
        QFETCH(QByteArray, value);
        QFETCH(QByteArray, at);
        const auto change = [&](Json& report) {
            const Json::json_pointer place(pointer.toStdString());
            if (value.isEmpty())
                report[place.parent_pointer()].erase(place.back());
            else
                report[place] = Json::parse(value.toStdString());
            // A changed member of an expectation is a problem of the expectation.
            const auto n = at.startsWith("/expectations/") ? at.indexOf('/', 14) : -1;
            return (n < 0 ? at : at.left(n)).toStdString();
        };
        Json bad = report(document(), true);
        const std::string wanted = change(bad);
        const auto made = with_evidence(document(), {bad});
        QVERIFY(!made);
        QCOMPARE(made.error().place, "report 1" + wanted);

        Json tested = *with_evidence(document(), {report(document(), true)});
        change(tested["evidence"]["reports"][0]);
        rehash(tested["evidence"]);
        const auto check = check_evidence(tested, "a.json");
        QVERIFY(check.state == EvidenceState::broken);
        QVERIFY(std::any_of(check.problems.begin(), check.problems.end(), [&](const auto& p) {
            return p.pointer == "/evidence/reports/0" + wanted && !p.remedy.empty();
        }));
    }

    void rejected_and_cancelled_count_where_stated() {
        Json stated = report(document(), true);
        stated["rejected"] = 1;
        stated["cancelled"] = 0;
        QVERIFY(with_evidence(document(), {stated}));
        stated["cancelled"] = 1;
        QVERIFY(!with_evidence(document(), {stated}));
        stated["cancelled"] = 0;
        stated["rejected"] = 0;
        QVERIFY(!with_evidence(document(), {stated}));
    }

    void failed_and_forged() {
        Json tested =
            *with_evidence(document(), {report(document(), true), report(document(), false)});
        auto check = check_evidence(tested, "");
        QVERIFY(check.state == EvidenceState::failed);
        QCOMPARE(check.problems.size(), 1u);
        QCOMPARE(check.problems[0].pointer, std::string("/evidence/reports/1/expectations/0"));
        // A verdict that its own figures contradict is broken even when every hash was made anew.
        tested["evidence"]["reports"][1]["expectations"][0]["pass"] = true;
        rehash(tested["evidence"]);
        QVERIFY(check_evidence(tested, "").state == EvidenceState::broken);
        tested["evidence"]["reports"][1]["expectations"][0].erase("observed");
        rehash(tested["evidence"]);
        QVERIFY(check_evidence(tested, "").state == EvidenceState::broken);
    }

    void refused() {
        const Json good = report(document(), true);
        const auto refuses = [&](const char* key, Json value) {
            Json bad = good;
            bad[key] = std::move(value);
            return !with_evidence(document(), {good, bad}).has_value();
        };
        QVERIFY(with_evidence(document(), {good, good}));
        QVERIFY(refuses("format", "brownout.chain/1"));
        QVERIFY(refuses("partial", true));
        QVERIFY(refuses("partial", nullptr));
        QVERIFY(refuses("chain_sha256", "00"));
        QVERIFY(refuses("scenario", nullptr));
        QVERIFY(refuses("expectations", 1));
        QVERIFY(!with_evidence(document(), {}));
        QVERIFY(!with_evidence(document(), {Json(3)}));
        QVERIFY(!with_evidence(Json(3), {good}));
        QCOMPARE(with_evidence(document(), {good, Json(3)}).error().place, std::string("report 2"));
    }
};

QTEST_APPLESS_MAIN(TestChainEvidence)
#include "test_chain_evidence.moc"
