#include "sim/run_plan.h"

#include "faults/arrivals.h"
#include "faults/outages.h"
#include "sim/ends.h"
#include "sim/lengths.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace brownout::sim {
namespace {

constexpr double most_requests = 2e9; // of one run: about ten minutes
constexpr double endless = std::numeric_limits<double>::infinity();

std::string printed(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

Result<void> check_size(const faults::Scenario& scenario) {
    const double requests = expected_requests(scenario);
    if (requests <= most_requests)
        return {};
    if (requests == endless)
        return bad_input("/duration_s", "nothing says when the run ends",
                         "Give duration_s or max_requests");
    const double seconds = scenario.duration_s.value_or(0);
    return bad_input("/traffic/requests_per_s",
                     printed(requests) + " requests in one run are too many; at most " +
                         printed(most_requests) + " fit",
                     seconds > 0 ? "At this length, up to " + printed(most_requests / seconds) +
                                       " requests per second fit"
                                 : "Lower max_requests");
}

// Outages without any time between them would never let the run get on.
Result<void> check_outages(const chain::Document& document, const faults::Scenario& scenario) {
    constexpr double most_outages = 60'000;
    for (std::size_t i = 0; i < document.providers.size(); ++i) {
        const auto& model = document.providers[i].model;
        if (!model || !model->outages)
            continue;
        const double cycle_s =
            (stats::mean(model->outages->gap_h) + stats::mean(model->outages->repair_h)) * hour_s;
        const std::string place = "/providers/" + std::to_string(i) + "/model/outages/gap_h";
        const double length_s = scenario.duration_s.value_or(1);
        if (!(cycle_s > 0.01))
            return bad_input(
                place, "gap and repair of " + document.providers[i].id + " together last no time",
                "Give hours above zero");
        if (length_s / cycle_s > most_outages)
            return bad_input(place,
                             printed(length_s / cycle_s) +
                                 " outages in one run are too many; at "
                                 "most " +
                                 printed(most_outages) + " fit",
                             "At this length, gap and repair of " +
                                 printed(length_s / most_outages / hour_s) + " hours together fit");
    }
    return {};
}

bool connection_kind(faults::Kind kind) {
    using enum faults::Kind;
    return kind == dns_failure || kind == connect_refused || kind == connect_hang ||
           kind == tls_failure;
}

// Every provider simulated: as the scenario says, as the document says, or by the default model.
chain::Document simulated(const chain::Document& document, const faults::Scenario& scenario,
                          std::vector<std::string>& notes) {
    chain::Document out = document;
    for (chain::Provider& provider : out.providers) {
        if (const auto model = scenario.models.find(provider.id); model != scenario.models.end())
            provider.model = model->second;
        else if (!provider.model)
            notes.push_back("provider " + provider.id +
                            " has no model: simulated by the default one (first token about 400 "
                            "ms, 15 ms a token)");
        if (!provider.model)
            provider.model = chain::ProviderModel{};
        provider.base_url = "lab:";
    }
    return out;
}

RunPlan::Target target_of(const chain::Compiled& names, std::size_t i) {
    RunPlan::Target out;
    const engine::TargetSetup& setup = names.setup.targets[i];
    out.provider = setup.provider.value;
    out.chats = setup.capabilities.bits != engine::Capabilities::image;
    out.price = names.targets[i].price;
    out.price_known = setup.price.known;
    const auto& price = out.price;
    out.plain = price && price->tiers.empty() && price->input_usd_per_mtok &&
                price->output_usd_per_mtok && *price->input_usd_per_mtok < 1e6 &&
                *price->output_usd_per_mtok < 1e6;
    if (out.plain) {
        out.pico_per_input = std::llround(*price->input_usd_per_mtok * 1e6);
        out.pico_per_output = std::llround(*price->output_usd_per_mtok * 1e6);
    }
    return out;
}

RunPlan::Chain chain_of(const chain::Document& document, const chain::Compiled& names,
                        std::size_t i) {
    const chain::Chain& chain = document.chains[i];
    const engine::Policy& policy = names.setup.chains[i].policy;
    RunPlan::Chain out;
    out.task = chain.task.empty() ? chain.id : chain.task;
    out.hedges = policy.hedge.has_value();
    if (policy.commit_after.when == engine::CommitWhen::tokens)
        out.commit_tokens = static_cast<std::uint32_t>(std::max(1, policy.commit_after.tokens));
    else if (policy.commit_after.when == engine::CommitWhen::complete)
        out.commit_tokens = 0;
    if (chain.strategy == engine::Strategy::priority)
        for (const engine::EntrySetup& entry : names.setup.chains[i].entries)
            if (entry.enabled && !out.first_choice)
                out.first_choice = entry.target;
    return out;
}

} // namespace

double expected_requests(const faults::Scenario& scenario) {
    const faults::Traffic& traffic = scenario.traffic;
    const double most =
        scenario.max_requests ? static_cast<double>(*scenario.max_requests) : endless;
    if (!scenario.duration_s)
        return most;
    if (!traffic.open_loop()) {
        // Answers take some time at least; a millisecond is far below what any model gives.
        const double cycle_s = std::max(1e-3, stats::mean(traffic.think_ms) / 1e3);
        return std::min(most, traffic.clients * *scenario.duration_s / cycle_s);
    }
    return std::min(most, faults::expected_arrivals(traffic, *scenario.duration_s));
}

Result<RunPlan> plan_run(const chain::Document& document, const faults::Scenario& scenario) {
    if (auto fits = check_size(scenario); !fits)
        return fail(fits.error());
    RunPlan plan;
    plan.scenario = scenario;
    plan.pictures = scenario.traffic.image;
    plan.streams = scenario.traffic.stream && !plan.pictures;
    plan.document = simulated(document, scenario, plan.notes);
    if (auto fits = check_outages(plan.document, scenario); !fits)
        return fail(fits.error());
    auto outages = faults::outage_rules(plan.document, document.name);
    if (!outages.ok())
        return bad_input("", outages.problems.front().text());
    plan.rules = scenario.faults;
    plan.rules.insert(plan.rules.end(), outages.value->begin(), outages.value->end());
    for (const faults::Rule& rule : plan.rules) {
        plan.prices_change |= rule.fault.kind == faults::Kind::price_change;
        plan.connections_break |= connection_kind(rule.fault.kind);
    }
    plan.names = chain::compile(plan.document);
    if (plan.pictures)
        plan.picture_prices = wire::picture_prices(plan.document, plan.names, {});
    for (const chain::Provider& provider : plan.document.providers) {
        const auto& capacity = provider.model->capacity;
        plan.providers.push_back(
            {provider.dialect, ProviderModelTable(*provider.model, provider.id, 0),
             refused_with_status(provider.dialect, 500),
             refused_with_status(provider.dialect, capacity ? capacity->shed_status : 503)});
    }
    for (std::size_t i = 0; i < plan.names.targets.size(); ++i)
        plan.targets.push_back(target_of(plan.names, i));
    for (std::size_t i = 0; i < plan.document.chains.size(); ++i)
        plan.chains.push_back(chain_of(plan.document, plan.names, i));
    const auto index = [&](const std::string& id_or_task) {
        const chain::Chain* chain = plan.document.chain_or_default(id_or_task);
        return engine::ChainId{static_cast<std::uint16_t>(chain - plan.document.chains.data())};
    };
    for (const auto& [task, share] : scenario.traffic.task)
        plan.chain_of_task.push_back(index(task));
    if (plan.chain_of_task.empty())
        plan.chain_of_task.push_back(index(scenario.traffic.chain));
    plan.chain_id = plan.names.chain_ids[index(scenario.traffic.chain).value];
    return plan;
}

} // namespace brownout::sim
