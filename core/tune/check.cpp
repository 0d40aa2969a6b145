#include "tune/check.h"

#include "sim/simulate.h"

#include <algorithm>
#include <cmath>

namespace brownout::tune {

using chain::Json;

namespace {

constexpr std::size_t most_played_outages = 500; // of a provider

// USD per token in and out, by least squares over what answers cost; nothing where none says.
std::optional<std::pair<double, double>> price_of(const ObservedTarget& t) {
    if (t.priced == 0 || t.in_in + t.out_out <= 0)
        return std::nullopt;
    const double scale = t.in_in * t.out_out, d = scale - t.in_out * t.in_out;
    if (d > 1e-9 * scale) {
        const double a = (t.in_cost * t.out_out - t.out_cost * t.in_out) / d;
        const double b = (t.out_cost * t.in_in - t.in_cost * t.in_out) / d;
        if (a >= 0 && b >= 0)
            return std::pair{a, b};
    }
    // Both always in the same proportion: one price for all.
    const double both = (t.in_cost + t.out_cost) / (t.in_in + 2 * t.in_out + t.out_out);
    return std::pair{std::max(0.0, both), std::max(0.0, both)};
}

std::string most_asked(const Observed& seen) {
    const auto most =
        std::max_element(seen.chains.begin(), seen.chains.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == seen.chains.end() || most->first.empty() ? "default" : most->first;
}

// The chain is not in a log: its targets in the order of who was asked first most often.
Json made_up(const Observed& seen, const Calibration& fitted) {
    std::vector<const ObservedTarget*> targets;
    for (const ObservedTarget& t : seen.targets)
        if (t.attempts > 0)
            targets.push_back(&t);
    std::stable_sort(targets.begin(), targets.end(), [](const auto* a, const auto* b) {
        return std::pair(a->asked_first, a->attempts) > std::pair(b->asked_first, b->attempts);
    });
    Json providers = Json::array(), list = Json::array();
    for (const ProviderFit& p : fitted.providers)
        providers.push_back(
            {{"id", p.provider}, {"dialect", "openai"}, {"base_url", "lab:"}, {"key", "none"}});
    for (const ObservedTarget* t : targets) {
        const auto slash = t->name.find('/');
        Json target = {{"provider", t->name.substr(0, slash)},
                       {"model", slash == std::string::npos ? "model" : t->name.substr(slash + 1)}};
        if (const auto price = price_of(*t))
            target["price"] = {{"input_usd_per_mtok", std::round(price->first * 1e12) / 1e6},
                               {"output_usd_per_mtok", std::round(price->second * 1e12) / 1e6}};
        list.push_back(std::move(target));
    }
    return {{"format", "brownout.chain/1"},
            {"name", "as the log shows it"},
            {"providers", std::move(providers)},
            {"chains", Json::array({{{"id", most_asked(seen)}, {"targets", std::move(list)}}})}};
}

// Requests that nobody answered have no tokens: they get those of another, whichever.
std::shared_ptr<faults::Trace> trace_of(const Observed& seen) {
    auto out = std::make_shared<faults::Trace>();
    std::vector<std::size_t> answered;
    for (std::size_t i = 0; i < seen.traffic.size(); ++i)
        if (seen.traffic[i].output_tokens > 0)
            answered.push_back(i);
    Rng rng(29);
    out->path = "the log";
    const double start = seen.traffic.empty() ? 0 : seen.traffic.front().at_s;
    for (auto row : seen.traffic) {
        row.at_s -= start;
        if (row.output_tokens <= 0) {
            const auto like = answered.empty() ? faults::TraceRow{0, 200, 100}
                                               : seen.traffic[answered[rng.below(
                                                     static_cast<std::uint32_t>(answered.size()))]];
            row.input_tokens = like.input_tokens;
            row.output_tokens = like.output_tokens;
        }
        row.input_tokens = std::max<std::int64_t>(1, row.input_tokens - tokens_around);
        out->rows.push_back(row);
    }
    return out;
}

faults::Scenario scenario_of(const Observed& seen, const Calibration& fitted,
                             const std::string& chain) {
    faults::Scenario out;
    out.name = "the traffic of the log";
    out.traffic.trace = trace_of(seen);
    out.traffic.stream = seen.streams * 2 >= seen.requests;
    out.traffic.chain = chain;
    out.duration_s = out.traffic.trace->rows.back().at_s + 1;
    const double start = seen.traffic.front().at_s;
    for (const ProviderFit& p : fitted.providers) {
        if (!p.model)
            continue;
        out.models[p.provider] = *p.model;
        if (p.seen.empty() || p.seen.size() > most_played_outages)
            continue;
        // As they were: what the model draws would be others.
        out.models[p.provider].outages.reset();
        for (const SeenOutage& outage : p.seen) {
            Json fault = p.fault;
            fault["target"] = p.provider;
            fault["when"] = {{"at_s", std::max(0.0, outage.from_s - start)},
                             {"for_s", std::max(1e-3, outage.to_s - outage.from_s)},
                             {"probability", p.severity}};
            if (auto rule = faults::read_rule(fault, "the log"); rule.ok())
                out.faults.push_back(std::move(*rule.value));
        }
    }
    out.source = {{"format", faults::scenario_format}, {"name", out.name}};
    return out;
}

// The range of single runs like these, not of their mean: one more would be in it 19 times in 20.
void predict(Compared& row, const Json& report, const char* key) {
    const auto per_run = report.find("per_run");
    if (per_run == report.end() || !per_run->contains(key) || !(*per_run)[key].contains("values"))
        return;
    std::vector<double> values;
    for (const Json& value : (*per_run)[key]["values"])
        if (value.is_number())
            values.push_back(value.get<double>());
    if (values.size() < 2)
        return;
    const stats::Interval t = stats::student_t(values);
    // t.high - mean is t s / sqrt(n); one more run varies by t s sqrt(1 + 1/n).
    const double half = (t.high - t.value) * std::sqrt(static_cast<double>(values.size()) + 1);
    // A latency is read off sketches, here and there; prices that were found are rounded.
    const double read_off = (row.unit == "ms" ? 2 * stats::Sketch::relative_error : 1e-3) * t.value;
    row.forecast = t.value;
    row.low = std::max(0.0, t.value - half - read_off);
    row.high = t.value + half + read_off;
}

void compare(Calibration& out, const Observed& seen, const Json& report) {
    const auto add = [&](const char* figure, const char* unit, std::optional<double> happened,
                         const char* key) {
        Compared row{figure, unit, happened, {}, {}, {}};
        predict(row, report, key);
        out.check.push_back(std::move(row));
    };
    const auto counted = seen.requests - seen.uncounted;
    const auto share = [](std::uint64_t part, std::uint64_t all) -> std::optional<double> {
        if (all == 0)
            return std::nullopt;
        return static_cast<double>(part) / static_cast<double>(all);
    };
    const auto latency = [&](double q) -> std::optional<double> {
        if (seen.latency_ms.count() == 0)
            return std::nullopt;
        return seen.latency_ms.quantile(q);
    };
    add("availability", "", share(seen.succeeded, counted), "availability");
    if (Compared& up = out.check.back(); up.high) {
        up.high = std::min(1.0, *up.high);
        // No run failed: as many requests without a failure do not rule out some.
        if (*up.forecast >= 1)
            up.low = std::min(*up.low, stats::wilson(counted, counted).low);
    }
    add("latency p50", "ms", latency(0.5), "latency_p50_ms");
    add("latency p95", "ms", latency(0.95), "latency_p95_ms");
    add("attempts per request", "", share(seen.attempts, seen.requests), "attempts_per_request");
    add("spend", "USD",
        seen.unpriced < seen.requests ? std::optional{seen.spend_usd} : std::nullopt, "spend_usd");
}

} // namespace

Result<void> check_against_log(const Observed& seen, const CalibrateOptions& options,
                               Calibration& out) {
    if (seen.traffic.empty())
        return {};
    std::string chain = most_asked(seen);
    chain::Document document;
    if (options.chain) {
        document = *options.chain;
        for (const ProviderFit& p : out.providers)
            if (p.model && !document.provider(p.provider)) {
                out.notes.push_back("not checked: the chain has no provider " + p.provider);
                return {};
            }
        if (!document.chain(chain))
            chain.clear();
    } else {
        auto read = chain::read_document(made_up(seen, out), "the log");
        if (!read.ok()) {
            out.notes.push_back("not checked: the log's targets make no chain (" +
                                read.problems.front().text() + ")");
            return {};
        }
        document = std::move(*read.value);
        out.notes.push_back("the chain is not in the log: the check plays its targets in the order "
                            "of who was asked first, with default settings; --chain FILE tells it");
    }
    for (const ProviderFit& p : out.providers)
        if (!p.model)
            out.notes.push_back("in the check, " + p.provider + " is the default model");
    if (seen.chains.size() > 1)
        out.notes.push_back("requests of " + std::to_string(seen.chains.size()) +
                            " chains are played as those of " + most_asked(seen));
    if (seen.left_out > 0)
        out.notes.push_back("the check plays the first " + std::to_string(most_replayed) +
                            " requests");
    const faults::Scenario scenario = scenario_of(seen, out, chain);
    sim::SimulateOptions run;
    run.seed = options.seed;
    run.runs = options.check_runs;
    run.threads = options.threads;
    run.cancel = options.cancel;
    if (options.progress)
        run.progress = [&](double share) {
            options.progress(share, "simulating the same traffic");
        };
    const auto report = sim::simulate(document, scenario, run);
    if (!report) {
        out.notes.push_back("not checked: " + report.error().text());
        return {};
    }
    if ((*report)["partial"] == true)
        return fail({Error::Kind::cancelled, out.log, "stopped", {}});
    out.check_runs = options.check_runs;
    compare(out, seen, *report);
    return {};
}

} // namespace brownout::tune
