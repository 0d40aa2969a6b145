#include "engine/call.h"

#include <algorithm>

namespace brownout::engine {

Instant Attempt::limit() const {
    if (!has_first_token)
        return connected ? first_token_by : std::min(connect_by, first_token_by);
    return std::min(attempt_by, after(last_progress, stall));
}

Cause Attempt::broken_limit(Instant now, Instant deadline) const {
    if (now < limit())
        return Cause::none;
    if (!has_first_token) {
        // A tie goes to the limit that says more about where it hung.
        if (!connected && connect_by <= first_token_by)
            return Cause::connect_timeout;
        if (first_token_by == attempt_by && attempt_by < deadline)
            return Cause::attempt_timeout;
        return Cause::first_token_timeout;
    }
    if (now < attempt_by)
        return Cause::stall_timeout;
    return attempt_by == deadline ? Cause::total_deadline : Cause::attempt_timeout;
}

Attempt* Call::find(AttemptNumber number) {
    for (std::size_t i = 0; i < running_count; ++i)
        if (running[i].number == number)
            return &running[i];
    return nullptr;
}

void Call::remove(const Attempt& attempt) {
    const auto end = running.begin() + running_count;
    const auto gone = running.begin() + (&attempt - running.data());
    std::copy(gone + 1, end, gone);
    --running_count;
}

Call::Wake Call::next_wake() const {
    Wake wake;
    if (wait != Wait::none) {
        wake.at = wait_until;
        wake.why = WakeAt::Why::backoff;
    }
    for (std::size_t i = 0; i < running_count; ++i)
        wake.at = std::min(wake.at, running[i].limit());
    if (hedge_at < wake.at) {
        wake.at = hedge_at;
        wake.why = WakeAt::Why::hedge;
    }
    return wake;
}

void Call::reset(const CallStarted& started) {
    active = true;
    entries = running_count = hedges = 0;
    attempts = forwarded = 0;
    caller_has_text = trial_used = given_up = refused = false;
    cap = Cap::none;
    only_caller_faults = true;
    request = started;
    deadline = never;
    barred = 0;
    tries.fill(0);
    last_entry = no_entry;
    last_number = 0;
    last_key = 0;
    rotates_to.reset();
    last_keys_used = 0;
    last_outcome = {};
    wait = Wait::none;
    wait_until = hedge_at = wake_at = room_by = never;
    last_delay = Duration::zero();
    cost = kept = Money{};
}

Outcome limit_outcome(Cause cause, const Attempt& attempt) {
    Outcome outcome;
    outcome.cause = cause;
    outcome.counts_for_breaker = cause != Cause::total_deadline;
    if (cause == Cause::connect_timeout) {
        outcome.cls = OutcomeClass::retry; // nothing was sent
        return outcome;
    }
    outcome.cls = attempt.content_tokens > 0 ? OutcomeClass::broken_stream : OutcomeClass::failover;
    outcome.ambiguous = true;
    return outcome;
}

namespace {

std::int64_t pico_of_pictures(const CallStarted& request, const ExpectedPrice& price) {
    const std::size_t row = price.picture_row;
    const bool own = row > 0 && row <= request.picture_prices.size();
    return (own ? request.picture_prices[row - 1] : price.per_request).pico_usd * request.pictures;
}

} // namespace

void estimate_cost(Outcome& outcome, const Attempt& attempt, const CallStarted& request,
                   const ExpectedPrice& price) {
    if (!attempt.connected)
        return;
    outcome.cost_estimated = true;
    outcome.input_tokens = request.input_tokens;
    outcome.output_tokens = attempt.content_tokens + attempt.other_tokens;
    if (!price.known)
        return;
    outcome.cost.pico_usd = price.per_input_token.pico_usd * outcome.input_tokens +
                            price.per_output_token.pico_usd * outcome.output_tokens +
                            pico_of_pictures(request, price);
}

std::optional<Money> expected_cost(const CallStarted& request, std::uint32_t output_tokens,
                                   const ExpectedPrice& price) {
    if (!price.known)
        return std::nullopt;
    return Money{price.per_input_token.pico_usd * request.input_tokens +
                 price.per_output_token.pico_usd * output_tokens +
                 pico_of_pictures(request, price)};
}

} // namespace brownout::engine
