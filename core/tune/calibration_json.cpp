#include "tune/calibrate.h"

#include "chain/distribution_read.h"
#include "record/report_words.h"
#include "tune/json_number.h"

#include <cmath>
#include <cstdio>

namespace brownout::tune {

using chain::Json;

namespace {

Json to_json(const std::optional<Goodness>& g) {
    if (!g)
        return nullptr;
    return {{"family", g->family},
            {"n", g->n},
            {"given_up", g->given_up},
            {"ks", number(g->ks)},
            {"words", g->words}};
}

Json to_json(const ProviderFit& p) {
    Json parameters = Json::array();
    for (const Parameter& q : p.parameters)
        parameters.push_back({{"name", q.name},
                              {"value", number(q.value)},
                              {"low", number(q.low)},
                              {"high", number(q.high)}});
    return {{"provider", p.provider},
            {"attempts", p.attempts},
            {"succeeded", p.succeeded},
            {"failed", p.failed},
            {"cancelled", p.cancelled},
            {"refused", p.refused},
            {"by_class", p.by_class},
            {"by_cause", p.by_cause},
            {"missing", p.missing.empty() ? Json(nullptr) : Json(p.missing)},
            {"parameters", std::move(parameters)},
            {"first_token", to_json(p.first_token)},
            {"tokens", to_json(p.tokens)},
            {"outages", p.outages},
            {"failures_in_a_row", p.failures_in_a_row},
            {"watched_h", number(p.watched_h)},
            {"notes", p.notes}};
}

Json to_json(const std::optional<SeenTraffic>& t) {
    const auto tokens = [](const std::optional<stats::Distribution>& d) {
        return d ? chain::to_json(*d) : Json(nullptr);
    };
    if (!t)
        return nullptr;
    return {{"requests_per_day", number(t->requests_per_day)},
            {"watched_h", number(t->watched_h)},
            {"stream", t->stream},
            {"input_tokens", tokens(t->input_tokens)},
            {"output_tokens", tokens(t->output_tokens)}};
}

std::string printed(const std::optional<double>& value) {
    if (!value)
        return "unknown";
    char out[48];
    std::snprintf(out, sizeof out, "%.5g", *value);
    return out;
}

std::string fit_text(const char* what, const Goodness& g) {
    char ks[16];
    std::snprintf(ks, sizeof ks, "%.3f", g.ks);
    return std::string{"  "} + what + ": " + g.family + ", n " + std::to_string(g.n) +
           (g.given_up ? " and " + std::to_string(g.given_up) + " given up" : std::string{}) +
           ", KS distance " + ks + ": " + g.words + "\n";
}

std::string provider_text(const ProviderFit& p) {
    std::string out = p.provider + ": " + std::to_string(p.attempts) + " attempts, " +
                      std::to_string(p.succeeded) + " succeeded, " + std::to_string(p.failed) +
                      " failed";
    std::string classes;
    for (const auto& [name, n] : p.by_class)
        classes += (classes.empty() ? " (" : ", ") + name + " " + std::to_string(n);
    out += classes.empty() ? "" : classes + ")";
    if (p.cancelled)
        out += ", " + std::to_string(p.cancelled) + " cancelled";
    if (p.refused)
        out += ", " + std::to_string(p.refused) + " refused for what was asked";
    out += "\n";
    if (!p.model)
        return out + "  no model: " + p.missing + "\n";
    if (p.first_token)
        out += fit_text("first token", *p.first_token);
    if (p.tokens)
        out += fit_text("tokens", *p.tokens);
    out += "  outages: " + std::to_string(p.outages) + " in " + printed(p.watched_h) + " h (" +
           std::to_string(p.failures_in_a_row) + " failures in a row begin one)\n";
    std::vector<std::vector<std::string>> rows;
    for (const Parameter& q : p.parameters)
        rows.push_back({q.name, printed(q.value),
                        q.low < q.high ? printed(q.low) + " to " + printed(q.high) : ""});
    out += record::text_table(rows);
    for (const std::string& note : p.notes)
        out += "  note: " + note + "\n";
    return out;
}

} // namespace

Json to_json(const Calibration& c) {
    Json providers = Json::array(), check = Json::array();
    for (const ProviderFit& p : c.providers)
        providers.push_back(to_json(p));
    for (const Compared& row : c.check)
        check.push_back({{"figure", row.figure},
                         {"unit", row.unit},
                         {"happened", number(row.happened)},
                         {"forecast", number(row.forecast)},
                         {"low", number(row.low)},
                         {"high", number(row.high)},
                         {"within", row.within()}});
    return {{"format", calibration_format},
            {"lines", c.lines},
            {"events", c.events},
            {"unknown_lines", c.unknown_lines},
            {"cut", c.cut},
            {"requests", c.requests},
            {"traffic", to_json(c.traffic)},
            {"models", c.models()},
            {"providers", std::move(providers)},
            {"check", {{"runs", c.check_runs}, {"figures", std::move(check)}}},
            {"notes", c.notes}};
}

std::string text(const Calibration& c) {
    std::string out = c.log + ": " + std::to_string(c.events) + " events, " +
                      std::to_string(c.requests) + " requests";
    if (c.unknown_lines)
        out += ", " + std::to_string(c.unknown_lines) + " lines that are no events (left out)";
    if (c.cut)
        out += ", the last line is cut (left out)";

    out += "\n";
    if (c.traffic)
        out += "traffic: " + printed(c.traffic->requests_per_day) +
               " requests a day, watched for " + printed(c.traffic->watched_h) + " h\n";
    for (const std::string& note : c.notes)
        out += "note: " + note + "\n";
    for (const ProviderFit& p : c.providers)
        out += "\n" + provider_text(p);
    if (c.check.empty())
        return out;
    std::vector<std::vector<std::string>> rows{
        {"the log's traffic", "happened", "forecast", "19 of 20 runs", ""}};
    for (const Compared& row : c.check)
        rows.push_back({row.figure + (row.unit.empty() ? "" : " " + row.unit),
                        printed(row.happened), printed(row.forecast),
                        row.low ? printed(row.low) + " to " + printed(row.high) : "unknown",
                        !row.happened || !row.low ? ""
                        : row.within()            ? "within"
                                                  : "OUTSIDE"});
    return out + "\nforecast, over " + std::to_string(c.check_runs) +
           " runs, against what happened:\n" + record::text_table(rows);
}

} // namespace brownout::tune
