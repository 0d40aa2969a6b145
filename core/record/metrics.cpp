#include "record/metrics.h"

#include "chain/json.h"

#include <algorithm>

namespace brownout::record {

namespace {

// Prometheus' escapes within a label's value.
std::string label(const char* name, const std::string& value) {
    std::string out = std::string{name} + "=\"";
    for (const char c : value) {
        if (c == '\\' || c == '"')
            out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + "\"";
}

std::string printed(double value) {
    return chain::Json(value).dump();
}

void family_head(std::string& out, const char* name, const char* type, const char* help) {
    out += std::string{"# HELP "} + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

void sample(std::string& out, const char* name, const std::string& labels,
            const std::string& value) {
    out += std::string{name} + "{" + labels + "} " + value + "\n";
}

} // namespace

void Metrics::Histogram::add(double seconds) {
    const auto bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
    ++counts[static_cast<std::size_t>(bound - bounds.begin())];
    sum += seconds;
}

void Metrics::Histogram::write(std::string& out, const char* name,
                               const std::string& labels) const {
    const std::string bucket = std::string{name} + "_bucket";
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        total += counts[i];
        const std::string bound = i < bounds.size() ? printed(bounds[i]) : "+Inf";
        sample(out, bucket.c_str(), labels + "," + label("le", bound), std::to_string(total));
    }
    sample(out, (std::string{name} + "_sum").c_str(), labels, printed(sum));
    sample(out, (std::string{name} + "_count").c_str(), labels, std::to_string(total));
}

void Metrics::attempt(const RequestRecord& request, const AttemptRecord& a) {
    ++attempts_[{request.chain, a.target, static_cast<int>(a.outcome.cls)}];
    durations_[a.target].add(to_seconds(a.ended - a.started));
    if (a.first_token)
        first_tokens_[a.target].add(to_seconds(*a.first_token - a.started));
    input_tokens_[a.target] += a.outcome.input_tokens;
    output_tokens_[a.target] += a.outcome.output_tokens;
}

void Metrics::request(const RequestRecord& r) {
    ++requests_[{r.chain, engine::name(r.result)}];
    const std::string* before = nullptr;
    const auto serving = serving_attempt(r);
    for (std::size_t i = 0; i < r.attempts.size(); ++i) {
        const AttemptRecord& a = r.attempts[i];
        if (before && *before != a.target && a.mode != engine::AttemptMode::hedge)
            ++failovers_[{*before, a.target}];
        before = &a.target;
        (serving == i ? useful_ : wasted_)[a.target] += a.outcome.cost;
    }
}

void Metrics::check(const AttemptRecord& a) {
    wasted_[a.target] += a.outcome.cost;
}

namespace {

void write_alerts(std::string& out, const std::vector<Alerts::Gauge>& alerts) {
    if (alerts.empty())
        return;
    // Rules that differ only in their border share a line.
    std::map<std::string, bool> lines;
    for (const Alerts::Gauge& alert : alerts) {
        bool& active = lines[label("alert", name(alert.metric)) + "," +
                             label("target", alert.target) + "," + label("task", alert.task)];
        active = active || alert.active;
    }
    family_head(out, "brownout_alert_active", "gauge", "1 while the alert is raised.");
    for (const auto& [labels, active] : lines)
        sample(out, "brownout_alert_active", labels, active ? "1" : "0");
}

void write_hooks(std::string& out, const std::vector<Metrics::Hook>& hooks) {
    if (hooks.empty())
        return;
    family_head(out, "brownout_hook_calls_total", "counter",
                "Webhook calls: taken, given up after their retries, dropped unsent.");
    for (const Metrics::Hook& hook : hooks)
        for (const auto& [result, count] :
             {std::pair{"delivered", hook.delivered}, std::pair{"failed", hook.failed},
              std::pair{"dropped", hook.dropped}})
            sample(out, "brownout_hook_calls_total",
                   label("hook", hook.name) + "," + label("result", result), std::to_string(count));
    family_head(out, "brownout_hook_breaker_state", "gauge", "0 closed, 1 half-open, 2 open.");
    for (const Metrics::Hook& hook : hooks)
        sample(out, "brownout_hook_breaker_state", label("hook", hook.name),
               std::to_string(static_cast<int>(hook.state)));
}

} // namespace

std::string Metrics::text(const std::vector<Breaker>& breakers,
                          const std::vector<Alerts::Gauge>& alerts,
                          const std::vector<Hook>& hooks) const {
    std::string out;
    family_head(out, "brownout_requests_total", "counter", "Requests that have ended.");
    for (const auto& [key, count] : requests_)
        sample(out, "brownout_requests_total",
               label("chain", key.first) + "," + label("result", key.second),
               std::to_string(count));
    family_head(out, "brownout_attempts_total", "counter", "Attempts that have ended, by class.");
    for (const auto& [key, count] : attempts_)
        sample(
            out, "brownout_attempts_total",
            label("chain", std::get<0>(key)) + "," + label("target", std::get<1>(key)) + "," +
                label("class", engine::name(static_cast<engine::OutcomeClass>(std::get<2>(key)))),
            std::to_string(count));
    family_head(out, "brownout_attempt_duration_seconds", "histogram",
                "From an attempt's start to its end.");
    for (const auto& [target, histogram] : durations_)
        histogram.write(out, "brownout_attempt_duration_seconds", label("target", target));
    family_head(out, "brownout_first_token_seconds", "histogram",
                "From an attempt's start to its first token.");
    for (const auto& [target, histogram] : first_tokens_)
        histogram.write(out, "brownout_first_token_seconds", label("target", target));
    family_head(out, "brownout_failovers_total", "counter",
                "From one target to the next in a request.");
    for (const auto& [key, count] : failovers_)
        sample(out, "brownout_failovers_total",
               label("from", key.first) + "," + label("to", key.second), std::to_string(count));
    family_head(out, "brownout_breaker_state", "gauge", "0 closed, 1 half-open, 2 open.");
    for (const Breaker& breaker : breakers)
        sample(out, "brownout_breaker_state", label("target", breaker.target),
               std::to_string(static_cast<int>(breaker.state)));
    family_head(out, "brownout_spend_usd_total", "counter", "Where the price is known.");
    for (const auto& [use, spend] : {std::pair{"useful", &useful_}, std::pair{"wasted", &wasted_}})
        for (const auto& [target, money] : *spend)
            sample(out, "brownout_spend_usd_total",
                   label("target", target) + "," + label("use", use), printed(money.usd()));
    family_head(out, "brownout_tokens_total", "counter",
                "As billed, or estimated where nobody counted.");
    for (const auto& [direction, tokens] :
         {std::pair{"input", &input_tokens_}, std::pair{"output", &output_tokens_}})
        for (const auto& [target, count] : *tokens)
            sample(out, "brownout_tokens_total",
                   label("target", target) + "," + label("direction", direction),
                   std::to_string(count));
    write_alerts(out, alerts);
    write_hooks(out, hooks);
    return out;
}

} // namespace brownout::record
