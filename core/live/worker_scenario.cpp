// What the worker's mailbox asks for about scenarios: playing one, holding it, its end.
#include "live/simulation.h"
#include "live/worker_impl.h"

namespace brownout::live {

void Worker::Impl::on(PlayScenario& c) {
    if (rehearsal)
        return notice("a scenario is already playing");
    scenario = {};
    scenario.name = c.scenario.name;
    if (!current) {
        scenario.error = "no chain is loaded";
        return;
    }
    auto bound = faults::bind(c.scenario, loaded->document, c.scenario.name);
    if (!bound.ok()) {
        scenario.error = bound.problems.empty() ? "the scenario does not fit the chain"
                                                : bound.problems.front().text();
        return;
    }
    rehearsed = with_models(loaded->document, *bound.value);
    const auto chains = chains_of(bound.value->traffic, rehearsed);
    const auto real = real_providers(rehearsed, chains);
    if (!real.empty() && !c.max_real_spend) {
        scenario.error = "provider " + real.front() +
                         " is real and would be paid for: give it a model in the scenario, or a "
                         "spending limit";
        return;
    }
    if (auto allowed = may_rehearse(rehearsed, *bound.value, loaded->keys, c.max_real_spend);
        !allowed) {
        scenario.error = allowed.error().text();
        return;
    }
    // What is tested is the chain and the scenario: nothing injected by hand, fresh breakers, no
    // other traffic.
    if (!by_hand.empty())
        notice("faults injected by hand were taken back for the scenario");
    lab->remove_all();
    by_hand.clear();
    manual_faults_changed();
    if (traffic)
        paused_traffic = traffic->asked;
    stop_traffic();
    before_scenario = use(rehearsed, c.seed, nullptr, false);
    current->rehearses = true;
    before_scenario->driver->stop_health_checks(); // they would meet the scenario's faults
    if (const auto why = front_real(*lab, rehearsed, bound.value->faults))
        notice(*why);
    scheduled = rules_of(*bound.value, rehearsed);
    rehearsal =
        std::make_unique<Rehearsal>(loop, clock, *current->driver, *lab,
                                    Rehearsal::Setup{&rehearsed,
                                                     *bound.value,
                                                     loaded->chain_sha256,
                                                     c.seed,
                                                     real.empty() ? std::nullopt : c.max_real_spend,
                                                     {},
                                                     c.speed});
    rehearsal->start([this] { scenario_ended(); });
}

void Worker::Impl::on(StopScenario&) {
    if (rehearsal)
        rehearsal->stop();
}

void Worker::Impl::on(PauseScenario&) {
    if (rehearsal)
        rehearsal->pause();
}

void Worker::Impl::on(ResumeScenario&) {
    if (rehearsal)
        rehearsal->resume();
}

void Worker::Impl::on(SetScenarioSpeed& c) {
    if (rehearsal && !rehearsal->set_speed(c.factor))
        notice(rehearsal->has_speed() ? "the scenario's speed was changed too often"
                                      : "this scenario has no speed: its clients wait for answers");
}

void Worker::Impl::scenario_ended() {
    if (!rehearsal || leaving)
        return;
    scenario = scenario_view();
    scenario.state = rehearsal->stopped() ? RunState::stopped : RunState::finished;
    scenario.report = std::make_shared<const chain::Json>(rehearsal->report());
    rehearsal.reset();
    scheduled.clear();
    use_loaded_document();
    for (const auto& [target, hold] : holds) // the scenario began without them
        current->driver->hold_breaker(target, hold);
    if (const auto asked = std::exchange(paused_traffic, std::nullopt)) {
        if (may_run(asked->chain).empty())
            start_traffic(*asked);
    }
    touch();
}

} // namespace brownout::live
