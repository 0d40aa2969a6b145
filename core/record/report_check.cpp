#include "chain/reader.h"
#include "record/report.h"

namespace brownout::record {

namespace {

using chain::Json;
using chain::ObjectReader;
using chain::ProblemList;
using chain::Range;

constexpr Range count{0, 1e15};
constexpr Range amount{0, 1e12};

// Required, and a number or null ("never observed"); `object` is what `reader` reads.
void figure(ObjectReader& reader, const Json& object, std::string_view key, Range range = amount) {
    const auto found = object.find(key);
    if (found != object.end() && found->is_null())
        reader.get(key);
    else if (reader.require(key, "a number, or null where nothing was observed"))
        reader.number(key, 0, range);
}

void required_count(ObjectReader& reader, std::string_view key) {
    if (reader.require(key, "a whole number"))
        reader.integer(key, 0, count);
}

void required_boolean(ObjectReader& reader, std::string_view key) {
    if (reader.require(key, "true or false"))
        reader.boolean(key, false);
}

void check_latency(ObjectReader& parent, std::string_view key) {
    const Json* object = parent.require(key, "an object with p50, p95, p99, max and mean");
    if (!object)
        return;
    ObjectReader latency = parent.object(key);
    if (!object->is_object())
        return;
    for (const std::string_view name : {"p50", "p95", "p99", "max", "mean"})
        figure(latency, *object, name);
    latency.finish();
}

void check_counts(ObjectReader& parent, std::string_view key) {
    const Json* object = parent.require(key, "an object of counts");
    if (!object)
        return;
    if (!object->is_object()) {
        parent.error(key, "expected an object of counts");
        return;
    }
    for (const auto& [name, value] : object->items())
        if (!value.is_number_integer() || value.get<std::int64_t>() < 0)
            parent.problems().error(parent.pointer_to(key) + "/" + chain::escape_pointer(name),
                                    "expected a whole number");
}

// Reports from before health checks were counted have none.
void check_health_checks(ObjectReader& parent, const Json& object) {
    if (!object.contains("health_checks"))
        return;
    ObjectReader checks = parent.object("health_checks");
    if (!object["health_checks"].is_object())
        return;
    required_count(checks, "made");
    required_count(checks, "failed");
    figure(checks, object["health_checks"], "spend_usd");
    checks.finish();
}

void check_breaker(const Json& row, const std::string& pointer, ProblemList& problems) {
    static constexpr std::string_view states[] = {"closed", "half_open", "open"};
    ObjectReader reader(row, pointer, problems);
    if (!row.is_object())
        return;
    figure(reader, row, "at_s");
    reader.require("from", "a breaker state");
    reader.choice("from", 0, states);
    reader.require("to", "a breaker state");
    reader.choice("to", 0, states);
    reader.require_text("why", "a reason");
    reader.finish();
}

void check_target(const Json& target, const std::string& pointer, ProblemList& problems) {
    static constexpr std::string_view was[] = {"real", "simulated"};
    ObjectReader reader(target, pointer, problems);
    if (!target.is_object())
        return;
    reader.require_text("target", "the target's name");
    reader.require("was", "real or simulated");
    reader.choice("was", 0, was);
    for (const std::string_view key : {"attempts", "succeeded", "failed", "served"})
        required_count(reader, key);
    check_counts(reader, "by_class");
    check_counts(reader, "by_task");
    check_latency(reader, "latency_ms");
    figure(reader, target, "spend_usd");
    check_health_checks(reader, target);
    reader.require("breaker", "a list of breaker changes");
    reader.array("breaker",
                 [&](const Json& row, const std::string& at) { check_breaker(row, at, problems); });
    reader.finish();
}

void check_timeline_row(const Json& row, const std::string& pointer, ProblemList& problems) {
    ObjectReader reader(row, pointer, problems);
    if (!row.is_object())
        return;
    figure(reader, row, "at_s");
    required_count(reader, "requests");
    required_count(reader, "failed");
    figure(reader, row, "spend_usd");
    reader.finish();
}

void check_expectation(const Json& row, const std::string& pointer, ProblemList& problems) {
    ObjectReader reader(row, pointer, problems);
    if (!row.is_object())
        return;
    reader.require_text("metric", "the metric's name");
    reader.maybe_number("quantile", {0, 1});
    reader.text("target");
    reader.maybe_number("at_least");
    reader.maybe_number("at_most");
    figure(reader, row, "observed");
    required_boolean(reader, "pass");
    if (reader.has("pass") && row["pass"] == true && !reader.has("observed"))
        reader.error("pass", "an expectation that was never observed cannot have passed");
    reader.finish();
}

void check_head(ObjectReader& reader, const Json& report) {
    static constexpr std::string_view modes[] = {"rehearsed", "simulated"};
    const auto format = reader.require_text("format", "\"brownout.report/1\"");
    if (!format.empty() && format != report_format)
        reader.error("format", "this is no report", "expected \"brownout.report/1\"");
    reader.require_text("engine_version", "a version");
    reader.require("mode", "rehearsed or simulated");
    reader.choice("mode", 0, modes);
    required_boolean(reader, "partial");
    const auto hash = reader.require_text("chain_sha256", "64 hexadecimal digits");
    if (!hash.empty() &&
        (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != hash.npos))
        reader.error("chain_sha256", "expected 64 lower-case hexadecimal digits");
    const Json* scenario = reader.require("scenario", "the whole scenario");
    if (scenario && !scenario->is_object())
        reader.error("scenario", "expected the whole scenario as an object");
    else if (scenario && scenario->contains("name") && !(*scenario)["name"].is_string())
        reader.problems().error(reader.pointer_to("scenario") + "/name", "expected a text");
    reader.require("seed", "a whole number");
    reader.integer("seed", 0, {0, 9007199254740991.0}); // a double keeps it exactly
    required_count(reader, "runs");
    figure(reader, report, "elapsed_s");
    figure(reader, report, "virtual_s");
    for (const std::string_view key :
         {"requests", "succeeded", "failed", "truncated", "attempts", "fallbacks", "hedges"})
        required_count(reader, key);
}

// Of several runs: the mean over them, and how sure it is.
void check_per_run(ObjectReader& parent, const Json& report) {
    if (!report.contains("per_run"))
        return;
    ObjectReader runs = parent.object("per_run");
    if (!report["per_run"].is_object())
        return;
    for (const std::string_view name : {"availability", "latency_p50_ms", "latency_p95_ms",
                                        "latency_p99_ms", "spend_usd", "attempts_per_request"}) {
        const Json* object = runs.require(name, "an object with mean, low, high and method");
        if (!object)
            continue;
        ObjectReader interval = runs.object(name);
        if (!object->is_object())
            continue;
        for (const std::string_view key : {"mean", "low", "high"})
            figure(interval, *object, key);
        interval.require_text("method", "the interval's method");
        // Reports from before runs were listed have none.
        interval.array("values", [&](const Json& value, const std::string& at) {
            if (!value.is_null() && !value.is_number())
                interval.problems().error(at, "expected a number, or null for a run without one");
        });
        interval.finish();
    }
    runs.finish();
}

// Figures that contradict each other were not written by Brownout.
void check_sums(const Json& report, ObjectReader& reader) {
    const auto at = [&](const char* key) {
        const auto found = report.find(key);
        return found != report.end() && found->is_number() ? found->get<double>() : 0.0;
    };
    if (at("succeeded") + at("failed") + at("truncated") > at("requests"))
        reader.error("requests", "fewer requests than succeeded, failed and truncated together");
    const auto targets = report.find("targets");
    if (targets == report.end() || !targets->is_array())
        return;
    double attempts = 0;
    for (const Json& target : *targets)
        if (target.is_object() && target.contains("attempts") && target["attempts"].is_number())
            attempts += target["attempts"].get<double>();
    if (attempts != at("attempts"))
        reader.error("attempts", "is not the sum of the targets' attempts");
}

} // namespace

std::vector<chain::Problem> check_report(const Json& report, const std::string& file) {
    ProblemList problems(file);
    ObjectReader reader(report, "", problems);
    if (!report.is_object())
        return problems.take();
    check_head(reader, report);
    const Json* availability = reader.require("availability", "value, low, high and method");
    if (availability && availability->is_object()) {
        ObjectReader interval = reader.object("availability");
        for (const std::string_view key : {"value", "low", "high"})
            figure(interval, *availability, key, {0, 1});
        interval.require_text("method", "the interval's method");
        interval.finish();
    } else if (availability) {
        reader.error("availability", "expected an object with value, low, high and method");
    }
    check_latency(reader, "latency_ms");
    check_latency(reader, "first_token_ms");
    figure(reader, report, "spend_usd");
    figure(reader, report, "wasted_usd");
    check_health_checks(reader, report);
    check_per_run(reader, report);
    reader.require("targets", "a list of targets");
    reader.array("targets", [&](const Json& target, const std::string& pointer) {
        check_target(target, pointer, problems);
    });
    reader.require("timeline", "a list of rows");
    reader.array("timeline", [&](const Json& row, const std::string& pointer) {
        check_timeline_row(row, pointer, problems);
    });
    reader.require("expectations", "a list of expectations");
    reader.array("expectations", [&](const Json& row, const std::string& pointer) {
        check_expectation(row, pointer, problems);
    });
    reader.require("notes", "a list of sentences");
    reader.array("notes", [&](const Json& note, const std::string& pointer) {
        if (!note.is_string())
            problems.error(pointer, "expected a sentence");
    });
    check_sums(report, reader);
    reader.finish();
    return problems.take();
}

bool all_pass(const Json& report) {
    const auto list = report.find("expectations");
    if (!report.is_object() || list == report.end() || !list->is_array())
        return false;
    for (const auto& row : *list)
        if (!row.is_object() || row.value("pass", Json()) != true)
            return false;
    return true;
}

} // namespace brownout::record
