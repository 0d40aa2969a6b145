#include "record/run_fold_state.h"

#include <algorithm>

namespace brownout::record {

using engine::CallResult;
using engine::OutcomeClass;

RunFold::State::TargetFold& RunFold::State::target(const std::string& name) {
    const auto found = std::find_if(targets.begin(), targets.end(),
                                    [&](const TargetFold& t) { return t.name == name; });
    if (found != targets.end())
        return *found;
    targets.emplace_back().name = name;
    watch(targets.back());
    return targets.back();
}

void RunFold::State::watch(TargetFold& target) {
    for (std::size_t i = 0; i < watches.size(); ++i)
        if (scenario.expect[i].metric == faults::Metric::recovers_within_s &&
            concerns(watches[i].target(), target.name))
            target.watches.push_back(i);
}

RunFold::RunFold(const chain::Compiled& names, const faults::Scenario& scenario,
                 std::string chain_id)
    : state_(std::make_shared<State>()) {
    State& s = *state_;
    s.scenario = scenario;
    for (std::size_t i = 0; i < names.targets.size(); ++i) {
        auto& target = s.targets.emplace_back();
        const auto& info = names.targets[i];
        target.name = info.name;
        target.price_known = names.setup.targets[i].price.known;
        target.tokens_priced =
            info.price && info.price->input_usd_per_mtok && info.price->output_usd_per_mtok;
    }
    for (std::size_t i = 0; i < names.chain_ids.size() && i < names.setup.chains.size(); ++i)
        if (names.chain_ids[i] == chain_id)
            for (const auto& entry : names.setup.chains[i].entries)
                if (entry.target.value < s.targets.size())
                    s.targets[entry.target.value].of_chain = true;
    for (const auto& expectation : scenario.expect)
        s.watches.emplace_back(expectation.target);
    for (auto& target : s.targets)
        s.watch(target);
}

std::size_t RunFold::task_id(const std::string& task) {
    auto& tasks = state_->tasks;
    const auto found = std::find(tasks.begin(), tasks.end(), task);
    if (found == tasks.end() && tasks.size() < State::max_tasks) {
        tasks.push_back(task);
        return tasks.size() - 1;
    }
    return static_cast<std::size_t>(found - tasks.begin());
}

void RunFold::request(const RequestRecord& r) {
    State& s = *state_;
    const auto id = [&](const std::string& name) {
        const auto& target = s.target(name);
        return engine::TargetId{static_cast<std::uint16_t>(s.index_of(target))};
    };
    FoldedCall call{r.started,
                    r.ended,
                    r.first_token.value_or(never),
                    r.result,
                    {},
                    false,
                    r.cost_unknown,
                    task_id(r.task.empty() ? r.chain : r.task),
                    r.cost,
                    r.wasted};
    std::vector<FoldedAttempt> attempts;
    attempts.reserve(r.attempts.size());
    for (const auto& a : r.attempts)
        attempts.push_back({id(a.target), a.outcome.cls, a.mode == engine::AttemptMode::hedge,
                            a.finished, a.started, a.ended, a.outcome.cost});
    if (!r.served_by.empty())
        call.served_by = id(r.served_by);
    call.fell_back = record::fell_back(r);
    request(call, attempts);
}

void RunFold::State::attempt(const FoldedAttempt& a) {
    auto& target = targets[a.target.value];
    ++attempts;
    ++target.attempts;
    hedges += a.hedge;
    if (!a.finished)
        return;
    ++target.by_class[static_cast<std::size_t>(a.cls)];
    target.spend += a.cost;
    if (a.cls == OutcomeClass::success) {
        ++target.succeeded;
        target.latency_ms.add(to_ms(a.ended - a.started));
    } else if (a.cls != OutcomeClass::cancelled) {
        ++target.failed;
    }
}

void RunFold::request(const FoldedCall& r, std::span<const FoldedAttempt> attempts) {
    State& s = *state_;
    ++requests_;
    const bool success = r.result == CallResult::success;
    const bool rejected = r.result == CallResult::rejected;
    const bool cancelled = r.result == CallResult::cancelled;
    const bool partial = r.result == CallResult::partial;
    const bool lost = !success && !rejected && !cancelled;
    succeeded_ += success;
    s.rejected += rejected;
    s.cancelled += cancelled;
    s.partial += partial;
    s.failed += lost && !partial;
    s.spend += r.cost;
    s.wasted += r.wasted;
    s.unknown_costs += r.cost_unknown;
    s.timeline.add(r.started, lost, r.cost);
    if (!rejected && !cancelled)
        s.gap.request(r.started, r.ended, success);
    for (const auto& a : attempts)
        s.attempt(a);
    if (!success)
        return;
    s.latency_ms.add(to_ms(r.ended - r.started));
    if (r.first_token != never)
        s.first_token_ms.add(to_ms(r.first_token - r.started));
    if (!r.served_by)
        return;
    s.fallbacks += r.fell_back;
    auto& target = s.targets[r.served_by->value];
    ++target.served;
    if (r.task < State::max_tasks) {
        if (target.by_task.size() <= r.task)
            target.by_task.resize(r.task + 1);
        ++target.by_task[r.task];
    }
    for (const std::size_t i : target.watches)
        s.watches[i].served(r.ended);
}

void RunFold::health_check(const AttemptRecord& check) {
    State& s = *state_;
    auto& target = s.target(check.target);
    const engine::Outcome& o = check.outcome;
    const bool produced = o.input_tokens > 0 || o.output_tokens > 0; // a models list is free
    s.unknown_checks += produced && !target.tokens_priced;
    for (State::Checks* checks : {&s.checks, &target.checks}) {
        ++checks->made;
        checks->failed += o.cls != OutcomeClass::success;
        checks->spend += o.cost;
    }
    s.spend += o.cost;
    s.wasted += o.cost;
    target.spend += o.cost;
    s.timeline.add_spend(check.ended, o.cost);
}

void RunFold::breaker(const BreakerRecord& b) {
    auto& target = state_->target(b.target);
    if (target.breaker.size() < State::max_breaker_rows)
        target.breaker.push_back(b);
    else
        ++target.breaker_dropped;
    for (auto& watch : state_->watches)
        watch.breaker(b);
}

void RunFold::fault(const FaultRecord& f) {
    for (auto& watch : state_->watches)
        watch.fault(f);
}

namespace {

struct Observation {
    std::optional<double> value;
    bool settled = false; // can no longer change
};

Observation seen_seconds(std::optional<Duration> d, bool settled) {
    return d ? Observation{to_seconds(*d), settled} : Observation{};
}

std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0)
        return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(whole);
}

std::optional<double> quantile_of(const stats::Sketch& sketch, const faults::Expectation& e) {
    if (sketch.count() == 0)
        return std::nullopt;
    return sketch.quantile(e.quantile.value_or(0.95));
}

} // namespace

std::vector<Judged> RunFold::judge(Instant now) const {
    const State& s = *state_;
    const auto served_by = [&](const std::string& name) {
        std::uint64_t served = 0;
        for (const auto& target : s.targets)
            served += concerns(name, target.name) ? target.served : 0;
        return ratio(served, succeeded_);
    };
    // A price that is not known makes the sum unknown, never smaller.
    const auto money = [&](Money sum) -> std::optional<double> {
        if (s.unknown_costs > 0 || s.unknown_checks > 0 || requests_ == 0)
            return std::nullopt;
        return sum.usd();
    };
    std::vector<Judged> out;
    for (std::size_t i = 0; i < s.scenario.expect.size(); ++i) {
        const auto& e = s.scenario.expect[i];
        const FaultWatch& watch = s.watches[i];
        Observation seen;
        bool grows = false; // what only grows is settled once it is above `at_most`
        switch (e.metric) {
        case faults::Metric::availability:
            seen.value = ratio(succeeded_, s.counted(requests_));
            break;
        case faults::Metric::latency_ms:
            seen.value = quantile_of(s.latency_ms, e);
            break;
        case faults::Metric::first_token_ms:
            seen.value = quantile_of(s.first_token_ms, e);
            break;
        case faults::Metric::attempts_per_request:
            seen.value = ratio(s.attempts, requests_);
            break;
        case faults::Metric::fallback_ratio:
            seen.value = ratio(s.fallbacks, succeeded_);
            break;
        case faults::Metric::spend_usd:
            seen.value = money(s.spend);
            grows = true;
            break;
        case faults::Metric::wasted_usd:
            seen.value = money(s.wasted);
            grows = true;
            break;
        case faults::Metric::served_by:
            seen.value = served_by(e.target);
            break;
        case faults::Metric::breaker_opens_within_s:
            seen = seen_seconds(watch.opened_within(), true);
            break;
        case faults::Metric::recovers_within_s:
            seen = seen_seconds(watch.recovered_within(), false);
            break;
        case faults::Metric::longest_gap_s:
            if (s.counted(requests_) > 0)
                seen.value = to_seconds(s.gap.longest(now));
            grows = true;
            break;
        }
        if (s.runs > 0 && State::by_run(e.metric)) {
            const State::OverRuns& all = s.over_runs[i];
            const bool mean =
                e.metric == faults::Metric::spend_usd || e.metric == faults::Metric::wasted_usd;
            const auto n = static_cast<double>(s.runs);
            seen.value.reset(); // what a run did not show, was not shown
            if (all.seen == s.runs)
                seen.value = mean ? all.sum / n : all.worst;
        }
        Judged judged{e, seen.value, false, seen.settled};
        if (seen.value) {
            const bool low_ok = !e.at_least || *seen.value >= *e.at_least;
            const bool high_ok = !e.at_most || *seen.value <= *e.at_most;
            judged.pass = low_ok && high_ok;
            judged.final = judged.final || (grows && !high_ok);
        }
        out.push_back(std::move(judged));
    }
    return out;
}

} // namespace brownout::record
