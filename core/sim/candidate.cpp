// From assumptions to what can be simulated.
#include "chain/model_read.h"
#include "chain/reader.h"
#include "sim/assumptions.h"
#include "sim/lengths.h"
#include "sim/run_plan.h"

#include <algorithm>

namespace brownout::sim {
namespace {

using chain::Json;

std::string target_name(const Json& target) {
    return target.value("provider", "") + "/" + target.value("model", "");
}

Result<Json> with_targets(Json chain, const std::vector<std::string>& names) {
    Json kept = Json::array();
    for (const std::string& name : names) {
        const auto& all = chain["targets"];
        const auto at = std::find_if(all.begin(), all.end(),
                                     [&](const Json& t) { return target_name(t) == name; });
        if (at == all.end())
            return bad_input("targets", "the chain has no target \"" + name + "\" any more",
                             "Take this chain out of the comparison");
        kept.push_back(*at);
    }
    chain["targets"] = std::move(kept);
    return chain;
}

Json* chain_at(Json& document, const std::string& id) {
    if (document.contains("chains") && document["chains"].is_array())
        for (Json& chain : document["chains"])
            if (chain.value("id", "") == id)
                return &chain;
    return nullptr;
}

// The chain that is meant, written out.
Result<Json> compared_chain(Json& document, const std::string& shown, const Compared* what) {
    if (what && what->copy.is_object())
        return what->copy;
    const std::string id = what && !what->chain.empty() ? what->chain : shown;
    const Json* found = chain_at(document, id);
    if (!found)
        return bad_input("chain", "the document has no chain \"" + id + "\" any more",
                         "Take this chain out of the comparison");
    Json out = *found;
    if (what && !what->targets.empty()) {
        auto fewer = with_targets(std::move(out), what->targets);
        if (!fewer)
            return fail(fewer.error());
        out = std::move(*fewer);
    }
    if (what && what->policy.is_object()) {
        Json policy = out.value("policy", Json::object());
        policy.merge_patch(what->policy);
        out["policy"] = std::move(policy);
    }
    return out;
}

std::string label_of(const Compared* what, const Json& chain) {
    if (what && !what->label.empty())
        return what->label;
    if (what && !what->chain.empty())
        return what->chain;
    return what ? chain.value("id", "") : "this chain";
}

void assume(const Assumptions& a, chain::Document& document) {
    for (chain::Provider& provider : document.providers) {
        const Assumed of = assumed(a, provider);
        Json model = of.latency;
        if (!of.outages.is_null())
            model["outages"] = of.outages;
        chain::ProblemList ignored(""); // all of it was read before
        provider.model = chain::read_provider_model(model, "", ignored);
        provider.base_url = "lab:";
    }
    for (chain::Chain& chain : document.chains)
        for (chain::Target& target : chain.targets)
            target.price = assumed_price(a, target).price;
}

// Of a problem of the plan: where in the assumptions it comes from.
std::string pointer_of(const std::string& place, const chain::Document& document) {
    constexpr std::string_view providers = "/providers/", model = "/model/";
    if (place.starts_with("/traffic/requests_per_s") || place.starts_with("/duration_s"))
        return "/traffic/requests_per_day";
    const auto end = place.find(model);
    if (!place.starts_with(providers) || end == std::string::npos)
        return "";
    const std::string number = place.substr(providers.size(), end - providers.size());
    std::size_t index = 0;
    for (const char c : number)
        index = c >= '0' && c <= '9' && index < 1'000'000
                    ? index * 10 + static_cast<std::size_t>(c - '0')
                    : document.providers.size();
    if (index >= document.providers.size())
        return "";
    const std::string rest = place.substr(end + model.size());
    return "/providers/" + chain::escape_pointer(document.providers[index].id) +
           (rest.starts_with("outages") ? "/" : "/latency/") + rest;
}

} // namespace

Result<Candidate> candidate(const Json& document, const std::string& shown_chain,
                            const Assumptions& a, const Compared* what,
                            const chain::PriceTable& prices) {
    Json whole = document;
    whole.erase("evidence");
    auto chain = compared_chain(whole, shown_chain, what);
    if (!chain)
        return fail(chain.error());
    Candidate out;
    out.label = label_of(what, *chain);
    out.chain_id = shown_chain;
    (*chain)["id"] = shown_chain;
    Json* place = chain_at(whole, shown_chain);
    if (!place)
        return bad_input("chain", "the document has no chain \"" + shown_chain + "\"");
    *place = *chain;
    auto read = chain::read_document(whole, out.label);
    if (!read.ok()) {
        for (const auto& problem : read.problems)
            if (problem.severity == chain::Problem::Severity::error)
                return bad_input(out.label + problem.pointer, problem.message, problem.remedy);
        return bad_input(out.label, "this chain cannot be read");
    }
    chain::fill_prices(*read.value, prices);
    assume(a, *read.value);
    out.document = std::move(*read.value);
    out.chain = std::move(*chain);
    return out;
}

faults::Scenario year_of(const Assumptions& a, const std::string& chain_id) {
    faults::Scenario out;
    out.name = "a year";
    out.duration_s = days_of_year * day_s;
    out.traffic.chain = chain_id;
    out.traffic.stream = a.stream;
    out.traffic.input_tokens = a.input_tokens;
    out.traffic.output_tokens = a.output_tokens;
    const double mean = a.requests_per_day / day_s;
    out.traffic.rate = {{0, mean}};
    if (a.shape != Shape::steady) {
        const std::vector<double> shape = hourly_shape(a.shape);
        out.traffic.rate.clear();
        for (std::size_t hour = 0; hour < days_of_year * 24u; ++hour)
            out.traffic.rate.push_back(
                {static_cast<double>(hour) * hour_s,
                 mean * shape[(hour + (first_weekday - 1) * 24u) % shape.size()]});
    }
    out.source = {{"format", faults::scenario_format},
                  {"name", out.name},
                  {"duration_s", *out.duration_s},
                  {"traffic", {{"requests_per_s", mean}, {"chain", chain_id}}}};
    return out;
}

std::vector<chain::Problem> check(const Assumptions& a, const Candidate& candidate) {
    const auto bound = faults::bind(year_of(a, candidate.chain_id), candidate.document, "");
    if (!bound.ok())
        return bound.problems;
    const auto plan = plan_run(candidate.document, *bound.value);
    if (plan)
        return {};
    chain::Problem problem;
    problem.severity = chain::Problem::Severity::error;
    problem.pointer = pointer_of(plan.error().place, candidate.document);
    problem.message = plan.error().message;
    problem.remedy = plan.error().remedy;
    return {problem};
}

} // namespace brownout::sim
