#include "faults/fault_read.h"

#include "chain/distribution_read.h"

#include <algorithm>

namespace brownout::faults {
namespace {

using chain::Json;
using chain::ObjectReader;
using chain::ProblemList;
using chain::Range;

constexpr double longest_s = 366 * 86400.0;
constexpr double longest_ms = 86400e3;
constexpr double most_tokens = 1e6;
constexpr std::size_t longest_pointer = 200, most_of_a_group = 32;
constexpr std::string_view stages[] = {"accept", "request", "headers"};
constexpr std::string_view cuts[] = {"fin", "rst"};

std::optional<Kind> read_kind(ObjectReader& in) {
    const std::string word = in.require_text("kind", "a fault kind");
    std::vector<std::string_view> known;
    for (const KindInfo& row : kinds()) {
        if (row.name == word)
            return row.kind;
        known.push_back(row.name);
    }
    if (word.empty())
        return std::nullopt; // already told
    const std::string near = chain::nearest(word, known);
    std::string all;
    for (const std::string_view name : known)
        all += (all.empty() ? "" : ", ") + std::string{name};
    in.error("kind", "unknown fault kind " + chain::shown(Json(word)),
             near.empty() ? "Use one of " + all : "did you mean \"" + near + "\"?");
    return std::nullopt;
}

// Nothing would happen without a time; elsewhere none means for good.
bool needs_time(Kind kind) {
    return kind == Kind::latency || kind == Kind::slow_first_token || kind == Kind::slow_tokens ||
           kind == Kind::slow_close;
}

std::string read_pointer(ObjectReader& in) {
    const std::string pointer = in.require_text("pointer", "the field that is left out");
    if (pointer.empty())
        return pointer; // already told
    if (pointer.front() != '/' || pointer.size() < 2 || pointer.size() > longest_pointer)
        in.error("pointer", chain::shown(Json(pointer)) + " is no JSON pointer to a field",
                 "Begin with a slash, for example \"/choices/0/message\"");
    return pointer;
}

double required(ObjectReader& in, std::string_view name, const char* what) {
    if (!in.has(name))
        in.error(name, "is missing", std::string{"Say "} + what);
    return in.number(name, 1, {0, 1e6, true});
}

// Whom an outage of several hits. `target` may be left out: it is the first of them.
std::vector<std::string> read_group(ObjectReader& in) {
    std::vector<std::string> group;
    if (in.has("target"))
        group.push_back(in.text("target"));
    in.array("targets", [&](const Json& value, const std::string& pointer) {
        if (!value.is_string() || value.get_ref<const std::string&>().empty())
            return in.problems().error(pointer, "is no target", "Name a provider or a place");
        const auto& name = value.get_ref<const std::string&>();
        if (std::find(group.begin(), group.end(), name) == group.end())
            group.push_back(name);
    });
    if (group.size() < 2 || group.size() > most_of_a_group)
        in.error("targets", "an outage of several needs 2 to 32 targets",
                 "List them: \"targets\": [\"@primary\", \"@2\"]");
    return group;
}

// What belongs to a kind is read, what belongs to another is refused by name.
Fault read_parameters(ObjectReader& in, Kind kind) {
    Fault fault;
    fault.kind = kind;
    const auto& allowed = info(kind).parameters;
    const auto takes = [&](std::string_view name) {
        if (std::find(allowed.begin(), allowed.end(), name) != allowed.end())
            return true;
        if (!in.get(name))
            return false;
        std::string list;
        for (const std::string_view p : allowed)
            list += (list.empty() ? "" : ", ") + std::string{p};
        in.error(name, std::string{info(kind).name} + " has no such parameter",
                 list.empty() ? "Leave it out; this kind has none" : "It takes: " + list);
        return false;
    };
    if (takes("status"))
        fault.status = static_cast<int>(in.integer("status", 503, {400, 599}));
    if (takes("code"))
        fault.code = in.text("code");
    if (takes("message"))
        fault.message = in.text("message");
    if (takes("retry_after_s"))
        fault.retry_after_s = in.maybe_number("retry_after_s", {0, 86400});
    if (takes("body") && in.has("body"))
        fault.body = in.text("body");
    if (takes("ms")) {
        fault.ms = read_distribution(in, "ms", stats::Constant{0});
        if (const auto* fixed = std::get_if<stats::Constant>(&fault.ms);
            fixed && (fixed->value < 0 || fixed->value > longest_ms)) {
            in.error("ms", "is outside 0 to 86400000", "Give milliseconds, at most one day");
        }
        if (needs_time(kind) && !in.has("ms")) {
            in.error("ms", "is missing", "Say how long: \"ms\": 2000, or a distribution");
        }
    }
    if (takes("stage"))
        fault.stage = static_cast<ResetStage>(in.choice("stage", 2, stages));
    if (takes("after_tokens")) {
        fault.after_tokens = static_cast<int>(in.integer("after_tokens", 0, {0, most_tokens}));
    }
    if (takes("how"))
        fault.how = static_cast<CutHow>(in.choice("how", 0, cuts));
    if (takes("at_token")) {
        fault.at_token = static_cast<int>(in.integer("at_token", 0, {0, most_tokens}));
    }
    if (takes("fraction"))
        fault.fraction = in.number("fraction", 0.5, {0, 0.999});
    if (takes("pointer"))
        fault.pointer = read_pointer(in);
    if (takes("kbyte_per_s"))
        fault.kbyte_per_s = required(in, "kbyte_per_s", "how many kilobytes a second");
    if (takes("factor"))
        fault.factor = required(in, "factor", "how many times as much");
    (void)takes("targets"); // of the rule: read_group
    const Range rate{0, 1e9, true};
    if (takes("requests_per_min"))
        fault.requests_per_min = in.maybe_number("requests_per_min", rate);
    if (takes("tokens_per_min"))
        fault.tokens_per_min = in.maybe_number("tokens_per_min", rate);
    if (kind == Kind::rate_limit && !fault.requests_per_min && !fault.tokens_per_min) {
        in.error("requests_per_min", "a rate limit needs a rate",
                 "Give requests_per_min or tokens_per_min");
    }
    return fault;
}

When read_when(ObjectReader in) {
    When when;
    when.at_s = in.number("at_s", 0, {0, longest_s});
    when.for_s = in.maybe_number("for_s", {0, longest_s, true});
    when.every_s = in.maybe_number("every_s", {0, longest_s, true});
    when.first = in.maybe_integer("first", {1, 1e12});
    when.after = in.integer("after", 0, {0, 1e12});
    when.probability = in.number("probability", 1, {0, 1});
    if (in.has("ramp")) {
        ObjectReader ramp = in.object("ramp");
        when.ramp = When::Ramp{ramp.number("from", 0, {0, 1}), ramp.number("to", 1, {0, 1}),
                               ramp.number("over_s", 0, {0, longest_s, true})};
        if (!ramp.has("over_s"))
            ramp.error("over_s", "is missing", "Say over how many seconds");
        ramp.finish();
    }
    if (in.has("renewal")) {
        ObjectReader renewal = in.object("renewal");
        for (const char* key : {"gap_s", "repair_s"}) {
            if (!renewal.has(key))
                renewal.error(key, "is missing", "Give seconds, or a distribution");
        }
        when.renewal = When::Renewal{read_distribution(renewal, "gap_s", stats::Constant{1}),
                                     read_distribution(renewal, "repair_s", stats::Constant{1})};
        if (stats::mean(when.renewal->gap_s) + stats::mean(when.renewal->repair_s) < 0.01) {
            renewal.error("gap_s", "gap and repair together last no time",
                          "Give at least a hundredth of a second");
        }
        renewal.finish();
    }
    if (when.every_s && !when.for_s) {
        in.error("every_s", "needs for_s", "Say how long each window lasts");
    } else if (when.every_s && *when.for_s > *when.every_s) {
        in.error("every_s", "is shorter than for_s: the windows would overlap",
                 "Make every_s at least for_s, or leave it out");
    }
    if (when.every_s && when.renewal) {
        in.error("renewal", "cannot be combined with every_s", "Use one of the two");
    }
    in.finish();
    return when;
}

Match read_match(ObjectReader in) {
    Match match;
    if (in.has("stream"))
        match.stream = in.boolean("stream", false);
    if (in.has("image"))
        match.image = in.boolean("image", false);
    if (in.has("task"))
        match.task = in.text("task");
    in.get("stream");
    in.get("image");
    in.get("task");
    in.finish();
    return match;
}

Json when_json(const When& when) {
    Json out = Json::object();
    if (when.at_s > 0)
        out["at_s"] = when.at_s;
    if (when.for_s)
        out["for_s"] = *when.for_s;
    if (when.every_s)
        out["every_s"] = *when.every_s;
    if (when.first)
        out["first"] = *when.first;
    if (when.after > 0)
        out["after"] = when.after;
    if (when.probability < 1)
        out["probability"] = when.probability;
    if (when.ramp) {
        out["ramp"] = {
            {"from", when.ramp->from}, {"to", when.ramp->to}, {"over_s", when.ramp->over_s}};
    }
    if (when.renewal) {
        out["renewal"] = {{"gap_s", chain::to_json(when.renewal->gap_s)},
                          {"repair_s", chain::to_json(when.renewal->repair_s)}};
    }
    return out;
}

} // namespace

bool When::timed_only() const {
    return probability >= 1 && !first && after == 0 && !ramp;
}

Rule read_rule(const Json& value, const std::string& pointer, ProblemList& problems) {
    Rule rule;
    ObjectReader in(value, pointer, problems);
    const std::optional<Kind> kind = read_kind(in);
    if (kind == Kind::group_outage)
        rule.group = read_group(in);
    if (rule.group.empty())
        rule.target = in.require_text("target", "whom the fault hits");
    else
        rule.target = rule.group.front();
    rule.match = read_match(in.object("match"));
    rule.when = read_when(in.object("when"));
    if (!kind)
        return rule; // whose parameters the rest are is not known
    rule.fault = read_parameters(in, *kind);
    if (*kind == Kind::price_change && (!rule.when.timed_only() || !rule.match.any()))
        in.error("when", "a price changes by the clock alone, and for every request",
                 "Leave out match, first, after, probability and ramp");
    in.finish();
    return rule;
}

chain::Checked<Rule> read_rule(const Json& json, const std::string& file) {
    ProblemList problems(file);
    Rule rule = read_rule(json, "", problems);
    const bool bad = problems.has_errors();
    chain::Checked<Rule> out;
    if (!bad)
        out.value = std::move(rule);
    out.problems = problems.take();
    return out;
}

Json to_json(const Rule& rule) {
    const Fault& f = rule.fault;
    Json out = {{"target", rule.target}, {"kind", info(f.kind).name}};
    for (const std::string_view parameter : info(f.kind).parameters) {
        const std::string key{parameter};
        if (key == "status")
            out[key] = f.status;
        if (key == "code" && !f.code.empty())
            out[key] = f.code;
        if (key == "message" && !f.message.empty())
            out[key] = f.message;
        if (key == "retry_after_s" && f.retry_after_s)
            out[key] = *f.retry_after_s;
        if (key == "body" && f.body)
            out[key] = *f.body;
        if (key == "ms")
            out[key] = chain::to_json(f.ms);
        if (key == "stage")
            out[key] = stages[static_cast<int>(f.stage)];
        if (key == "after_tokens")
            out[key] = f.after_tokens;
        if (key == "how")
            out[key] = cuts[static_cast<int>(f.how)];
        if (key == "at_token")
            out[key] = f.at_token;
        if (key == "requests_per_min" && f.requests_per_min)
            out[key] = *f.requests_per_min;
        if (key == "tokens_per_min" && f.tokens_per_min)
            out[key] = *f.tokens_per_min;
        if (key == "fraction")
            out[key] = f.fraction;
        if (key == "pointer")
            out[key] = f.pointer;
        if (key == "kbyte_per_s")
            out[key] = f.kbyte_per_s;
        if (key == "factor")
            out[key] = f.factor;
        if (key == "targets")
            out[key] = rule.group;
    }
    Json match = Json::object();
    if (rule.match.stream)
        match["stream"] = *rule.match.stream;
    if (rule.match.image)
        match["image"] = *rule.match.image;
    if (rule.match.task)
        match["task"] = *rule.match.task;
    if (!match.empty())
        out["match"] = match;
    if (Json when = when_json(rule.when); !when.empty())
        out["when"] = when;
    return out;
}

} // namespace brownout::faults
