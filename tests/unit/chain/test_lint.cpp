// Lint as a table: what is changed in a clean chain, and the warnings that follow; every fix
// removes its own warning, adds none and leaves the document valid.
#include "chain/lint.h"
#include "chain/presets.h"
#include "unit/chain/random_chain.h"

#include <QtTest>

#include <set>

using namespace brownout;
using namespace brownout::chain;

namespace {

// Three real providers at hosts of their own, each with its key, and nothing to complain about.
Json clean() {
    const std::string path = BROWNOUT_SOURCE_DIR "/tests/unit/chain/clean.chain.json";
    return *parse_json(*read_file(path), path);
}

// `changes`: an object from JSON pointer to value; null removes.
Json changed(const Json& changes) {
    Json json = clean();
    for (const auto& [pointer, value] : changes.items()) {
        const auto at = Json::json_pointer(pointer);
        if (!value.is_null() || pointer.ends_with("budget") || pointer.ends_with("_usd"))
            json[at] = value;
        else
            json = *apply_fix(json, {"", {{pointer, {}}}});
    }
    return json;
}

Document read(const Json& json) {
    auto checked = read_document(json, "lint");
    if (!checked.ok())
        qFatal("not valid: %s", checked.problems[0].text().c_str());
    return std::move(*checked.value);
}

QString listed(const std::vector<Warning>& warnings) {
    QStringList out;
    for (const Warning& w : warnings)
        out << QString::fromStdString(w.code + " " + w.pointer +
                                      (w.fix ? " [" + w.fix->label + "]" : ""));
    return out.join('\n');
}

std::map<std::string, int> counts(const std::vector<Warning>& warnings) {
    std::map<std::string, int> out;
    for (const Warning& w : warnings)
        ++out[w.code];
    return out;
}

// Empty: the fix does what it promises.
QString broken_promise(const Json& json, const Warning& warning) {
    const auto fixed = apply_fix(json, *warning.fix);
    if (!fixed)
        return "cannot be applied";
    const auto checked = read_document(*fixed, "");
    if (!checked.ok())
        return "leaves it invalid: " + QString::fromStdString(checked.problems[0].text());
    auto before = counts(lint(read(json)));
    const auto after = counts(lint(*checked.value));
    --before[warning.code];
    for (const auto& [code, n] : after)
        if (n > before[code])
            return QString::fromStdString("leaves or adds " + code);
    return {};
}

} // namespace

class TestLint : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void warnings_data() {
        QTest::addColumn<QString>("changes");
        QTest::addColumn<QString>("expected"); // code, pointer, [fix]; a line each
        const auto row = [](const char* name, const char* changes, const char* expected) {
            QTest::newRow(name) << QString(changes) << QString(expected);
        };
        row("clean", "{}", "");
        row("switched off", R"({"/chains/0/targets/1/enabled": false})",
            "disabled-target /chains/0/targets/1/enabled [Enable it]");
        row("held open", R"({"/chains/0/targets/1/breaker_hold": "open"})",
            "held-open-target /chains/0/targets/1/breaker_hold [Release it]");
        row("held closed", R"({"/chains/0/targets/1/breaker_hold": "closed"})", "");
        row("too bad", R"({"/policy/minimum_quality": 0.5, "/chains/0/targets/1/quality": 0.3})",
            "below-minimum-quality /chains/0/targets/1/quality [Remove it]");
        row("attempts used up", R"({"/policy/retry/max_attempts": 4})",
            "attempts-used-up /chains/0/targets/2 [Allow 6 attempts]");
        row("attempts just enough", R"({"/policy/retry/max_attempts": 5})", "");
        row("any may be first", R"({"/policy/retry/max_attempts": 4,
                                    "/chains/0/strategy": "fastest"})",
            "");
        const auto pictures = [&](const char* name, const char* changes, const char* expected) {
            Json all = Json::parse(R"({"/chains/0/task": "image", "/providers/0/dialect":
                "stability", "/policy/timeouts/total_ms": 400000})");
            all.update(Json::parse(changes));
            QTest::newRow(name) << QString::fromStdString(all.dump()) << QString(expected);
        };
        pictures("auto before what it translates",
                 R"({"/providers/1/dialect": "nexaapi", "/providers/2/dialect": "fal",
                     "/chains/0/targets/1/model": "auto"})",
                 "nothing-to-translate /chains/0/targets/1/model");
        pictures("auto behind what it translates",
                 R"({"/providers/1/dialect": "replicate", "/providers/2/dialect": "nexaapi",
                     "/chains/0/targets/2/model": "auto"})",
                 "");
        pictures("auto behind a target that is off",
                 R"({"/providers/1/dialect": "fal", "/providers/2/dialect": "nexaapi",
                     "/chains/0/targets/1/enabled": false, "/chains/0/targets/2/model": "auto"})",
                 "disabled-target /chains/0/targets/1/enabled [Enable it]\n"
                 "nothing-to-translate /chains/0/targets/2/model");
        row("auto elsewhere is a name", R"({"/chains/0/targets/1/model": "auto"})", "");
        row("twice", R"({"/chains/0/targets/2/provider": "a", "/chains/0/targets/2/model": "m1"})",
            "duplicate-target /chains/0/targets/2 [Remove it]");
        row("one upstream", R"({"/providers/2/base_url": "https:\/\/API.a.example.com/other",
                                "/chains/0/targets/2/model": "m1"})",
            "same-upstream /chains/0/targets/2/provider [Remove it]");
        row("one host, two models",
            R"({"/providers/2/base_url": "https:\/\/api.a.example.com/other"})", "");
        row("one key", R"({"/providers/1/key": ["env:X", "env:A"]})", "same-key /providers/1/key");
        row("no key at all", R"({"/providers/0/key": "none", "/providers/1/key": "none"})", "");
        row("one provider", R"({"/chains/0/targets/1/provider": "a",
                                "/chains/0/targets/2/provider": "a"})",
            "one-provider /chains/0/targets");
        row("alone",
            R"({"/chains/0/targets/2": null, "/chains/0/targets/1": null, "/chains/0/task": ""})",
            "single-target-breaker /chains/0/targets [Switch the breaker off]");
        row("alone at its task",
            R"({"/chains/0/targets/2": null, "/chains/0/targets/1": null,
                "/policy/breaker": {"consecutive_failures": null, "failure_ratio": null}})",
            "no-fallback /chains/0/targets");
        row("alone at pictures", R"({"/chains/0/targets/1/capabilities": ["image"],
                                     "/chains/0/task": "image"})",
            "no-fallback /chains/0/targets");
        row("beyond the total", R"({"/policy/timeouts/first_token_ms": 20000,
                                    "/policy/timeouts/total_ms": 30000})",
            "timeouts-beyond-total /chains/0/policy/timeouts/total_ms [Allow 60 s]");
        row("beyond the total, not shared",
            R"({"/policy/timeouts": {"total_ms": 44000, "share_deadline": false}})",
            "timeouts-beyond-total /chains/0/policy/timeouts/total_ms [Allow 45 s]");
        row("just within the total", R"({"/policy/timeouts/total_ms": 45000})", "");
        row("slow simulated model",
            R"({"/providers/2/base_url": "lab:", "/providers/2/key": "none",
                "/providers/2/model": {"first_token_ms": 8000},
                "/policy/timeouts/first_token_ms": 5000})",
            "first-token-below-latency /chains/0/targets/2/timeouts/first_token_ms [Wait 16 s]");
        row("a model that thinks", R"({"/chains/0/targets/1/model": "gpt-5-mini-2025-08-07"})",
            "first-token-below-latency /chains/0/targets/1/timeouts/first_token_ms [Wait 190 s]");
        row("another model", R"({"/chains/0/targets/1/model": "gpt-5-mini-fast"})", "");
        row("cut by its share", R"({"/chains/0/targets/1/model": "gemini-3.5-flash",
                                    "/policy/timeouts": {"first_token_ms": 15000, "total_ms": 27000}})",
            "timeouts-beyond-total /chains/0/policy/timeouts/total_ms [Allow 45 s]\n"
            "first-token-below-latency /chains/0/targets/1/timeouts/first_token_ms [Wait 20 s]");
        row("provider caps alone", R"({"/policy/budget/per_provider_day_usd": {"a": 1, "b": 2}})",
            "budget-escape /chains/0/targets/2/provider [Cap it at 2 USD]");
        row("provider caps within a cap", R"({"/policy/budget/per_provider_day_usd": {"a": 1},
                                              "/policy/budget/per_day_usd": 3})",
            "");
        row("provider caps that refuse", R"({"/policy/budget/per_provider_day_usd": {"a": 1},
                                             "/policy/budget/on_exceeded": "reject"})",
            "");
        row("budget switched off", R"({"/policy/budget/per_day_usd": 5,
                                       "/chains/0/policy/budget": null})",
            "budget-overridden /chains/0/policy/budget [Keep the budget]");
        row("cap lifted", R"({"/policy/budget/per_day_usd": 5,
                              "/chains/0/policy/budget/per_day_usd": 20})",
            "budget-overridden /chains/0/policy/budget/per_day_usd [Keep the document's cap]");
        row("cap removed", R"({"/policy/budget/per_request_usd": 5,
                               "/chains/0/policy/budget/per_request_usd": null})",
            "budget-overridden /chains/0/policy/budget/per_request_usd [Keep the document's cap]");
        row("cap lowered", R"({"/policy/budget/per_day_usd": 5,
                               "/chains/0/policy/budget/per_day_usd": 2})",
            "");
        row("a provider's cap lifted", R"({"/policy/budget/per_day_usd": 9,
            "/policy/budget/per_provider_day_usd": {"a": 1, "b": 2},
            "/chains/0/policy/budget/per_provider_day_usd": {"a": 3, "b": 1}})",
            "budget-overridden /chains/0/policy/budget/per_provider_day_usd/a [Keep the document's "
            "cap]");
        row("a provider's cap removed", R"({"/policy/budget/per_day_usd": 9,
            "/policy/budget/per_provider_day_usd": {"a": 1, "b": 2},
            "/chains/0/policy/budget/per_provider_day_usd": {"b": null}})",
            "budget-overridden /chains/0/policy/budget/per_provider_day_usd/b [Keep the document's "
            "cap]");
        row("all providers' caps removed", R"({"/policy/budget/per_day_usd": 9,
            "/policy/budget/per_provider_day_usd": {"a": 1, "b": 2},
            "/chains/0/policy/budget/per_provider_day_usd": null})",
            "budget-overridden /chains/0/policy/budget/per_provider_day_usd [Keep the document's "
            "cap]");
        row("providers' caps switched off with the budget",
            R"({"/policy/budget/per_provider_day_usd": {"a": 1, "b": 1, "c": 1},
                "/chains/0/policy/budget": null})",
            "budget-overridden /chains/0/policy/budget [Keep the budget]");
        row("a cap of a provider that is not used here", R"({"/policy/budget/per_day_usd": 9,
            "/policy/budget/per_provider_day_usd": {"c": 1}, "/chains/0/targets/2": null,
            "/chains/0/policy/budget/per_provider_day_usd": {"c": 3}})",
            "");
        row("providers' caps that the chain leaves alone", R"({"/policy/budget/per_day_usd": 9,
            "/policy/budget/per_provider_day_usd": {"a": 1},
            "/chains/0/policy/budget/per_provider_day_usd": {"b": 2}})",
            "");
        row("cheapest with half a price", R"({"/chains/0/strategy": "cheapest",
                                              "/chains/0/targets/1/price": {"input_usd_per_mtok": 1}})",
            "unpriced-under-cheapest /chains/0/targets/1");
        row("no price under a cap", R"({"/policy/budget/per_day_usd": 5,
                                        "/chains/0/targets/1/price": null})",
            "unpriced-under-budget /chains/0/targets/1");
        row("not known, and the cheapest goes first",
            R"({"/chains/0/strategy": "cheapest", "/chains/0/targets/1/model": "m9",
                "/chains/0/targets/1/price": null})",
            "unpriced-under-cheapest /chains/0/targets/1");
        row("not known, but nobody asks what it costs",
            R"({"/chains/0/targets/1/model": "m9", "/chains/0/targets/1/price": null})", "");
        row("half a price under a cap", R"({"/policy/budget/per_day_usd": 5,
                                            "/chains/0/targets/1/price": {"input_usd_per_mtok": 0}})",
            "unpriced-under-budget /chains/0/targets/1");
        row("one target, two prices",
            R"({"/chains/1": {"id": "second", "targets": [{"provider": "a", "model": "m1",
                "price": {"input_usd_per_mtok": 3, "output_usd_per_mtok": 2}}, {"provider": "b",
                "model": "m2"}]}})",
            "two-prices /chains/1/targets/0/price [Leave it to chain default]");
        row("dear fallback",
            R"({"/chains/0/targets/1/price": {"input_usd_per_mtok": 6, "output_usd_per_mtok": 11}})",
            "expensive-fallback /chains/0/targets/1/price");
        row("five times is not more",
            R"({"/chains/0/targets/1/price": {"input_usd_per_mtok": 5, "output_usd_per_mtok": 10}})",
            "");
        row("dear and weighted", R"({"/chains/0/strategy": "weighted",
            "/chains/0/targets/1/price": {"input_usd_per_mtok": 6, "output_usd_per_mtok": 11}})",
            "");
        row("weights", R"({"/chains/0/targets/1/weight": 3})",
            "weights-without-strategy /chains/0/targets/1/weight [Remove the weights]");
        row("weights of weighted",
            R"({"/chains/0/targets/1/weight": 3, "/chains/0/strategy": "weighted"})", "");
        row("a target's attempts in all", R"({"/chains/0/targets/0/retry/max_attempts": 3})",
            "setting-without-effect /chains/0/targets/0/retry/max_attempts [Remove it]");
        row("a target's retry budget", R"({"/chains/0/targets/0/retry/budget": {"ratio": 0.1}})",
            "setting-without-effect /chains/0/targets/0/retry/budget [Remove it]");
        row("a target's total", R"({"/chains/0/targets/0/timeouts/total_ms": 3000})",
            "setting-without-effect /chains/0/targets/0/timeouts/total_ms [Remove it]");
        row("a target's share", R"({"/chains/0/targets/0/timeouts/share_deadline": false})",
            "setting-without-effect /chains/0/targets/0/timeouts/share_deadline [Remove it]");
        row("a ratio of nothing", R"({"/chains/0/policy/breaker/slow_call_ratio": 0.5})",
            "setting-without-effect /chains/0/policy/breaker/slow_call_ratio [Remove it]");
        row("a factor of nothing",
            R"({"/chains/0/policy/retry/backoff": {"kind": "fixed", "factor": 3}})",
            "setting-without-effect /chains/0/policy/retry/backoff/factor [Remove it]");
        row("another chain's breaker",
            R"({"/chains/1": {"id": "second", "targets": [{"provider": "b", "model": "m2"},
                                                        {"provider": "c", "model": "m3"}],
                              "policy": {"breaker": {"consecutive_failures": 9}}}})",
            "breaker-of-another-chain /chains/1/policy/breaker");
    }
    void warnings() {
        QFETCH(QString, changes);
        QFETCH(QString, expected);
        const Json json = changed(Json::parse(changes.toStdString()));
        const Document document = read(json);
        const auto found = lint(document, json);
        QCOMPARE(listed(found), expected);
        for (const Warning& warning : found) {
            QVERIFY(!warning.message.empty() && !warning.remedy.empty());
            if (warning.fix)
                QCOMPARE(broken_promise(json, warning), QString());
        }
        // The proposals are the same warnings.
        QCOMPARE(lint(document).size(), found.size());
    }

    void theDemoIsClean() {
        const Json json = *parse_json(demo_chain_text(), "demo");
        QCOMPARE(listed(lint(read(json), json)), QString());
    }

    void messagesNameWhatTheyAreAbout() {
        const Json json = changed(Json::parse(R"({"/chains/0/targets/1/model": "gpt-5-mini"})"));
        const auto found = lint(read(json), json);
        QCOMPARE(QString::fromStdString(found.at(0).message),
                 QString("b/gpt-5-mini is given 15 s for the first token, and gpt-5-mini usually "
                         "takes 95 s (Artificial Analysis, July 2026, thinking included)"));
        const Problem problem = found[0].problem("x.json");
        QVERIFY(problem.severity == Problem::Severity::warning);
        QCOMPARE(problem.pointer, found[0].pointer);
    }

    void everyFixOfRandomChainsKeepsItsPromise() {
        int fixes = 0, withheld = 0, documents = 0;
        std::set<std::string> codes;
        for (std::uint64_t seed = 0; seed < 1000; ++seed) {
            Rng rng(seed + 9000);
            const Json json = random::document(rng, random::Taste::exotic);
            const auto proposed = lint(read(json));
            const auto found = lint(read(json), json);
            ++documents;
            for (std::size_t i = 0; i < found.size(); ++i) {
                codes.insert(found[i].code);
                withheld += proposed[i].fix && !found[i].fix;
                if (!found[i].fix)
                    continue;
                ++fixes;
                const QString wrong = broken_promise(json, found[i]);
                QVERIFY2(
                    wrong.isEmpty(),
                    qPrintable(
                        QString("seed %1: %2 of %3").arg(seed).arg(wrong, found[i].code.c_str())));
            }
        }
        qInfo("%d documents, %zu codes, %d fixes hold, %d are withheld", documents, codes.size(),
              fixes, withheld);
        QVERIFY(fixes > 500 && codes.size() >= 10);
    }

    void aFixOfAPlaceThatIsGoneIsAnError() {
        QVERIFY(!apply_fix(clean(), {"", {{"/chains/7/targets/0", {}}}}));
        QVERIFY(!apply_fix(clean(), {"", {{"", Json(1)}}}));
        QCOMPARE(*apply_fix(clean(), {"", {{"/chains/0/policy/retry/max_attempts", {}}}}), clean());
    }
};

QTEST_APPLESS_MAIN(TestLint)
#include "test_lint.moc"
