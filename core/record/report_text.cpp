#include "record/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::record {

namespace {

using chain::Json;

const Json& at(const Json& object, const char* key) {
    static const Json nothing;
    if (!object.is_object())
        return nothing;
    const auto found = object.find(key);
    return found == object.end() ? nothing : *found;
}

std::string word(const Json& object, const char* key) {
    const Json& value = at(object, key);
    return value.is_string() ? value.get<std::string>() : std::string{};
}

std::string number(const Json& value, const char* format) {
    if (!value.is_number())
        return "-";
    char text[64];
    std::snprintf(text, sizeof text, format, value.get<double>());
    return text;
}

// "0.0123": six significant digits at most, no exponent for what people pay.
std::string money(const Json& value) {
    if (!value.is_number())
        return "unknown";
    const double usd = value.get<double>();
    char text[64];
    std::snprintf(text, sizeof text, std::fabs(usd) >= 1 ? "%.2f" : "%.6f", usd);
    return text;
}

std::string spent(const Json& value) {
    return value.is_number() ? money(value) + " USD" : money(value);
}

std::string short_number(const Json& value) {
    return number(value, "%.6g");
}

// Cells of one table; the first column is left-aligned, the others right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i >= widths.size())
                widths.push_back(0);
            widths[i] = std::max(widths[i], row[i].size());
        }
    std::string out;
    for (const auto& row : rows) {
        std::string line = "  ";
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string pad(widths[i] - row[i].size(), ' ');
            line += i == 0 ? row[i] + pad : "  " + pad + row[i];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string expectation_text(const Json& e) {
    std::string text = word(e, "metric");
    if (at(e, "quantile").is_number()) {
        const double percent = at(e, "quantile").get<double>() * 100;
        char quantile[32];
        std::snprintf(quantile, sizeof quantile, " p%g", percent);
        text += quantile;
    }
    if (const auto target = word(e, "target"); !target.empty())
        text += " " + target;
    if (at(e, "at_least").is_number())
        text += " at least " + short_number(at(e, "at_least"));
    if (at(e, "at_most").is_number())
        text += " at most " + short_number(at(e, "at_most"));
    return text;
}

std::string observed_text(const Json& e) {
    return at(e, "observed").is_number() ? short_number(at(e, "observed")) : "never observed";
}

std::string breaker_text(const Json& target) {
    std::string text;
    if (!at(target, "breaker").is_array())
        return text;
    for (const auto& row : at(target, "breaker")) {
        if (text.size() > 60)
            return text + " ...";
        text +=
            (text.empty() ? "" : ", ") + word(row, "to") + " " + number(at(row, "at_s"), "%.1f s");
    }
    return text;
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        default: // other control characters cannot stand in XML at all
            out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return out;
}

std::string figures(const Json& report) {
    const auto latency = [&](const char* key) {
        const Json& l = at(report, key);
        return std::vector<std::string>{number(at(l, "p50"), "%.0f"), number(at(l, "p95"), "%.0f"),
                                        number(at(l, "p99"), "%.0f"), number(at(l, "max"), "%.0f"),
                                        number(at(l, "mean"), "%.0f")};
    };
    std::vector<std::vector<std::string>> rows{{"ms", "p50", "p95", "p99", "max", "mean"}};
    for (const auto& [label, key] :
         {std::pair{"latency", "latency_ms"}, std::pair{"first token", "first_token_ms"}}) {
        rows.push_back({label});
        for (auto& cell : latency(key))
            rows.back().push_back(std::move(cell));
    }
    std::string out;
    out += "  requests " + short_number(at(report, "requests")) + ", succeeded " +
           short_number(at(report, "succeeded")) + ", failed " +
           short_number(at(report, "failed")) + ", truncated " +
           short_number(at(report, "truncated")) + "\n";
    const Json& interval = at(report, "availability");
    out += "  availability " + short_number(at(interval, "value")) +
           " (95 %: " + short_number(at(interval, "low")) + " to " +
           short_number(at(interval, "high")) + ")\n";
    out += "  attempts " + short_number(at(report, "attempts")) + ", fallbacks " +
           short_number(at(report, "fallbacks")) + ", hedges " +
           short_number(at(report, "hedges")) + "\n";
    out += "  spend " + spent(at(report, "spend_usd")) + ", of it wasted " +
           spent(at(report, "wasted_usd")) + "\n";
    const Json& checks = at(report, "health_checks");
    if (at(checks, "made").is_number() && at(checks, "made") != 0)
        out += "  health checks " + short_number(at(checks, "made")) + ", failed " +
               short_number(at(checks, "failed")) + ", spend " + spent(at(checks, "spend_usd")) +
               " (counted as wasted)\n";
    return out + "\n" + table(rows);
}

} // namespace

std::string report_table(const Json& report) {
    std::string out = word(at(report, "scenario"), "name");
    out = (out.empty() ? "run" : out) + ": " + word(report, "mode") + ", " +
          number(at(report, "virtual_s"), "%.1f s") + ", seed " + at(report, "seed").dump();
    if (at(report, "partial") == true)
        out += ", PARTIAL: it was stopped before its end";
    out += "\n\n" + figures(report) + "\n";

    std::vector<std::vector<std::string>> rows{
        {"target", "attempts", "ok", "failed", "served", "p50 ms", "p95 ms", "USD"}};
    std::string lanes;
    if (at(report, "targets").is_array())
        for (const auto& t : at(report, "targets")) {
            const bool real = word(t, "was") == "real";
            rows.push_back(
                {word(t, "target") + (real ? " (real)" : ""), short_number(at(t, "attempts")),
                 short_number(at(t, "succeeded")), short_number(at(t, "failed")),
                 short_number(at(t, "served")), number(at(at(t, "latency_ms"), "p50"), "%.0f"),
                 number(at(at(t, "latency_ms"), "p95"), "%.0f"), money(at(t, "spend_usd"))});
            if (const auto lane = breaker_text(t); !lane.empty())
                lanes += "  breaker of " + word(t, "target") + ": " + lane + "\n";
        }
    out += table(rows) + lanes;

    if (at(report, "expectations").is_array() && !at(report, "expectations").empty()) {
        out += "\n";
        for (const auto& e : at(report, "expectations"))
            out += std::string{at(e, "pass") == true ? "  pass  " : "  FAIL  "} +
                   expectation_text(e) + ": " + observed_text(e) + "\n";
    }
    if (at(report, "notes").is_array())
        for (const auto& note : at(report, "notes"))
            if (note.is_string())
                out += "  note: " + note.get<std::string>() + "\n";
    return out;
}

std::string junit_xml(const Json& report) {
    std::string cases;
    int tests = 0, failures = 0;
    const std::string scenario = xml_escaped(word(at(report, "scenario"), "name"));
    const Json& list = at(report, "expectations");
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
        const Json& e = list[i];
        ++tests;
        cases += "    <testcase classname=\"" + scenario + "\" name=\"" +
                 xml_escaped(expectation_text(e)) + "\"";
        if (at(e, "pass") == true) {
            cases += "/>\n";
            continue;
        }
        ++failures;
        cases += ">\n      <failure message=\"observed: " + xml_escaped(observed_text(e)) +
                 "\"/>\n    </testcase>\n";
    }
    const std::string counts =
        "tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\"";
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + counts +
           ">\n  <testsuite name=\"" + scenario + "\" " + counts + " time=\"" +
           number(at(report, "elapsed_s"), "%.3f") + "\">\n" + cases +
           "  </testsuite>\n</testsuites>\n";
}

} // namespace brownout::record
