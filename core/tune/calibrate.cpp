#include "tune/calibrate.h"

#include "chain/distribution_read.h"
#include "sim/lengths.h"
#include "tune/check.h"
#include "tune/fit.h"
#include "tune/times.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace brownout::tune {

using chain::Json;

namespace {

using sim::hour_s;

struct Shed {
    std::size_t status = shed_statuses.size(); // index; none
    int concurrency = 0;
};

// Where so many are in flight, 19 of 20 are shed; where fewer are, one of 20 at most.
Shed capacity_of(const ObservedProvider& p) {
    constexpr std::uint64_t least_sheds = 20;
    for (std::size_t s = 0; s < shed_statuses.size(); ++s) {
        const auto& shed = p.shed_at[s];
        std::uint64_t all = 0;
        for (const auto n : shed)
            all += n;
        if (all < least_sheds)
            continue;
        for (std::size_t at = 1; at < shed.size(); ++at) {
            std::uint64_t shed_below = 0, answered_above = 0;
            for (std::size_t i = 0; i < std::max(shed.size(), p.answered_at.size()); ++i) {
                if (i < at && i < shed.size())
                    shed_below += shed[i];
                if (i >= at && i < p.answered_at.size())
                    answered_above += p.answered_at[i];
            }
            if (shed_below * 20 <= all && answered_above * 20 <= all)
                return {s, static_cast<int>(at)};
        }
    }
    return {};
}

// The smallest number that chance alone would hardly bring about.
const Bursts& bursts_of(const ObservedProvider& p, const Shed& shed) {
    const auto& all = p.bursts[shed.status];
    for (const Bursts& bursts : all) {
        const double by_chance = static_cast<double>(bursts.outside()) *
                                 std::pow(bursts.error_ratio(), bursts.failures_in_a_row());
        if (by_chance <= 0.01)
            return bursts;
    }
    return all.back();
}

// What most failures looked like, as a fault.
Json fault_of(const ObservedProvider& p) {
    const auto most = [](const auto& counts) {
        return std::max_element(counts.begin(), counts.end(),
                                [](const auto& a, const auto& b) { return a.second < b.second; })
            ->first;
    };
    const std::string cause = p.by_cause.empty() ? "http_status" : most(p.by_cause);
    static const std::map<std::string, Json> faults{
        {"dns", {{"kind", "dns_failure"}}},
        {"tls", {{"kind", "tls_failure"}}},
        {"connect_refused", {{"kind", "connect_refused"}}},
        {"connect_timeout", {{"kind", "connect_hang"}}},
        {"reset", {{"kind", "reset"}}},
        {"first_token_timeout", {{"kind", "hang"}}},
        {"attempt_timeout", {{"kind", "hang"}}},
        {"total_deadline", {{"kind", "hang"}}},
        {"stall_timeout", {{"kind", "stream_stall"}, {"after_tokens", 5}}},
        {"malformed", {{"kind", "garbage"}}},
        {"truncated", {{"kind", "stream_cut"}, {"after_tokens", 5}}},
        {"error_in_stream", {{"kind", "stream_error"}, {"after_tokens", 5}}},
        {"overloaded", {{"kind", "overloaded"}}},
        {"bad_key", {{"kind", "bad_key"}}},
        {"no_money", {{"kind", "quota_exhausted"}}},
        {"blocked", {{"kind", "region_blocked"}}},
        {"model_missing", {{"kind", "model_missing"}}}};
    if (const auto known = faults.find(cause); known != faults.end())
        return known->second;
    int status = p.failed_status.empty() ? 503 : most(p.failed_status);
    if (status < 400 || status > 599)
        status = 503;
    return {{"kind", "http_error"}, {"status", status}};
}

void fit_outages(ProviderFit& out, chain::ProviderModel& model, const ObservedProvider& p,
                 const Bursts& bursts) {
    out.outages = bursts.count();
    out.failures_in_a_row = bursts.failures_in_a_row();
    out.watched_h = bursts.watched_s() / hour_s;
    std::vector<double> repairs;
    double unsure = 0;
    for (const Outage& outage : bursts.outages()) {
        out.seen.push_back({outage.from_s, outage.to_s});
        unsure += outage.unsure_s;
        if (outage.ended)
            repairs.push_back(std::max(1e-3, outage.to_s - outage.from_s) / hour_s);
    }
    if (out.outages == 0)
        return;
    const auto inside = stats::wilson(bursts.failed_inside(), bursts.inside());
    out.severity = inside.value;
    out.fault = fault_of(p);
    if (repairs.size() < least_outages) {
        out.notes.push_back(std::to_string(repairs.size()) +
                            (repairs.size() == 1 ? " outage was" : " outages were") +
                            " seen from beginning to end; a model needs " +
                            std::to_string(least_outages) + ", so it has none");
        return;
    }
    const auto m = static_cast<double>(out.outages);
    chain::ProviderModel::Outages outages;
    // The time up is watched whole, so the exponential's mean is its best known figure.
    const double gap = std::max(1e-6, bursts.up_s() / hour_s / m),
                 by_gap = std::exp(z975 / std::sqrt(m));
    outages.gap_h = stats::Exponential{gap};
    out.parameters.push_back({"outages gap_h mean", gap, gap / by_gap, gap * by_gap});
    const Fit repair = repairs.size() >= 8 ? fit_best(repairs) : fit_exponential(repairs);
    outages.repair_h = repair.distribution;
    double sum = 0;
    for (const double r : repairs)
        sum += r;
    const double mean = sum / static_cast<double>(repairs.size());
    const stats::Interval t = stats::student_t(repairs);
    out.parameters.push_back({"outages repair_h mean", mean, std::max(0.0, t.low), t.high});
    outages.severity = inside.value;
    out.parameters.push_back({"outages severity", inside.value, inside.low, inside.high});
    outages.fault = out.fault;
    model.outages = std::move(outages);
    char how[32];
    std::snprintf(how, sizeof how, "%.3g", unsure / m);
    out.notes.push_back("the ends of outages are known to " + std::string{how} +
                        " s on average; repair times are " + repair.family);
}

Json json_of(const chain::ProviderModel& model) {
    Json out;
    out["first_token_ms"] = chain::to_json(rounded(model.first_token_ms));
    out["token_ms"] = chain::to_json(rounded(model.token_ms));
    out["output_tokens"] = chain::to_json(rounded(model.output_tokens));
    out["error_ratio"] = rounded(model.error_ratio);
    if (model.slow_mode)
        out["slow_mode"] = {{"ratio", model.slow_mode->ratio}, {"factor", model.slow_mode->factor}};
    if (model.capacity)
        out["capacity"] = {{"concurrency", model.capacity->concurrency},
                           {"queue", model.capacity->queue},
                           {"shed_status", model.capacity->shed_status}};
    if (model.outages)
        out["outages"] = {{"gap_h", chain::to_json(rounded(model.outages->gap_h))},
                          {"repair_h", chain::to_json(rounded(model.outages->repair_h))},
                          {"severity", rounded(model.outages->severity)},
                          {"fault", model.outages->fault}};
    return out;
}

void fit_output(chain::ProviderModel& model, const ObservedProvider& p) {
    std::vector<double> tokens;
    for (const ServedAnswer& a : p.answers.kept())
        if (a.output_tokens > 0)
            tokens.push_back(static_cast<double>(a.output_tokens));
    if (tokens.empty())
        return;
    const auto [least, most] = std::minmax_element(tokens.begin(), tokens.end());
    model.output_tokens = *least == *most ? stats::Distribution{stats::Constant{*least}}
                                          : fit_lognormal(tokens).distribution;
}

ProviderFit fit_provider(const ObservedProvider& p) {
    ProviderFit out;
    out.provider = p.id;
    out.attempts = p.attempts;
    out.succeeded = p.succeeded;
    out.failed = p.failed;
    out.cancelled = p.cancelled;
    out.refused = p.refused;
    out.by_class = p.by_class;
    out.by_cause = p.by_cause;
    if (p.answers.seen() < least_answers) {
        out.missing = "a model needs " + std::to_string(least_answers) +
                      " answers, and the log has " + std::to_string(p.answers.seen()) + ": " +
                      std::to_string(least_answers - p.answers.seen()) + " are missing";
        return out;
    }
    chain::ProviderModel model;
    const Shed shed = capacity_of(p);
    const Bursts& bursts = bursts_of(p, shed);
    fit_first_token(out, model, p, bursts);
    fit_output(model, p);
    // A slow answer that was given up is the model's tail, not an error of its own.
    const bool tail = out.first_token && out.first_token->given_up >= bursts.timed_out_outside() &&
                      out.first_token->given_up > p.given_up_ms.kept().size();
    const std::uint64_t failed =
        bursts.failed_outside() - (tail ? bursts.timed_out_outside() : std::uint64_t{0});
    const auto errors = stats::wilson(failed, bursts.outside());
    model.error_ratio = errors.value;
    out.parameters.push_back({"error_ratio", errors.value, errors.low, errors.high});
    std::string others;
    for (const auto& [cls, n] : p.by_class)
        others +=
            cls == "retry" ? "" : (others.empty() ? "" : ", ") + cls + " " + std::to_string(n);
    if (failed > 0 && !others.empty())
        out.notes.push_back("not all failures were such as a 500 (" + others +
                            "); the model answers every one with 500");
    fit_outages(out, model, p, bursts);
    if (shed.concurrency > 0) {
        model.capacity = {shed.concurrency, 0, shed_statuses[shed.status]};
        out.parameters.push_back({"capacity concurrency", double(shed.concurrency),
                                  double(shed.concurrency), double(shed.concurrency)});
        out.notes.push_back("sheds with " + std::to_string(shed_statuses[shed.status]) + " from " +
                            std::to_string(shed.concurrency) +
                            " in flight on; how many of those wait in a queue cannot be told");
    }
    if (p.models > 1)
        out.notes.push_back(std::to_string(p.models) + " models of it are taken together");
    if (p.answers.seen() > most_samples)
        out.notes.push_back("times are of " + std::to_string(most_samples) +
                            " answers, drawn evenly from " + std::to_string(p.answers.seen()));
    out.json = json_of(model);
    out.model = std::move(model);
    return out;
}

// Where the log has gaps, the time of its longest watched provider counts, not from end to end.
std::optional<SeenTraffic> traffic_of(const Observed& seen, const Calibration& fitted) {
    const auto& rows = seen.traffic;
    if (rows.size() < least_answers)
        return std::nullopt;
    SeenTraffic out;
    double length_s = rows.back().at_s - rows.front().at_s;
    if (seen.restarts > 0) {
        length_s = 0;
        for (const ProviderFit& p : fitted.providers)
            length_s = std::max(length_s, p.watched_h * hour_s);
    }
    if (!(length_s > 0))
        return std::nullopt;
    out.watched_h = length_s / hour_s;
    out.requests_per_day = static_cast<double>(rows.size() - 1) / length_s * 24 * hour_s;
    out.stream = seen.streams * 2 >= seen.requests;
    std::vector<double> in, back;
    for (const faults::TraceRow& row : rows)
        if (row.output_tokens > 0) {
            in.push_back(
                static_cast<double>(std::max<std::int64_t>(1, row.input_tokens - tokens_around)));
            back.push_back(static_cast<double>(row.output_tokens));
        }
    if (in.size() >= least_answers) {
        out.input_tokens = rounded(fit_best(in).distribution);
        out.output_tokens = rounded(fit_best(back).distribution);
    }
    return out;
}

} // namespace

Json Calibration::models() const {
    Json out = Json::object();
    for (const ProviderFit& p : providers)
        if (p.model)
            out[p.provider] = p.json;
    return out;
}

Result<Calibration> calibrate(const std::string& path, const CalibrateOptions& options) {
    if (options.check_runs < 2 || options.check_runs > 1000)
        return bad_input("runs", std::to_string(options.check_runs) + " is out of range",
                         "Give 2 to 1000");
    const auto seen = read_log(path, options);
    if (!seen)
        return tl::unexpected(seen.error());
    Calibration out;
    out.log = path;
    out.lines = seen->lines;
    out.events = seen->events;
    out.unknown_lines = seen->unknown_lines;
    out.cut = seen->cut;
    out.requests = seen->requests;
    bool any = false;
    std::string missing;
    for (const ObservedProvider& p : seen->providers) {
        if (options.progress)
            options.progress(1, "fitting " + p.id);
        out.providers.push_back(fit_provider(p));
        any |= out.providers.back().model.has_value();
        if (!out.providers.back().model)
            missing += (missing.empty() ? "" : "; ") + p.id + ": " + out.providers.back().missing;
    }
    if (!any)
        return bad_input(path, missing.empty() ? "no attempt ended in it" : missing,
                         "Log more requests: --log writes on where a file ends");
    if (seen->faults > 0)
        out.notes.push_back(std::to_string(seen->faults) +
                            " faults were injected while this was logged: what they did is fitted "
                            "as if the providers had done it");
    if (seen->restarts > 0)
        out.notes.push_back("the log has " + std::to_string(seen->restarts + 1) +
                            " stretches of time; nothing is assumed of what lies between");
    if (seen->too_many_providers)
        out.notes.push_back("only the first " + std::to_string(most_providers) +
                            " providers are fitted");
    out.traffic = traffic_of(*seen, out);
    if (auto checked = check_against_log(*seen, options, out); !checked)
        return tl::unexpected(checked.error());
    return out;
}

} // namespace brownout::tune
