#include "record/compare.h"

#include "record/compare_paired.h"
#include "record/report_words.h"
#include "stats/interval.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace brownout::record {

using chain::Json;

namespace {

struct Figure {
    std::optional<double> value, low, high;
};

std::optional<double> number(const Json& value) {
    return value.is_number() ? std::optional{value.get<double>()} : std::nullopt;
}

Json maybe(const std::optional<double>& value) {
    return value ? Json(std::round(*value * 1e9) / 1e9) : Json(nullptr);
}

Figure plain(const Json& value) {
    return {number(value), {}, {}};
}

// The mean over the runs of a simulation, with its interval; nothing where there is none.
std::optional<Figure> per_run(const Json& report, const std::string& key, double times = 1) {
    const Json& interval = field(field(report, "per_run"), key.c_str());
    const auto mean = number(field(interval, "mean")), low = number(field(interval, "low")),
               high = number(field(interval, "high"));
    if (!mean || !low || !high)
        return std::nullopt;
    return Figure{*mean * times, *low * times, *high * times};
}

Figure latency(const Json& report, const char* group, const char* quantile) {
    const Figure one = plain(field(field(report, group), quantile));
    if (group != std::string_view("latency_ms"))
        return one;
    return per_run(report, "latency_" + std::string{quantile} + "_ms").value_or(one);
}

Figure availability_figure(const Json& report) {
    const Json& interval = field(report, "availability");
    return {number(field(interval, "value")), number(field(interval, "low")),
            number(field(interval, "high"))};
}

// `part` of the requests.
Figure share(const Json& report, const char* part) {
    const auto of = number(field(report, part)), all = number(field(report, "requests"));
    if (!of || !all || *all <= 0 || *of > *all)
        return {};
    const auto wilson =
        stats::wilson(static_cast<std::uint64_t>(*of), static_cast<std::uint64_t>(*all));
    return {wilson.value, wilson.low, wilson.high};
}

Figure per_request(const Json& report, const char* sum, double times = 1) {
    if (const auto mean = per_run(report, std::string{sum} + "_per_request", times))
        return *mean;
    const auto of = number(field(report, sum)), all = number(field(report, "requests"));
    if (!of || !all || *all <= 0)
        return {};
    const auto runs = number(field(report, "runs"));
    if (const auto mean = runs ? per_run(report, sum, times * *runs / *all) : std::nullopt)
        return *mean;
    return {*of / *all * times, {}, {}};
}

Json figure_json(const Figure& f) {
    Json json = {{"value", maybe(f.value)}};
    if (f.low && f.high) {
        json["low"] = maybe(f.low);
        json["high"] = maybe(f.high);
    }
    return json;
}

Json compared(const char* name, const char* unit, bool higher_is_better, const Figure& a,
              const Figure& b) {
    Json row = {{"figure", name},
                {"unit", unit},
                {"better", higher_is_better ? "higher" : "lower"},
                {"a", figure_json(a)},
                {"b", figure_json(b)},
                {"difference", nullptr},
                {"change", "unknown"},
                {"intervals_overlap", nullptr}};
    if (a.value && b.value) {
        const double difference = *b.value - *a.value;
        row["difference"] = maybe(difference);
        row["change"] = difference == 0                        ? "same"
                        : (difference > 0) == higher_is_better ? "better"
                                                               : "worse";
    }
    if (a.low && a.high && b.low && b.high)
        row["intervals_overlap"] = *a.low <= *b.high && *b.low <= *a.high;
    return row;
}

Json paired_json(const std::optional<stats::Interval>& difference) {
    if (!difference)
        return nullptr;
    return {{"mean", maybe(difference->value)},
            {"low", maybe(difference->low)},
            {"high", maybe(difference->high)},
            {"method", std::string{"paired "} + difference->method}};
}

// What runs sum up to, as a figure of 1000 requests.
double per_thousand(const Json& report) {
    const auto all = number(field(report, "requests")), runs = number(field(report, "runs"));
    return all && runs && *all > 0 ? *runs / *all * 1000 : 0;
}

void pair_up(Json& rows, const Json& a, const Json& b) {
    const std::pair<const char*, const char*> by_run[] = {
        {"availability", "availability"},
        {"latency_ms p50", "latency_p50_ms"},
        {"latency_ms p95", "latency_p95_ms"},
        {"latency_ms p99", "latency_p99_ms"},
        {"attempts_per_request", "attempts_per_request"}};
    for (Json& row : rows) {
        row["paired"] = nullptr;
        for (const auto& [figure, key] : by_run)
            if (row["figure"] == figure)
                row["paired"] = paired_json(paired_difference(a, b, key));
        if (row["figure"] == "spend_usd per 1000 requests")
            row["paired"] =
                paired_json(paired_difference(a, b, "spend_usd", per_thousand(a), per_thousand(b)));
    }
}

Json figures(const Json& a, const Json& b) {
    Json rows = Json::array();
    rows.push_back(
        compared("availability", "", true, availability_figure(a), availability_figure(b)));
    rows.push_back(
        compared("truncated_ratio", "", false, share(a, "truncated"), share(b, "truncated")));
    for (const char* group : {"latency_ms", "first_token_ms"})
        for (const char* quantile : {"p50", "p95", "p99"})
            rows.push_back(compared((std::string{group} + " " + quantile).c_str(), "ms", false,
                                    latency(a, group, quantile), latency(b, group, quantile)));
    rows.push_back(compared("attempts_per_request", "", false, per_request(a, "attempts"),
                            per_request(b, "attempts")));
    rows.push_back(
        compared("fallback_ratio", "", false, share(a, "fallbacks"), share(b, "fallbacks")));
    rows.push_back(compared("spend_usd per 1000 requests", "USD", false,
                            per_request(a, "spend_usd", 1000), per_request(b, "spend_usd", 1000)));
    rows.push_back(compared("wasted_usd per 1000 requests", "USD", false,
                            per_request(a, "wasted_usd", 1000),
                            per_request(b, "wasted_usd", 1000)));
    pair_up(rows, a, b);
    return rows;
}

Json served_share(const Json& report, const std::string& target) {
    const auto all = number(field(report, "requests"));
    const Json& targets = field(report, "targets");
    if (targets.is_array() && all && *all > 0)
        for (const Json& t : targets)
            if (word(t, "target") == target)
                return maybe(number(field(t, "served")).value_or(0) / *all);
    return nullptr;
}

Json targets(const Json& a, const Json& b) {
    Json rows = Json::array();
    std::set<std::string> seen;
    for (const Json* report : {&a, &b}) {
        if (!field(*report, "targets").is_array())
            continue;
        for (const Json& t : field(*report, "targets")) {
            const std::string name = word(t, "target");
            if (seen.insert(name).second)
                rows.push_back(
                    {{"target", name}, {"a", served_share(a, name)}, {"b", served_share(b, name)}});
        }
    }
    return rows;
}

Json judged(const Json& report, const std::string& expectation) {
    if (field(report, "expectations").is_array())
        for (const Json& e : field(report, "expectations"))
            if (expectation_text(e) == expectation)
                return {{"observed", field(e, "observed")}, {"pass", field(e, "pass") == true}};
    return nullptr;
}

Json expectations(const Json& a, const Json& b) {
    Json rows = Json::array();
    std::set<std::string> seen;
    for (const Json* report : {&a, &b}) {
        if (!field(*report, "expectations").is_array())
            continue;
        for (const Json& e : field(*report, "expectations")) {
            const std::string text = expectation_text(e);
            if (seen.insert(text).second)
                rows.push_back(
                    {{"expectation", text}, {"a", judged(a, text)}, {"b", judged(b, text)}});
        }
    }
    return rows;
}

Json head(const Json& report) {
    return {{"scenario", word(field(report, "scenario"), "name")},
            {"mode", word(report, "mode")},
            {"partial", field(report, "partial") == true},
            {"seed", field(report, "seed")},
            {"requests", field(report, "requests")},
            {"chain_sha256", word(report, "chain_sha256")},
            {"engine_version", word(report, "engine_version")}};
}

Json notes(const Json& a, const Json& b) {
    Json out = Json::array();
    const auto differ = [&](const char* key, const char* sentence) {
        if (field(a, key) != field(b, key))
            out.push_back(sentence);
    };
    differ("scenario", "they played different scenarios");
    differ("chain_sha256", "they tested different chains, or one that was edited between");
    differ("mode", "one was rehearsed by the clock, the other simulated");
    differ("seed", "their seeds differ, and so do their requests");
    differ("engine_version", "different versions of the engine made them");
    if (field(a, "partial") == true || field(b, "partial") == true)
        out.push_back("a run that was stopped before its end says little");
    const std::size_t pairs = paired_runs(a, b);
    if (pairs > 1)
        out.push_back("same seed and scenario: the runs of both met the same requests and outages, "
                      "so the difference is judged run by run, over " +
                      std::to_string(pairs) + " pairs");
    else if (same_draws(a, b))
        out.push_back("same seed and scenario: both met the same requests and outages; simulate "
                      "both with --runs 2 or more for an interval of the difference");
    return out;
}

std::string shown(const Json& figure, bool is_share) {
    const auto value = number(field(figure, "value"));
    if (!value)
        return "-";
    const auto text = [&](const Json& v) {
        return is_share ? number_text(v, "%.4f") : number_text(v, "%.5g");
    };
    std::string out = text(field(figure, "value"));
    if (number(field(figure, "low")) && number(field(figure, "high")))
        out += " (" + text(field(figure, "low")) + " to " + text(field(figure, "high")) + ")";
    return out;
}

std::string difference(const Json& row, bool is_share) {
    if (!field(row, "difference").is_number())
        return "-";
    return number_text(field(row, "difference"), is_share ? "%+.4f" : "%+.5g");
}

std::string change(const Json& row, bool is_share) {
    const std::string word_of = word(row, "change");
    if (word_of == "same" || word_of == "unknown")
        return word_of;
    if (const Json& paired = field(row, "paired"); paired.is_object()) {
        const char* format = is_share ? "%+.4f" : "%+.5g";
        const auto low = number(field(paired, "low")), high = number(field(paired, "high"));
        const bool either = low && high && *low <= 0 && *high >= 0;
        return word_of + (either ? ", may be chance: " : ": ") + "run by run " +
               number_text(field(paired, "low"), format) + " to " +
               number_text(field(paired, "high"), format);
    }
    if (field(row, "intervals_overlap") == true)
        return word_of + ", may be chance: the intervals overlap";
    if (field(row, "intervals_overlap") == false)
        return word_of + ", the intervals are apart";
    return word_of;
}

std::string expected(const Json& judged) {
    if (!judged.is_object())
        return "not asked";
    return std::string{field(judged, "pass") == true ? "pass, " : "FAIL, "} + observed_text(judged);
}

std::string title(const char* letter, const std::string& name, const Json& head) {
    return std::string{letter} + "  " + name + ": " + word(head, "scenario") + ", " +
           word(head, "mode") + ", seed " + field(head, "seed").dump() + ", " +
           short_number(field(head, "requests")) + " requests" +
           (field(head, "partial") == true ? ", PARTIAL" : "") + "\n";
}

// One string for the last column, left of nothing: tables align it to the right otherwise.
std::string with_changes(const std::vector<std::vector<std::string>>& rows,
                         const std::vector<std::string>& changes) {
    std::string out, table = text_table(rows);
    std::size_t at = 0, longest = 0;
    std::vector<std::string> lines;
    while (at < table.size()) {
        const std::size_t end = table.find('\n', at);
        lines.push_back(table.substr(at, end - at));
        longest = std::max(longest, lines.back().size());
        at = end + 1;
    }
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += lines[i] + std::string(longest - lines[i].size() + 2, ' ') + changes[i] + "\n";
    return out;
}

} // namespace

Json compare_reports(const Json& a, const Json& b) {
    return {{"a", head(a)},
            {"b", head(b)},
            {"figures", figures(a, b)},
            {"paired_runs", paired_runs(a, b)},
            {"targets", targets(a, b)},
            {"expectations", expectations(a, b)},
            {"notes", notes(a, b)}};
}

std::string comparison_text(const Json& comparison, const std::string& name_a,
                            const std::string& name_b) {
    std::string out =
        title("A", name_a, field(comparison, "a")) + title("B", name_b, field(comparison, "b"));
    for (const Json& note : field(comparison, "notes"))
        out += "   note: " + note.get<std::string>() + "\n";

    std::vector<std::vector<std::string>> rows{{"", "A", "B", "B - A"}};
    std::vector<std::string> changes{"B is"};
    for (const Json& row : field(comparison, "figures")) {
        const std::string name = word(row, "figure");
        const bool is_share = name == "availability" || name.ends_with("_ratio");
        rows.push_back({name, shown(field(row, "a"), is_share), shown(field(row, "b"), is_share),
                        difference(row, is_share)});
        changes.push_back(change(row, is_share));
    }
    out += "\n" + with_changes(rows, changes);

    rows = {{"served by", "A", "B"}};
    const auto percent = [](const Json& v) {
        return v.is_number() ? number_text(Json(v.get<double>() * 100), "%.1f %%") : "-";
    };
    for (const Json& row : field(comparison, "targets"))
        rows.push_back({word(row, "target"), percent(field(row, "a")), percent(field(row, "b"))});
    out += "\n" + text_table(rows);

    rows = {{"expectation", "A", "B"}};
    for (const Json& row : field(comparison, "expectations"))
        rows.push_back(
            {word(row, "expectation"), expected(field(row, "a")), expected(field(row, "b"))});
    return rows.size() == 1 ? out : out + "\n" + text_table(rows);
}

} // namespace brownout::record
