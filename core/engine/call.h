// One call's state: which targets it may use, what is running, what it waits for. No decisions.
#pragma once

#include "engine/targets.h"

namespace brownout::engine {

using EntryIndex = std::uint8_t; // a place in the chain
inline constexpr EntryIndex no_entry = 0xff;
inline constexpr std::size_t max_running = 1 + max_hedges;
static_assert(max_entries <= 32, "one bit per entry");

struct Attempt {
    AttemptNumber number = 0;
    EntryIndex entry = no_entry;
    AttemptMode mode = AttemptMode::fresh;
    bool connected = false;
    bool has_first_token = false;
    Lease lease;
    KeySet keys_used = 0; // of its target, in this try
    Instant started{}, first_token_at{}, last_progress{};
    Instant connect_by = never, first_token_by = never, attempt_by = never;
    Duration stall = forever;
    std::uint32_t content_tokens = 0, other_tokens = 0;
    Money expected_cost; // zero where the price is unknown

    // The nearest limit that it can break next, and which one that is.
    Instant limit() const;
    Cause broken_limit(Instant now, Instant deadline) const; // none: nothing is broken yet
    Duration time_to_answer(Instant now) const {
        return (has_first_token ? first_token_at : now) - started;
    }
};

// What an attempt will probably cost; nothing where the price is unknown.
std::optional<Money> expected_cost(const CallStarted& request, std::uint32_t output_tokens,
                                   const ExpectedPrice& price);

// place: in the queue for one of the attempts that a provider may run at once.
enum class Wait : std::uint8_t { none, retry, trial, cooldown, place };
inline constexpr std::uint32_t no_slot = ~0u;

struct Call {
    std::uint32_t generation = 0;
    bool active = false;
    std::uint8_t entries = 0; // of `order`
    std::uint8_t running_count = 0;
    std::uint8_t hedges = 0;
    AttemptNumber attempts = 0;     // started
    AttemptNumber forwarded = 0;    // the attempt whose text the caller gets; 0: none yet
    bool caller_has_text = false;   // once something was forwarded and broke
    bool trial_used = false;        // an open breaker's target was tried as a last resort
    bool only_caller_faults = true; // no failure so far was the targets'
    bool given_up = false;          // nothing more may be started, whatever still runs
    Cap cap = Cap::none;            // the last one that kept a target out
    bool refused = false;           // the budget refuses the whole call

    CallStarted request;
    std::uint32_t expected_output = 0; // tokens
    Instant deadline = never;
    std::uint32_t barred = 0; // bit per entry: not for this call
    std::array<EntryIndex, max_entries> order{};
    std::array<std::uint8_t, max_entries> tries{};
    std::array<Attempt, max_running> running{};

    EntryIndex last_entry = no_entry; // of the attempt that ended last
    AttemptNumber last_number = 0;
    KeyIndex last_key = 0;
    std::optional<KeyIndex> rotates_to; // the attempt to be started is the same try with this key
    KeySet last_keys_used = 0;          // its own and, in the same try, those before it
    Outcome last_outcome;

    Wait wait = Wait::none;
    EntryIndex wait_entry = no_entry;
    Instant wait_until = never;
    Duration last_delay{}; // of the backoff on last_entry
    Instant hedge_at = never;
    Instant wake_at = never; // the wake-up that is under way
    Instant room_by = never; // its wait for room is over then; never: it has not waited yet
    std::uint32_t queue_before = no_slot, queue_after = no_slot; // neighbours, by slot

    Money cost; // of ended attempts
    Money kept; // part of `cost` that the answer the caller has was made of

    bool is_barred(EntryIndex e) const { return ((barred >> e) & 1u) != 0; }
    void bar(EntryIndex e) { barred |= 1u << e; }
    // What an attempt will probably use of a limit on tokens.
    std::int64_t tokens() const { return std::int64_t{request.input_tokens} + expected_output; }
    std::optional<Money> expected_cost(const ExpectedPrice& price) const {
        return engine::expected_cost(request, expected_output, price);
    }
    Attempt* find(AttemptNumber number);
    void remove(const Attempt& attempt); // order of the others is kept
    struct Wake {
        Instant at = never;
        WakeAt::Why why = WakeAt::Why::limit;
    };
    Wake next_wake() const;
    void reset(const CallStarted& started);
};

// What the engine records for an attempt that it ends itself.
Outcome limit_outcome(Cause cause, const Attempt& attempt);
// What a cancelled attempt probably cost: once it was connected its input is billed, and every
// token that came. Zero where the price is unknown.
void estimate_cost(Outcome& outcome, const Attempt& attempt, const CallStarted& request,
                   const ExpectedPrice& price);

} // namespace brownout::engine
