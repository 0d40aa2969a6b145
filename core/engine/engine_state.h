// The engine's inside. engine.cpp branches on events; attempts.cpp starts and ends attempts;
// next_move.cpp decides what follows a failure.
#pragma once

#include "engine/budget.h"
#include "engine/output_mean.h"
#include "engine/purse.h"
#include "engine/queues.h"
#include "engine/routing.h"
#include "engine/verdict.h"

namespace brownout::engine {

struct Step {
    Instant now;
    Actions& out;
};

struct Engine::State {
    State(Setup s, std::uint64_t seed);

    // engine.cpp: events
    void on(const CallStarted& event, Step step);
    void on_delta(Call& call, Attempt& attempt, const Delta& event, Step step);
    void on_finished(Call& call, Attempt& attempt, const Outcome& outcome, Step step);
    void on_woke(Call& call, Step step);
    const Policy* policy_of(TargetId target) const;
    void on(const CheckDue& event, Step step);
    void on(const HealthChecked& event, Step step);
    void on(const UsedElsewhere& event, Step step);
    void expire(Call& call, Step step); // everything that has broken a limit
    void rearm(Call& call, Step step);

    // engine.cpp: slots
    Call& new_call();
    Call* find(CallId id);
    CallId id_of(const Call& call) const {
        return {static_cast<std::uint32_t>(&call - calls.data()), call.generation};
    }
    const ChainSetup& chain_of(const Call& call) const {
        return setup->chains[call.request.chain.value];
    }
    const EntrySetup& entry_of(const Call& call, EntryIndex e) const {
        return chain_of(call).entries[e];
    }
    const TargetSetup& target_of(const Call& call, EntryIndex e) const {
        return setup->targets[entry_of(call, e).target.value];
    }

    // attempts.cpp
    void start(Call& call, EntryIndex entry, AttemptMode mode, Step step);
    void start_next(Call& call, EntryIndex entry, Step step); // the mode follows from the call
    void hedge(Call& call, Step step);
    void forward(Call& call, const Attempt& attempt, Step step);
    Verdict end_failed(Call& call, const Attempt& ended, const Outcome& outcome, Step step);
    // What the verdict means for the target, its provider and the key that was used.
    struct Used {
        TargetId target;
        KeyIndex key = 0;
    };
    void take_effect(Used used, const Outcome& outcome, const Verdict& v, const Policy& policy,
                     Step step);
    void bar_smaller_windows(Call& call, EntryIndex e);
    void settle(Call& call, const Attempt& ended, Money cost, Instant now);
    void cancel_others(Call& call, AttemptNumber keep, Cause cause, Step step);
    void finish(Call& call, CallResult result, AttemptNumber served_by, Money useful, Step step);

    // next_move.cpp
    Availability availability(const Call& call, EntryIndex e, Instant now) const;
    bool ready(const Call& call, EntryIndex e, Instant now) const;
    // Room in limits and quotas; breakers are not asked.
    bool has_room(const Call& call, EntryIndex e, Instant now) const;
    KeyIndex key_for(const Call& call, EntryIndex e, Instant now) const;
    bool rotate(Call& call, Step step); // at once, with a key that this try has not used
    Cap broken_cap(const Call& call, EntryIndex e, Instant now); // none without a budget
    // Within every cap? Where not, the call remembers the cap, and may be refused by it.
    bool affordable(Call& call, EntryIndex e, Instant now);
    EntryIndex pick(Call& call, Instant now); // the next untried candidate, or no_entry
    // The same for an attempt that may as well not be made: what it would break refuses nobody.
    EntryIndex pick_for_hedge(const Call& call, Instant now);
    int max_attempts(const Call& call) const;
    void first_move(Call& call, Step step);
    void next_move(Call& call, const Verdict& verdict, Step step);
    void resume(Call& call, Step step); // a wait is over
    bool wait_here(Call& call, const Verdict& verdict, Step step);
    void start_at(Call& call, EntryIndex e, Instant at, Wait wait, Step step);
    Duration backoff(Call& call, EntryIndex e);
    void cool_left(const Call& call, const Verdict& verdict, Step step);
    Room room_of(const Call& call, EntryIndex e, Instant now) const;
    bool is_busy(const Call& call, EntryIndex e, bool can_return, Instant now) const;
    Instant patience(const Call& call, EntryIndex e, Instant now) const;
    // May the target that failed last be tried once more: after another backoff, because its
    // breaker is open; after a cooldown, because another call was told to stay away?
    struct MayReturn {
        bool after_backoff = false, after_cooldown = false;
    };
    bool last_resort(Call& call, MayReturn here, Step step);
    bool try_soonest(Call& call, bool can_return, Step step);
    bool wait_until_free(Call& call, bool can_return, Step step);
    bool try_despite_quota(Call& call, bool can_return, Step step);
    void serve_queues(Step step);
    void fail(Call& call, Step step);

    std::shared_ptr<const Setup> setup; // never changes, so forks share it
    Rng backoff_rng, routing_rng;
    Targets targets;
    std::vector<RetryBudget> budgets; // by ChainId
    std::vector<OutputMean> outputs;  // by ChainId
    Purse purse;
    std::vector<Call> calls;
    std::vector<std::uint32_t> free_slots;
    Queues queues; // of calls that wait for a place at a provider
};

} // namespace brownout::engine
