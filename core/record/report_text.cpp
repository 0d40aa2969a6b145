#include "record/report.h"
#include "record/report_words.h"

namespace brownout::record {

namespace {

using chain::Json;

std::string spent(const Json& value) {
    return value.is_number() ? money_text(value) + " USD" : money_text(value);
}

std::string breaker_text(const Json& target) {
    std::string text;
    if (!field(target, "breaker").is_array())
        return text;
    for (const auto& row : field(target, "breaker")) {
        if (text.size() > 60)
            return text + " ...";
        text += (text.empty() ? "" : ", ") + word(row, "to") + " " +
                number_text(field(row, "at_s"), "%.1f s");
    }
    return text;
}

std::string figures_text(const Json& report) {
    const auto latency = [&](const char* key) {
        const Json& l = field(report, key);
        return std::vector<std::string>{
            number_text(field(l, "p50"), "%.0f"), number_text(field(l, "p95"), "%.0f"),
            number_text(field(l, "p99"), "%.0f"), number_text(field(l, "max"), "%.0f"),
            number_text(field(l, "mean"), "%.0f")};
    };
    std::vector<std::vector<std::string>> rows{{"ms", "p50", "p95", "p99", "max", "mean"}};
    for (const auto& [label, key] :
         {std::pair{"latency", "latency_ms"}, std::pair{"first token", "first_token_ms"}}) {
        rows.push_back({label});
        for (auto& cell : latency(key))
            rows.back().push_back(std::move(cell));
    }
    std::string out;
    out += "  requests " + short_number(field(report, "requests")) + ", succeeded " +
           short_number(field(report, "succeeded")) + ", failed " +
           short_number(field(report, "failed")) + ", truncated " +
           short_number(field(report, "truncated")) + "\n";
    const Json& interval = field(report, "availability");
    out += "  availability " + short_number(field(interval, "value")) +
           " (95 %: " + short_number(field(interval, "low")) + " to " +
           short_number(field(interval, "high")) + ")\n";
    out += "  attempts " + short_number(field(report, "attempts")) + ", fallbacks " +
           short_number(field(report, "fallbacks")) + ", hedges " +
           short_number(field(report, "hedges")) + "\n";
    out += "  spend " + spent(field(report, "spend_usd")) + ", of it wasted " +
           spent(field(report, "wasted_usd")) + "\n";
    const Json& checks = field(report, "health_checks");
    if (field(checks, "made").is_number() && field(checks, "made") != 0)
        out += "  health checks " + short_number(field(checks, "made")) + ", failed " +
               short_number(field(checks, "failed")) + ", spend " +
               spent(field(checks, "spend_usd")) + " (counted as wasted)\n";
    return out + "\n" + text_table(rows);
}

} // namespace

std::string report_table(const Json& report) {
    std::string out = word(field(report, "scenario"), "name");
    out = (out.empty() ? "run" : out) + ": " + word(report, "mode") + ", " +
          number_text(field(report, "virtual_s"), "%.1f s") + ", seed " +
          field(report, "seed").dump();
    if (field(report, "partial") == true)
        out += ", PARTIAL: it was stopped before its end";
    out += "\n\n" + figures_text(report) + "\n";

    std::vector<std::vector<std::string>> rows{
        {"target", "attempts", "ok", "failed", "served", "p50 ms", "p95 ms", "USD"}};
    std::string lanes;
    if (field(report, "targets").is_array())
        for (const auto& t : field(report, "targets")) {
            const bool real = word(t, "was") == "real";
            rows.push_back({word(t, "target") + (real ? " (real)" : ""),
                            short_number(field(t, "attempts")), short_number(field(t, "succeeded")),
                            short_number(field(t, "failed")), short_number(field(t, "served")),
                            number_text(field(field(t, "latency_ms"), "p50"), "%.0f"),
                            number_text(field(field(t, "latency_ms"), "p95"), "%.0f"),
                            money_text(field(t, "spend_usd"))});
            if (const auto lane = breaker_text(t); !lane.empty())
                lanes += "  breaker of " + word(t, "target") + ": " + lane + "\n";
        }
    out += text_table(rows) + lanes;

    if (field(report, "expectations").is_array() && !field(report, "expectations").empty()) {
        out += "\n";
        for (const auto& e : field(report, "expectations"))
            out += std::string{field(e, "pass") == true ? "  pass  " : "  FAIL  "} +
                   expectation_text(e) + ": " + observed_text(e) + "\n";
    }
    if (field(report, "notes").is_array())
        for (const auto& note : field(report, "notes"))
            if (note.is_string())
                out += "  note: " + note.get<std::string>() + "\n";
    return out;
}

} // namespace brownout::record
