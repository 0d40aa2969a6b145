#include "chain/policy_table.h"
#include "chain/provider_read.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace brownout::chain {
namespace {

constexpr std::string_view strategies[] = {"priority", "weighted", "cheapest", "fastest"};
constexpr std::string_view capability_names[] = {"stream", "tools", "images_in",
                                                 "image",  "json",  "prefill"};

// What references are checked against.
std::vector<std::string_view> provider_ids(const Document& document) {
    std::vector<std::string_view> out;
    for (const Provider& provider : document.providers)
        out.push_back(provider.id);
    return out;
}

void missing_provider(const std::string& id, const std::string& pointer, const Document& document,
                      ProblemList& problems) {
    const auto ids = provider_ids(document);
    const std::string near = may_be_secret(id) ? std::string{} : nearest(id, ids);
    problems.error(pointer, "no provider " + shown(id) + " in this file",
                   near.empty() ? "add it to `providers`" : "did you mean `" + near + "`?");
}

std::optional<engine::Capabilities> read_capabilities(ObjectReader& target) {
    if (!target.get("capabilities"))
        return {};
    engine::Capabilities out;
    target.array(
        "capabilities",
        [&](const Json& value, const std::string& pointer) {
            const std::string word = value.is_string() ? value.get<std::string>() : "";
            const auto at =
                std::find(std::begin(capability_names), std::end(capability_names), word);
            if (at != std::end(capability_names)) {
                out.bits |= 1u << (at - std::begin(capability_names));
                return;
            }
            const std::string near = nearest(word, capability_names);
            target.problems().error(pointer, "unknown capability " + shown(value),
                                    near.empty()
                                        ? "use stream, tools, images_in, image, json or prefill"
                                        : "did you mean `" + near + "`?");
        },
        16);
    return out;
}

Target read_target(const Json& value, const std::string& pointer, const Document& document,
                   ProblemList& problems) {
    Target out;
    ObjectReader in(value, pointer, problems);
    out.provider = in.require_text("provider", "`provider`, the id of one of `providers`");
    if (!out.provider.empty() && !document.provider(out.provider))
        missing_provider(out.provider, in.pointer_to("provider"), document, problems);
    out.model = in.require_text("model", "`model`, as the provider names it");
    out.enabled = in.boolean("enabled", true);
    out.weight = in.number("weight", 1, {0, 1e6, true});
    out.quality = in.number("quality", 1, {0, 1});
    if (in.get("price"))
        out.price = read_price(in.object("price"));
    out.context_tokens = in.maybe_integer("context_tokens", {1, 1e9});
    out.capabilities = read_capabilities(in);
    Json overrides = Json::object();
    for (const char* key : {"timeouts", "retry"})
        if (const Json* level = in.get(key))
            overrides[key] = *level;
    check_policy(overrides, PolicyLevel::target, pointer, problems);
    for (const char* key : {"timeouts", "retry"})
        if (overrides.contains(key) && overrides[key].is_object())
            (key == std::string_view("retry") ? out.retry : out.timeouts) = overrides[key];
    constexpr std::string_view holds[] = {"open", "closed"};
    const int hold = in.choice("breaker_hold", -1, holds);
    out.breaker_hold = hold < 0    ? engine::BreakerHold::none
                       : hold == 0 ? engine::BreakerHold::open
                                   : engine::BreakerHold::closed;
    in.finish();
    return out;
}

// A level of policy; what is not an object was reported and counts as empty.
Json read_policy(ObjectReader& in, PolicyLevel level, const Document& document) {
    const Json* policy = in.get("policy");
    if (!policy)
        return Json::object();
    check_policy(*policy, level, in.pointer_to("policy"), in.problems());
    if (!policy->is_object())
        return Json::object();
    const Json* amounts = find_value(*policy, "budget/per_provider_day_usd");
    if (amounts && amounts->is_object())
        for (auto it = amounts->begin(); it != amounts->end(); ++it)
            if (!document.provider(it.key()))
                missing_provider(it.key(),
                                 in.pointer_to("policy") + "/budget/per_provider_day_usd/" +
                                     escape_pointer(it.key()),
                                 document, in.problems());
    return *policy;
}

Chain read_chain(const Json& value, const std::string& pointer, const Document& document,
                 ProblemList& problems) {
    Chain out;
    ObjectReader in(value, pointer, problems);
    out.id = in.require_text("id", "`id`, such as \"default\"");
    if (!out.id.empty() && !is_id(out.id))
        in.error("id", "may hold letters, digits, `.`, `_` and `-` only, at most 64");
    else if (out.id == "auto")
        in.error("id", "`auto` names the chain `default` in requests", "choose another id");
    out.task = in.text("task");
    out.strategy = static_cast<engine::Strategy>(in.choice("strategy", 0, strategies));
    in.require("targets", "`targets`, with at least one target");
    in.array(
        "targets",
        [&](const Json& target, const std::string& at) {
            out.targets.push_back(read_target(target, at, document, problems));
        },
        engine::max_entries);
    if (const Json* targets = in.get("targets"); targets && targets->is_array() && targets->empty())
        in.error("targets", "a chain needs at least one target",
                 "add {\"provider\": ..., \"model\": ...}");
    out.policy = read_policy(in, PolicyLevel::chain, document);
    in.finish();
    return out;
}

// A task is that of a chain, or a chain's id.
void check_task(const Document& document, ObjectReader& alert, const std::string& task) {
    if (task.empty() || task == "*")
        return;
    std::vector<std::string_view> known;
    for (const Chain& chain : document.chains) {
        known.push_back(chain.task);
        known.push_back(chain.id);
    }
    if (std::find(known.begin(), known.end(), task) != known.end())
        return;
    const std::string near = nearest(task, known);
    alert.error("task", "no chain has the task or the id " + shown(Json(task)),
                near.empty() ? "name a task or an id of `chains`" : "did you mean `" + near + "`?");
}

Alert read_alert(const Json& value, const std::string& pointer, const Document& document,
                 ProblemList& problems) {
    constexpr std::string_view metrics[] = {"failure_rate", "fallback_ratio", "latency_ms",
                                            "spend_usd",    "budget_used",    "cost_jump",
                                            "breaker_open"};
    Alert out;
    ObjectReader in(value, pointer, problems);
    in.require("metric", "`metric`, such as \"failure_rate\"");
    out.metric = metrics[in.choice("metric", 0, metrics)];
    out.target = in.text("target");
    out.task = in.text("task");
    check_task(document, in, out.task);
    if (out.target.starts_with("@")) {
        if (!place_named(out.target, engine::max_entries))
            in.error("target", "no such place in a chain", "use @primary, @2 or @last");
    } else if (!out.target.empty() && out.target != "*") {
        const std::string provider = out.target.substr(0, out.target.find('/'));
        if (!document.provider(provider))
            missing_provider(provider, in.pointer_to("target"), document, problems);
    }
    if (out.metric != "breaker_open")
        in.require("above", "`above`, the value that raises the alert");
    const bool ratio = out.metric == "failure_rate" || out.metric == "fallback_ratio" ||
                       out.metric == "budget_used";
    out.above = in.number("above", 0, {0, ratio ? 1 : 1e9});
    out.for_s = in.number("for_s", 0, {0, 86'400});
    out.quantile = in.maybe_number("quantile", {0, 0.9999, true});
    if (out.quantile && out.metric != "latency_ms")
        in.error("quantile", "only latency_ms has a quantile", "remove it");
    in.finish();
    return out;
}

void read_hooks(ObjectReader& root, Document& out) {
    ObjectReader hooks = root.object("hooks");
    const auto address = [&](const char* name) {
        std::string url = hooks.text(name);
        // A hook may well need a query; the rest of the address is held to the same rules.
        if (!url.empty())
            check_url(url.substr(0, url.find('?')), hooks.pointer_to(name), root.problems(),
                      "put it behind a ?");
        return url;
    };
    out.on_failover = address("on_failover");
    out.on_alert = address("on_alert");
    hooks.finish();
}

template <class T>
void refuse_duplicate_ids(const std::vector<T>& items, const std::string& list,
                          ProblemList& problems) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < items.size(); ++i)
        if (!items[i].id.empty() && !seen.insert(items[i].id).second)
            problems.error("/" + list + "/" + std::to_string(i) + "/id",
                           "the id " + shown(items[i].id) + " is taken",
                           "every one of `" + list + "` needs an id of its own");
}

} // namespace

Alert default_alert() {
    Alert out;
    out.metric = "failure_rate";
    out.target = "@primary";
    out.above = 0.05;
    out.for_s = 60;
    return out;
}

std::optional<std::size_t> place_named(std::string_view text, std::size_t targets) {
    std::size_t place = 0;
    if (text == "@primary")
        place = 1;
    else if (text == "@last")
        place = targets;
    else if (text.starts_with("@")) {
        const auto read = std::from_chars(text.data() + 1, text.data() + text.size(), place);
        if (read.ec != std::errc() || read.ptr != text.data() + text.size())
            return {};
    }
    return place >= 1 && place <= targets ? std::optional{place - 1} : std::nullopt;
}

const Provider* Document::provider(std::string_view id) const {
    const auto at = std::find_if(providers.begin(), providers.end(),
                                 [&](const Provider& p) { return p.id == id; });
    return at == providers.end() ? nullptr : &*at;
}
const Chain* Document::chain(std::string_view id) const {
    const auto at =
        std::find_if(chains.begin(), chains.end(), [&](const Chain& c) { return c.id == id; });
    return at == chains.end() ? nullptr : &*at;
}
const Chain* Document::chain_or_default(std::string_view id_or_task) const {
    if (const Chain* by_id = chain(id_or_task); by_id && !id_or_task.empty())
        return by_id;
    if (!id_or_task.empty())
        for (const Chain& c : chains)
            if (c.task == id_or_task)
                return &c;
    if (const Chain* by_default = chain("default"))
        return by_default;
    return chains.empty() ? nullptr : &chains.front();
}
bool Document::simulated() const {
    return std::all_of(providers.begin(), providers.end(),
                       [](const Provider& p) { return p.simulated(); });
}

Checked<Document> read_document(const Json& json, const std::string& file) {
    ProblemList problems(file);
    Document out;
    ObjectReader in(json, "", problems);
    if (json.is_object()) {
        in.require("format", "\"format\": \"" + std::string(chain_format) + "\"");
        constexpr std::string_view formats[] = {chain_format};
        in.choice("format", 0, formats);
    }
    out.name = in.text("name");
    in.require("providers", "`providers`, a list");
    in.array(
        "providers",
        [&](const Json& value, const std::string& pointer) {
            out.providers.push_back(read_provider(value, pointer, problems));
        },
        1000);
    refuse_duplicate_ids(out.providers, "providers", problems);
    in.require("chains", "`chains`, a list with at least one chain");
    in.array(
        "chains",
        [&](const Json& value, const std::string& pointer) {
            out.chains.push_back(read_chain(value, pointer, out, problems));
        },
        1000);
    if (const Json* chains = in.get("chains"); chains && chains->is_array() && chains->empty())
        in.error("chains", "a document needs at least one chain",
                 "add {\"id\": \"default\", \"targets\": [...]}");
    refuse_duplicate_ids(out.chains, "chains", problems);
    out.policy = read_policy(in, PolicyLevel::document, out);
    constexpr std::string_view unknown[] = {"default", "error"};
    out.unknown_model_is_error = in.choice("unknown_model", 0, unknown) == 1;
    in.array(
        "alerts",
        [&](const Json& value, const std::string& pointer) {
            out.alerts.push_back(read_alert(value, pointer, out, problems));
        },
        1000);
    if (!in.get("alerts"))
        out.alerts.push_back(default_alert());
    read_hooks(in, out);
    if (const Json* evidence = in.get("evidence")) { // its hashes are check_evidence's
        if (evidence->is_object())
            out.evidence = *evidence;
        else
            in.error("evidence", "expected an object, found " + shown(*evidence),
                     "export the chain again");
    }
    in.finish();
    Checked<Document> result;
    if (!problems.has_errors())
        result.value = std::move(out);
    result.problems = problems.take();
    return result;
}

Checked<Document> read_document_text(std::string_view text, const std::string& file) {
    const auto json = parse_json(text, "");
    if (json)
        return read_document(*json, file);
    return {{},
            {{Problem::Severity::error, file, json.error().place, json.error().message,
              json.error().remedy}}};
}

Checked<Document> read_document_file(const std::string& path) {
    const auto text = read_file(path);
    if (text)
        return read_document_text(*text, path);
    return {{}, {{Problem::Severity::error, path, "", text.error().message, text.error().remedy}}};
}

} // namespace brownout::chain
