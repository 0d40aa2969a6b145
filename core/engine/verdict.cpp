#include "engine/verdict.h"

namespace brownout::engine {
namespace {

bool may_resend(const Outcome& outcome, ResendAmbiguous policy, bool idempotent) {
    if (!outcome.ambiguous)
        return true;
    switch (policy) {
    case ResendAmbiguous::always:
        return true;
    case ResendAmbiguous::never:
        return false;
    case ResendAmbiguous::idempotent_only:
        break;
    }
    return idempotent;
}

Route reroute_of(Cause cause, const Policy& policy) {
    switch (cause) {
    case Cause::moderation:
        return policy.on_moderation;
    case Cause::context_exceeded:
        return policy.on_context_exceeded;
    case Cause::model_missing:
        return policy.on_model_missing;
    default:
        return Route::next_target;
    }
}

void reroute(Verdict& v, const Outcome& outcome, const Policy& policy) {
    v.disable_target = outcome.cause == Cause::model_missing;
    v.caller_fault = outcome.cause != Cause::model_missing;
    v.needs_larger_window = outcome.cause == Cause::context_exceeded;
    if (reroute_of(outcome.cause, policy) == Route::propagate)
        v.move = Move::give_up;
}

// Failures that time may heal. A Retry-After up to max_wait is worth waiting for on the same target
// (class failover goes on all the same: its provider is down, not busy); a longer one is a cooldown
// and the call goes elsewhere. Zero is how some providers say that they do not know.
void transient(Verdict& v, const Outcome& outcome, const RetryPolicy& retry) {
    v.may_return = true;
    if (outcome.cls == OutcomeClass::retry)
        v.move = Move::retry_here;
    if (outcome.cls == OutcomeClass::cooldown)
        v.cool_if_leaving = true;
    // The provider's own word overrides what its status suggests.
    if (outcome.should_retry) {
        v.move = *outcome.should_retry ? Move::retry_here : Move::move_on;
        v.may_return = *outcome.should_retry;
    }
    if (!retry.honour_retry_after || !outcome.retry_after)
        return;
    if (*outcome.retry_after <= Duration::zero())
        return;
    v.cooldown = outcome.retry_after;
    v.cool_if_leaving = false;
    if (*outcome.retry_after > retry.max_wait) {
        v.move = Move::move_on; // no return either: by then it is still cooling down
        return;
    }
    v.wait = outcome.retry_after;
    if (outcome.cls == OutcomeClass::cooldown && !outcome.should_retry)
        v.move = Move::retry_here;
}

} // namespace

bool is_of_key(const Outcome& outcome) {
    if (outcome.cls == OutcomeClass::cooldown)
        return outcome.cause == Cause::rate_limited;
    return outcome.cls == OutcomeClass::disable &&
           (outcome.cause == Cause::bad_key || outcome.cause == Cause::no_money);
}

Verdict judge(const Outcome& outcome, const Policy& policy, const RetryPolicy& retry,
              VerdictContext context) {
    Verdict v;
    v.of_key = is_of_key(outcome);
    const bool rotates = v.of_key && context.another_key;
    switch (outcome.cls) {
    case OutcomeClass::success:
    case OutcomeClass::cancelled:
        v.move = Move::give_up;
        return v;
    case OutcomeClass::reject:
        v.move = Move::give_up;
        v.caller_fault = !context.caller_has_text;
        return v;
    case OutcomeClass::reroute:
        reroute(v, outcome, policy);
        break;
    case OutcomeClass::disable:
        v.disable_provider = true;
        if (outcome.cause == Cause::bad_key && policy.on_bad_key == Route::propagate && !rotates)
            v.move = Move::give_up;
        break;
    case OutcomeClass::retry:
    case OutcomeClass::failover:
    case OutcomeClass::cooldown:
    case OutcomeClass::broken_stream:
        transient(v, outcome, retry);
        break;
    }
    if (!may_resend(outcome, policy.resend_after_ambiguous_failure, context.idempotent))
        v.move = Move::give_up;
    if (v.move == Move::give_up)
        return v;
    if (!context.caller_has_text) {
        if (rotates)
            v.move = Move::rotate;
        return v;
    }
    // The caller holds part of an answer: what comes next comes from another target if it can.
    v.caller_fault = false;
    v.move = Move::move_on;
    if (policy.on_broken_stream == OnBrokenStream::partial ||
        policy.on_broken_stream == OnBrokenStream::error)
        v.move = Move::give_up;
    return v;
}

} // namespace brownout::engine
