#include "record/report_words.h"
#include "tune/suggest.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::tune {
namespace {

std::string formatted(const char* format, double value) {
    char text[48];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

// Percent with as many digits as the failures need: 99.9931 %, never 100 % of nearly all.
std::string percent(double share) {
    const double missing = 1 - share;
    const int digits =
        missing <= 0
            ? 0
            : std::clamp(2 - static_cast<int>(std::floor(std::log10(missing * 100))), 2, 6);
    char text[48];
    std::snprintf(text, sizeof text, "%.*f %%", digits, share * 100);
    return text;
}

std::string money(double usd) {
    const double size = std::abs(usd);
    return formatted(size == 0 || size >= 100 ? "%.2f" : size >= 1 ? "%.3f" : "%.6f", usd);
}

std::string range(const std::optional<Estimate>& e, std::string (*of)(double)) {
    return e ? of(e->value) + " (" + of(e->low) + " to " + of(e->high) + ")" : "unknown";
}

std::string milliseconds(double ms) {
    return formatted("%.0f", ms);
}

// "+0.42 points (+0.31 to +0.53)"; nothing that chance explains is told as a difference.
std::string gain(const std::optional<Estimate>& e, const char* what, const char* format,
                 double times) {
    if (!e)
        return std::string{what} + " unknown";
    const auto sure = !(e->low <= 0 && e->high >= 0);
    if (!sure && e->low == e->high)
        return std::string{what} + " the same";
    return std::string{what} + " " + formatted(format, e->value * times) + " (" +
           formatted(format, e->low * times) + " to " + formatted(format, e->high * times) + ")" +
           (sure ? "" : ", may be none");
}

std::string gains(const Figures& f) {
    std::string out = gain(f.availability, "availability", "%+.4g points", 100) + "; " +
                      gain(f.p99_ms, "p99", "%+.0f ms", 1);
    return f.spend_usd ? out + "; " + gain(f.spend_usd, "spend", "%+.4g USD", 1) : out;
}

std::string goal_text(const Goal& goal) {
    std::string out;
    if (goal.availability)
        out += "availability at least " + percent(*goal.availability);
    if (goal.budget)
        out += (out.empty() ? "" : ", ") + std::string{"spend at most "} + money(goal.budget->usd) +
               (goal.budget->per == Budget::Per::run ? " USD a run" : " USD a month");
    return out;
}

std::string details(std::size_t number, const Suggestion& s) {
    std::string out = std::to_string(number) + "  ";
    if (s.changes.empty())
        return out + "the chain as it is\n";
    out += "with " + std::to_string(s.changes.size()) +
           (s.changes.size() == 1 ? " change" : " changes") +
           ", to the chain as it is: " + gains(s.difference) + "\n";
    for (const Change& change : s.changes) {
        out += "     " + change.text + "\n";
        if (change.buys && s.changes.size() > 1)
            out += "       buys: " + gains(*change.buys) + "\n";
    }
    return out;
}

} // namespace

std::string text(const Suggestions& s, const SuggestOptions& options) {
    const Goal& goal = options.goal;
    const bool asked = goal.availability || goal.budget;
    std::string out = "chain " + s.chain_id + ": " + std::to_string(s.candidates) +
                      " candidates, " + std::to_string(s.simulated_requests) +
                      " simulated requests, seed " + std::to_string(s.seed) + ", figures over " +
                      std::to_string(s.runs) + (s.runs == 1 ? " run" : " runs") + "\n";
    if (asked)
        out += "goal: " + goal_text(goal) + "\n";
    for (const std::string& note : s.notes)
        out += "note: " + note + "\n";
    std::vector<std::vector<std::string>> rows{
        {"", "availability", "p99 ms", "USD a run", "USD a month", "changes"}};
    if (asked)
        rows.front().push_back("meets");
    const auto row = [&](const std::string& name, const Suggestion& p) {
        rows.push_back(
            {name, range(p.figures.availability, percent), range(p.figures.p99_ms, milliseconds),
             range(p.figures.spend_usd, money),
             p.figures.spend_month_usd ? money(p.figures.spend_month_usd->value) : "unknown",
             std::to_string(p.changes.size())});
        if (asked)
            rows.back().push_back(std::string{tune::name(p.meets)});
    };
    row("now", s.original);
    for (std::size_t i = 0; i < s.front.size(); ++i)
        row(std::to_string(i + 1) + (s.best == i ? " *" : ""), s.front[i]);
    out += "\n" + record::text_table(rows) + "\n";
    for (std::size_t i = 0; i < s.front.size(); ++i)
        out += details(i + 1, s.front[i]);
    if (s.best)
        out += "\n* the best: number " + std::to_string(*s.best + 1) + "\n";
    return out;
}

} // namespace brownout::tune
