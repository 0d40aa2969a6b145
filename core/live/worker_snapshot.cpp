// The worker's picture of itself.
#include "live/worker_impl.h"

#include <algorithm>
#include <cstdio>

namespace brownout::live {

namespace {

bool names(const faults::Rule& rule, const std::string& target) {
    return rule.target == target ||
           std::find(rule.group.begin(), rule.group.end(), target) != rule.group.end();
}

std::string label_of(const faults::Fault& fault) {
    if (fault.kind == faults::Kind::http_error)
        return "HTTP " + std::to_string(fault.status);
    return std::string{faults::info(fault.kind).label};
}

} // namespace

std::vector<TargetView> Worker::Impl::target_views(Instant now) {
    std::vector<TargetView> views;
    const chain::Compiled& names = current->driver->names();
    std::vector<std::size_t> order;
    const chain::Chain* shown = shown_chain();
    const auto add = [&](std::size_t index) {
        if (std::find(order.begin(), order.end(), index) == order.end())
            order.push_back(index);
    };
    for (const chain::Target& target : shown->targets)
        if (const auto id = names.target(target.name()))
            add(id->value);
    for (std::size_t i = 0; i < names.targets.size(); ++i)
        add(i);
    for (const std::size_t index : order) {
        const chain::Compiled::TargetInfo& info = names.targets[index];
        TargetView view;
        view.name = info.name;
        view.provider = info.provider;
        view.model = info.model;
        view.simulated = current->document.provider(info.provider)->simulated();
        for (const chain::Target& target : shown->targets)
            if (target.name() == info.name)
                view.enabled = target.enabled;
        view.status = current->driver->status(index);
        if (view.status.breaker == engine::BreakerState::open &&
            view.status.hold == engine::BreakerHold::none)
            view.next_probe_in = std::max(Duration::zero(), view.status.open_until - now);
        view.price_known = names.setup.targets[index].price.known;
        if (view.simulated)
            view.lab_url = lab->base_url(info.provider).value_or(std::string{});
        figures.fill(view, now);
        views.push_back(std::move(view));
    }
    return views;
}

ScenarioView Worker::Impl::scenario_view() const {
    if (!rehearsal)
        return scenario;
    ScenarioView view = scenario;
    view.state = RunState::running;
    view.elapsed_s = rehearsal->elapsed_s();
    view.duration_s = rehearsal->duration_s();
    view.paused = rehearsal->paused();
    view.speed = rehearsal->speed();
    view.has_speed = rehearsal->has_speed();
    view.requests = rehearsal->requests();
    view.expectations = rehearsal->judge();
    return view;
}

std::vector<ActiveFaultView> Worker::Impl::fault_views() const {
    std::vector<ActiveFaultView> views;
    for (const Lab::ActiveFault& fault : lab->active()) {
        ActiveFaultView view;
        view.id = fault.id;
        view.target = fault.target;
        view.kind = faults::info(fault.kind).name;
        view.label = faults::info(fault.kind).label;
        view.manual = fault.manual;
        view.since = fault.since;
        const auto manual = by_hand.find(fault.id);
        if (fault.manual && manual != by_hand.end()) {
            view.rule = manual->second.rule;
            view.label = label_of(view.rule.fault);
        } else {
            for (const faults::Rule& rule : scheduled)
                if (names(rule, fault.target) && rule.fault.kind == fault.kind) {
                    view.label = label_of(rule.fault);
                    view.rule = rule;
                }
        }
        views.push_back(std::move(view));
    }
    return views;
}

void Worker::Impl::publish() {
    const Instant now = clock.now();
    manual_faults_changed();
    auto picture = std::make_shared<Snapshot>();
    picture->version = ++version;
    picture->now = now;
    picture->wall = clock.wall();
    if (loaded) {
        picture->document_name = loaded->document.name;
        picture->document_revision = loaded->revision;
    }
    figures.fill(*picture, now);
    if (current) {
        picture->simulated = current->document.simulated();
        picture->targets = target_views(now);
    }
    if (traffic)
        picture->traffic = {true, traffic->asked.requests_per_s, traffic->asked.chain};
    picture->active_faults = fault_views();
    picture->scenario = scenario_view();
    picture->endpoint = endpoint_view();
    for (const auto& prompt : prompts)
        picture->prompts.push_back(prompt->shown());
    if (batch)
        picture->batch = batch->view();
    picture->outage = outage.summary();
    picture->alerts = alarms->alerts();
    picture->notices = notices;
    published = now;
    const std::lock_guard lock(snapshot_mutex);
    snapshot = std::move(picture);
}

} // namespace brownout::live
