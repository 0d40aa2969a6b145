// Reading a scenario document: traffic, models, faults, expectations.
#include "faults/scenario.h"

#include "chain/distribution_read.h"
#include "chain/model_read.h"
#include "faults/exclusive.h"
#include "faults/fault_read.h"
#include "faults/place.h"
#include "faults/rate_profile.h"
#include "faults/trace.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

namespace brownout::faults {
namespace {

using chain::Json;
using chain::ObjectReader;
using chain::ProblemList;

constexpr double longest_run_s = 366 * 86400.0;
constexpr double fastest_per_s = 100'000;
constexpr std::string_view arrival_names[] = {"poisson", "uniform", "closed"};
constexpr std::string_view metric_names[] = {
    "availability",           "latency_ms",        "first_token_ms", "attempts_per_request",
    "fallback_ratio",         "spend_usd",         "wasted_usd",     "served_by",
    "breaker_opens_within_s", "recovers_within_s", "longest_gap_s"};

std::string number_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

std::vector<RateStep> read_rate(ObjectReader& in) {
    const Json* value = in.get("requests_per_s");
    if (!value)
        return {{0, 1}};
    if (!value->is_array())
        return {{0, in.number("requests_per_s", 1, {0, fastest_per_s})}};
    std::vector<RateStep> steps;
    in.array(
        "requests_per_s",
        [&](const Json& step, const std::string& pointer) {
            ObjectReader row(step, pointer, in.problems());
            const RateStep read{row.number("at_s", 0, {0, longest_run_s}),
                                row.number("requests_per_s", 0, {0, fastest_per_s})};
            if (!row.has("requests_per_s"))
                row.error("requests_per_s", "is missing");
            row.finish();
            if (!steps.empty() && read.at_s <= steps.back().at_s) {
                row.error("at_s", "does not come after the step before",
                          "Write the steps in the order of their times");
            }
            steps.push_back(read);
        },
        1000);
    if (steps.empty()) {
        in.error("requests_per_s", "has no steps",
                 "Give a number, or [{\"at_s\", \"requests_per_s\"}]");
    } else if (steps.front().at_s > 0) {
        steps.insert(steps.begin(), {0, 0}); // silent until the first step
    }
    return steps;
}

void leave_out(ObjectReader& in, std::initializer_list<const char*> keys, const char* message) {
    for (const char* key : keys)
        if (in.get(key))
            in.error(key, message, "Leave it out");
}

// When requests come and how long they are, as a trace says it. A folder: where its path begins.
void read_trace_traffic(ObjectReader& in, const std::filesystem::path& folder, Traffic& traffic) {
    traffic.time_scale = in.number("time_scale", 1, {0.001, 10'000});
    leave_out(in, {"requests_per_s", "arrivals", "clients", "think_ms", "profile"},
              "does not go with a trace, which says when each request comes");
    leave_out(in, {"input_tokens", "output_tokens"},
              "does not go with a trace, which says how long each request is");
    const std::string path = in.text("trace");
    if (path.empty())
        return in.error("trace", "names no file", "Name a CSV file, beside the scenario");
    auto read = read_trace_file((folder / path).string());
    if (!read)
        return in.error("trace", read.error().place + ": " + read.error().message,
                        read.error().remedy);
    read->path = path;
    traffic.trace = std::make_shared<const Trace>(std::move(*read));
}

void read_clients(ObjectReader& in, Traffic& traffic) {
    traffic.clients = static_cast<int>(in.integer("clients", 1, {1, 10'000}));
    traffic.think_ms = read_distribution(in, "think_ms", traffic.think_ms);
    if (in.has("requests_per_s")) {
        in.get("requests_per_s");
        in.error("requests_per_s", "does not go with closed arrivals",
                 "Use `clients` and `think_ms`, or arrivals poisson or uniform");
    }
}

void read_tasks(ObjectReader& in, Traffic& traffic) {
    const Json* mix = in.get("task");
    if (mix && mix->is_string()) {
        traffic.task[mix->get<std::string>()] = 1;
    } else if (mix) {
        ObjectReader tasks = in.object("task");
        double sum = 0;
        if (mix->is_object()) {
            for (const auto& [task, share] : mix->items()) {
                sum += traffic.task[task] = tasks.number(task, 0, {0, 1e9});
            }
        }
        tasks.finish();
        if (mix->is_object() && sum <= 0)
            in.error("task", "the shares add up to nothing");
    }
}

void read_rates(ObjectReader& in, double length_s, Traffic& traffic) {
    traffic.rate = read_rate(in);
    leave_out(in, {"clients", "think_ms"}, "goes with closed arrivals only");
    const auto profile = read_profile(in);
    if (!profile)
        return;
    if (auto steps = with_profile(traffic.rate, *profile, length_s))
        traffic.rate = std::move(*steps);
    else
        in.error("profile", "has more than " + std::to_string(most_profile_steps) + " hours",
                 "At this length, an hour_s of " +
                     number_text(std::ceil(length_s / most_profile_steps) + 1) + " fits");
    for (const RateStep& step : traffic.rate)
        if (step.requests_per_s > fastest_per_s)
            return in.error("profile",
                            "makes " + number_text(step.requests_per_s) + " requests per second",
                            "Stay below " + number_text(fastest_per_s));
}

// `length_s`: of the scenario, at most.
Traffic read_traffic(ObjectReader in, double length_s, const std::filesystem::path& folder) {
    Traffic traffic;
    if (in.has("trace")) {
        read_trace_traffic(in, folder, traffic);
    } else {
        leave_out(in, {"time_scale"}, "goes with a trace only");
        traffic.arrivals = static_cast<Arrivals>(in.choice("arrivals", 0, arrival_names));
        if (traffic.arrivals == Arrivals::closed) {
            read_clients(in, traffic);
            leave_out(in, {"profile"}, "does not go with closed arrivals");
        } else {
            read_rates(in, length_s, traffic);
        }
        traffic.input_tokens = read_distribution(in, "input_tokens", traffic.input_tokens);
    }
    traffic.image = in.boolean("image", false);
    if (traffic.image)
        leave_out(in, {"stream", "output_tokens"}, "does not go with pictures");
    else if (!in.has("trace"))
        traffic.output_tokens = read_distribution(in, "output_tokens", traffic.output_tokens);
    traffic.stream = !traffic.image && in.boolean("stream", true);
    traffic.chain = in.text("chain");
    read_tasks(in, traffic);
    in.finish();
    return traffic;
}

bool needs_target(Metric metric) {
    return metric == Metric::served_by || metric == Metric::breaker_opens_within_s ||
           metric == Metric::recovers_within_s;
}

Expectation read_expectation(const Json& value, const std::string& pointer, ProblemList& problems) {
    Expectation e;
    ObjectReader in(value, pointer, problems);
    if (!in.has("metric"))
        in.error("metric", "is missing", "Name what is expected, such as availability");
    e.metric = static_cast<Metric>(in.choice("metric", 0, metric_names));
    const bool timed = e.metric == Metric::latency_ms || e.metric == Metric::first_token_ms;
    e.quantile = in.maybe_number("quantile", {0, 1, true});
    if (e.quantile && !timed) {
        in.error("quantile", "goes with latency_ms and first_token_ms only", "Leave it out");
    }
    if (timed && !e.quantile)
        e.quantile = 0.95;
    e.target = in.text("target");
    if (needs_target(e.metric) && e.target.empty()) {
        in.error("target", "is missing",
                 "Name a provider, provider/model, or a place such as @primary");
    } else if (!needs_target(e.metric) && !e.target.empty()) {
        in.error("target", "is not used by " + std::string{name(e.metric)}, "Leave it out");
    }
    const bool share = e.metric == Metric::availability || e.metric == Metric::fallback_ratio ||
                       e.metric == Metric::served_by;
    const chain::Range limit{0, share ? 1 : 1e12};
    e.at_least = in.maybe_number("at_least", limit);
    e.at_most = in.maybe_number("at_most", limit);
    if (e.at_least && e.at_most && *e.at_least > *e.at_most)
        in.error("at_most", "is below `at_least`: nothing can meet it", "swap the two");
    if (!e.at_least && !e.at_most)
        in.error("at_least", "nothing is asked", "Give at_least or at_most");
    in.finish();
    return e;
}

// A fault that begins after the end is no error, but no test of anything either.
void warn_of_silent_faults(const Scenario& scenario, ProblemList& problems) {
    for (std::size_t i = 0; i < scenario.faults.size(); ++i)
        if (scenario.duration_s && scenario.faults[i].when.at_s >= *scenario.duration_s)
            problems.warning("/faults/" + std::to_string(i) + "/when/at_s",
                             "the fault begins after the scenario has ended",
                             "begin it before " + number_text(*scenario.duration_s) + " s");
}

// Whether a chain has a place only binding tells; that no chain could have it, the file alone.
void check_places(const Scenario& scenario, ProblemList& problems) {
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
        const Rule& rule = scenario.faults[i];
        const std::string place = "/faults/" + std::to_string(i);
        if (rule.group.empty())
            check_place(rule.target, place + "/target", problems);
        for (std::size_t k = 0; k < rule.group.size(); ++k)
            check_place(rule.group[k], place + "/targets/" + std::to_string(k), problems);
    }
    for (std::size_t i = 0; i < scenario.expect.size(); ++i)
        check_place(scenario.expect[i].target, "/expect/" + std::to_string(i) + "/target",
                    problems);
}

// A trace ends by itself, with its last request.
void end_with_trace(Scenario& scenario) {
    if (!scenario.traffic.trace || scenario.duration_s || scenario.max_requests)
        return;
    const auto& rows = scenario.traffic.trace->rows;
    scenario.max_requests = static_cast<std::int64_t>(rows.size());
    scenario.duration_s = rows.back().at_s / scenario.traffic.time_scale + 1;
}

Scenario read(const Json& json, const std::filesystem::path& folder, ProblemList& problems) {
    Scenario scenario;
    scenario.source = json;
    ObjectReader in(json, "", problems);
    const std::string format = in.require_text("format", "\"brownout.scenario/1\"");
    if (!format.empty() && format != scenario_format) {
        in.error("format", "this is " + chain::shown(Json(format)) + ", not a scenario",
                 "Expected \"brownout.scenario/1\"");
    }
    scenario.name = in.text("name", "unnamed scenario");
    scenario.description = in.text("description");
    scenario.duration_s = in.maybe_number("duration_s", {0, longest_run_s, true});
    scenario.max_requests = in.maybe_integer("max_requests", {1, 1e12});
    scenario.traffic =
        read_traffic(in.object("traffic"), scenario.duration_s.value_or(longest_run_s), folder);
    const Json traffic = json.is_object() ? json.value("traffic", Json()) : Json();
    if (!scenario.duration_s && !scenario.max_requests && !traffic.contains("trace"))
        in.error("duration_s", "the scenario has no end", "Give duration_s or max_requests");
    end_with_trace(scenario);
    if (const Json* models = in.get("models"); models && models->is_object()) {
        for (const auto& [provider, model] : models->items()) {
            scenario.models[provider] = chain::read_provider_model(
                model, "/models/" + chain::escape_pointer(provider), problems);
        }
    } else if (models) {
        in.error("models", "expected an object from provider to model");
    }
    in.array("faults", [&](const Json& value, const std::string& pointer) {
        scenario.faults.push_back(read_rule(value, pointer, problems));
    });
    warn_of_silent_faults(scenario, problems);
    check_exclusive(scenario.faults, problems);
    in.array("expect", [&](const Json& value, const std::string& pointer) {
        scenario.expect.push_back(read_expectation(value, pointer, problems));
    });
    check_places(scenario, problems);
    in.finish();
    return scenario;
}

} // namespace

std::string_view name(Metric metric) {
    return metric_names[static_cast<int>(metric)];
}

std::string Expectation::text() const {
    std::string out{name(metric)};
    if (quantile)
        out += " p" + number_text(*quantile * 100);
    if (!target.empty())
        out += " " + target;
    if (at_least)
        out += " at least " + number_text(*at_least);
    if (at_least && at_most)
        out += " and";
    if (at_most)
        out += " at most " + number_text(*at_most);
    return out;
}

double Traffic::rate_at(double s) const {
    if (trace) {
        const auto before = [this](double at) {
            return std::partition_point(
                trace->rows.begin(), trace->rows.end(),
                [&](const TraceRow& r) { return r.at_s / time_scale < at; });
        };
        return static_cast<double>(before(s + 1) - before(s));
    }
    double rate_now = 0;
    for (const RateStep& step : rate) {
        if (step.at_s > s)
            break;
        rate_now = step.requests_per_s;
    }
    return rate_now;
}

chain::Checked<Scenario> read_scenario(const Json& json, const std::string& file,
                                       const std::string& folder) {
    ProblemList problems(file);
    const std::filesystem::path from = folder;
    Scenario scenario =
        read(json, folder.empty() ? std::filesystem::path(file).parent_path() : from, problems);
    chain::Checked<Scenario> out;
    if (!problems.has_errors())
        out.value = std::move(scenario);
    out.problems = problems.take();
    return out;
}

chain::Checked<Scenario> read_scenario_file(const std::string& path) {
    const auto refused = [&](const Error& e) {
        chain::Checked<Scenario> out;
        std::string place = e.place.starts_with(path) ? e.place.substr(path.size()) : e.place;
        place.erase(0, std::min(place.find_first_not_of(": "), place.size()));
        out.problems.push_back({chain::Problem::Severity::error, path, place, e.message, e.remedy});
        return out;
    };
    const auto text = chain::read_file(path);
    if (!text)
        return refused(text.error());
    const auto json = chain::parse_json(*text, path);
    if (!json)
        return refused(json.error());
    return read_scenario(*json, path);
}

} // namespace brownout::faults
