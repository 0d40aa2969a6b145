// The policy table: every row is read, refused out of range, inherited level by level, and reaches
// the engine; its defaults are the engine's.
#include "chain/document.h"
#include "chain/edit.h"
#include "chain/policy_table.h"

#include <QtTest>

#include <algorithm>
#include <set>

using namespace brownout;
using namespace brownout::chain;

namespace {

Json base_document() {
    return Json::parse(
        "{\"format\":\"brownout.chain/1\",\"providers\":["
        "{\"id\":\"a\",\"dialect\":\"openai\",\"base_url\":\"lab:\"},"
        "{\"id\":\"b\",\"dialect\":\"openai\",\"base_url\":\"lab:\"}],"
        "\"chains\":[{\"id\":\"default\",\"targets\":[{\"provider\":\"a\",\"model\":\"m\"},"
        "{\"provider\":\"b\",\"model\":\"m\"}]}]}");
}

// Two values that differ from the default and from each other.
std::pair<Json, Json> two_values(const PolicyRow& row) {
    switch (row.kind) {
    case RowKind::boolean:
        return {!Json::parse(row.default_json).get<bool>(),
                Json::parse(row.default_json).get<bool>()};
    case RowKind::choice: {
        std::vector<std::string> others;
        for (const auto choice : row.choices)
            if (Json(std::string(choice)) != Json::parse(row.default_json))
                others.emplace_back(choice);
        return {others.front(),
                others.size() > 1 ? Json(others[1]) : Json::parse(row.default_json)};
    }
    case RowKind::commit:
        return {Json{{"tokens", 7}}, "complete"};
    case RowKind::amounts:
        return {Json{{"a", 1.5}}, Json{{"b", 2}}};
    case RowKind::group:
        return {row.pointer == "hedge" ? Json{{"after_ms", 800}} : Json::object(), nullptr};
    case RowKind::integer:
        return {row.range.high < 4 ? 2 : 7, row.range.high < 4 ? 3 : 9};
    default:
        return {row.range.high <= 1 ? 0.25 : 7.0, row.range.high <= 1 ? 0.75 : 9.0};
    }
}

// A level with one row set, with what its group needs besides.
Json level_with(const PolicyRow& row, const Json& value) {
    Json level = Json::object();
    if (row.pointer == "hedge/max_extra")
        level["hedge"]["after_ms"] = 1;
    level[Json::json_pointer("/" + std::string(row.pointer))] = value;
    return level;
}

// Everything a policy says, to compare two of them.
std::string fingerprint(const engine::Policy& p) {
    std::string out;
    const auto put = [&](auto x) { out += std::to_string(x) + " "; };
    const auto put_maybe = [&](const auto& x, auto get) {
        out += x ? std::to_string(get(*x)) + " " : "- ";
    };
    const auto ns = [](Duration d) { return d.count(); };
    const auto pico = [](Money m) { return m.pico_usd; };
    const auto self = [](auto x) { return x; };
    put(p.retry.attempts_per_target), put(p.retry.max_attempts);
    put(static_cast<int>(p.retry.backoff.kind)), put(ns(p.retry.backoff.base));
    put(p.retry.backoff.factor), put(ns(p.retry.backoff.cap));
    put(static_cast<int>(p.retry.backoff.jitter)), put(p.retry.honour_retry_after);
    put(ns(p.retry.max_wait)), put(p.retry.budget.has_value());
    if (p.retry.budget)
        put(p.retry.budget->ratio), put(p.retry.budget->min_per_s), put(ns(p.retry.budget->ttl));
    put(ns(p.timeouts.connect)), put(ns(p.timeouts.first_token)), put(ns(p.timeouts.stall));
    put(ns(p.timeouts.attempt)), put(ns(p.timeouts.total)), put(p.timeouts.share_deadline);
    put_maybe(p.breaker.consecutive_failures, self), put_maybe(p.breaker.failure_ratio, self);
    put(p.breaker.minimum_requests), put(ns(p.breaker.window));
    put_maybe(p.breaker.slow_call, ns), put(p.breaker.slow_call_ratio), put(ns(p.breaker.open));
    put(p.breaker.open_growth), put(ns(p.breaker.open_cap)), put(p.breaker.half_open_probes);
    put(p.breaker.close_after_successes), put(static_cast<int>(p.breaker.when_all_open));
    put(p.hedge.has_value());
    if (p.hedge)
        put_maybe(p.hedge->delay, ns), put_maybe(p.hedge->quantile, self), put(p.hedge->max_extra);
    put(p.budget.has_value());
    if (p.budget) {
        put_maybe(p.budget->per_request, pico), put_maybe(p.budget->per_hour, pico);
        put_maybe(p.budget->per_day, pico), put(static_cast<int>(p.budget->on_exceeded));
        for (const auto& cap : p.budget->per_provider_day)
            put_maybe(cap, pico);
    }
    put(p.minimum_quality), put(static_cast<int>(p.commit_after.when)), put(p.commit_after.tokens);
    put(static_cast<int>(p.on_broken_stream)), put(static_cast<int>(p.on_moderation));
    put(static_cast<int>(p.on_context_exceeded)), put(static_cast<int>(p.on_bad_key));
    put(static_cast<int>(p.on_model_missing)), put(ns(p.disable));
    put(static_cast<int>(p.resend_after_ambiguous_failure));
    return out;
}

engine::Policy policy_of(const Json& json, bool of_target = false) {
    const auto read = read_document(json, "");
    if (!read.ok())
        qFatal("%s", read.problems[0].text().c_str());
    const Chain& chain = read.value->chains[0];
    return of_target ? effective_policy(*read.value, chain, chain.targets[0])
                     : effective_policy(*read.value, chain);
}

} // namespace

class TestChainPolicy : public QObject {
    Q_OBJECT
    void rows() {
        QTest::addColumn<QByteArray>("pointer");
        for (const PolicyRow& row : policy_table())
            QTest::newRow(std::string(row.pointer).c_str())
                << QByteArray(row.pointer.data(), static_cast<qsizetype>(row.pointer.size()));
    }
  private Q_SLOTS:
    void table() {
        std::set<std::string_view> seen;
        for (const PolicyRow& row : policy_table()) {
            QVERIFY(seen.insert(row.pointer).second);
            QVERIFY(row.parent().empty() || seen.contains(row.parent())); // groups come first
            QVERIFY(!row.label.empty() && row.help.ends_with('.') && row.apply);
            QVERIFY(parse_json(row.default_json, ""));
            QCOMPARE(row.kind == RowKind::choice || row.kind == RowKind::commit,
                     !row.choices.empty());
            QCOMPARE(row.kind == RowKind::duration, row.unit == "ms" || row.unit == "s");
        }
        QCOMPARE(policy_row("retry/backoff/jitter")->label, std::string_view("Jitter"));
        QVERIFY(!policy_row("retry/jitter"));
    }

    // The defaults of the table, written out, change nothing.
    void defaults_are_the_engines() {
        Json written = Json::object();
        for (const PolicyRow& row : policy_table())
            if (row.kind != RowKind::group && !Json::parse(row.default_json).is_null() &&
                !row.pointer.starts_with("retry/budget") && !row.pointer.starts_with("hedge") &&
                !row.pointer.starts_with("budget"))
                written[Json::json_pointer("/" + std::string(row.pointer))] =
                    Json::parse(row.default_json);
        Json json = base_document();
        json["policy"] = written;
        QCOMPARE(fingerprint(policy_of(json)), fingerprint(engine::Policy{}));
        // Groups that are off by default, switched on: their rows' defaults.
        json["policy"] = Json::parse("{\"retry\":{\"budget\":{}},\"budget\":{}}");
        engine::Policy wanted;
        wanted.retry.budget.emplace();
        wanted.budget.emplace();
        QCOMPARE(fingerprint(policy_of(json)), fingerprint(wanted));
        json["policy"] =
            Json::parse("{\"retry\":{\"budget\":{\"ratio\":0.2,\"min_per_s\":1,\"ttl_s\":10}},"
                        "\"budget\":{\"per_hour_usd\":null,\"on_exceeded\":\"skip_target\"}}");
        QCOMPARE(fingerprint(policy_of(json)), fingerprint(wanted));
    }

    void each_row_data() { rows(); }
    // Set for the document it reaches the engine; set for the chain it wins; left out it is
    // inherited; set for a target it wins there, where a target may set it at all.
    void each_row() {
        QFETCH(QByteArray, pointer);
        const PolicyRow& row = *policy_row(pointer.toStdString());
        const auto [one, two] = two_values(row);
        const bool plain_group = row.kind == RowKind::group && !row.nullable;
        const std::string none = fingerprint(policy_of(base_document()));
        Json json = base_document();
        json["policy"] = level_with(row, one);
        const std::string document = fingerprint(policy_of(json));
        QCOMPARE(document == none, plain_group);
        json["chains"][0]["policy"] = Json::object();
        QCOMPARE(fingerprint(policy_of(json)), document);
        if (plain_group)
            return;
        json["chains"][0]["policy"] = level_with(row, two);
        const std::string chain = fingerprint(policy_of(json));
        QVERIFY(chain != document);
        json["policy"] = Json::object();
        if (row.kind != RowKind::amounts)
            QCOMPARE(fingerprint(policy_of(json)), chain);

        json = base_document();
        json["chains"][0]["targets"][0].update(level_with(row, one));
        const auto read = read_document(json, "");
        QCOMPARE(read.ok(), row.allowed_at(PolicyLevel::target));
        if (read.ok())
            QCOMPARE(fingerprint(policy_of(json, true)) == none, row.whole_request);
    }

    void wrong_values_data() { rows(); }
    void wrong_values() {
        QFETCH(QByteArray, pointer);
        const PolicyRow& row = *policy_row(pointer.toStdString());
        std::vector<Json> wrong{Json::array(), true,    "certainly not", -1,
                                1e300,         nullptr, Json{{"x", "y"}}};
        for (const Json& value : wrong) {
            if ((value.is_null() && row.nullable) ||
                (value.is_boolean() && row.kind == RowKind::boolean))
                continue;
            Json json = base_document();
            json["policy"] = level_with(row, value);
            const auto read = read_document(json, "");
            QVERIFY2(!read.ok(), value.dump().c_str());
            const std::string at = "/policy/" + pointer.toStdString();
            QVERIFY2(std::any_of(read.problems.begin(), read.problems.end(),
                                 [&](const Problem& p) { return p.pointer.starts_with(at); }),
                     read.problems[0].text().c_str());
        }
    }

    void inspector_data() { rows(); }
    // What the inspector shows and sets: the pure edits agree with the engine's view.
    void inspector() {
        QFETCH(QByteArray, pointer);
        const std::string at = pointer.toStdString();
        const PolicyRow& row = *policy_row(at);
        if (row.kind == RowKind::group || row.pointer.starts_with("hedge"))
            return;
        const auto [one, two] = two_values(row);
        const Json start = base_document();
        const PolicyPlace document, chain{"default", -1}, target{"default", 0};
        const Json one_set = *set_policy(start, document, at, one);
        QCOMPARE(canonical_json(*policy_at(one_set, chain, at)), canonical_json(one));
        QCOMPARE(canonical_json(*inherited_policy(one_set, chain, at)), canonical_json(one));
        QCOMPARE(*set_policy(one_set, chain, at, one), one_set); // inherited: not written
        const Json two_set = *set_policy(one_set, chain, at, two);
        QCOMPARE(canonical_json(*policy_at(two_set, chain, at)), canonical_json(two));
        QCOMPARE(canonical_json(*policy_at(two_set, document, at)), canonical_json(one));
        QCOMPARE(*set_policy(two_set, chain, at, one), one_set); // back to what is inherited
        QCOMPARE(*reset_policy(two_set, chain, at), one_set);
        QCOMPARE(*reset_policy(one_set, document, at), start);
        const auto of_target = set_policy(start, target, at, one);
        QCOMPARE(of_target.has_value(), row.allowed_at(PolicyLevel::target) && !row.whole_request);
        if (of_target)
            QCOMPARE(fingerprint(policy_of(*of_target, true)), fingerprint(policy_of(one_set)));
    }

    void hedge() {
        Json json = base_document();
        json["policy"] = Json::parse("{\"hedge\":{\"after_ms\":800,\"max_extra\":2}}");
        json["chains"][0]["policy"] = Json::parse("{\"hedge\":{\"after_quantile\":0.95}}");
        const auto p = policy_of(json);
        QVERIFY(!p.hedge->delay && *p.hedge->quantile == 0.95);
        QCOMPARE(p.hedge->max_extra, 2);
        QVERIFY(policy_at(json, {"default", -1}, "hedge/after_ms")->is_null());
        json["chains"][0]["policy"] = Json::parse("{\"hedge\":null}");
        QVERIFY(!policy_of(json).hedge);
        const Json other = *set_policy(*set_policy(base_document(), {}, "hedge/after_ms", 800), {},
                                       "hedge/after_quantile", 0.9);
        QCOMPARE(other["policy"].dump(), std::string("{\"hedge\":{\"after_quantile\":0.9}}"));
    }
};

QTEST_APPLESS_MAIN(TestChainPolicy)
#include "test_chain_policy.moc"
