// How an attempt ended, in the words of the engine's tables.
#pragma once

#include "engine/outcome.h"

#include <string>

namespace brownout::engine::script {

// Outcomes by the words a reader knows them by.
inline std::optional<Outcome> outcome_of(const std::string& word) {
    Outcome o;
    const auto is = [&](OutcomeClass cls, Cause cause, int status, bool breaker) {
        o.cls = cls;
        o.cause = cause;
        o.status = static_cast<std::uint16_t>(status);
        o.counts_for_breaker = breaker;
        return o;
    };
    if (word == "ok")
        return o;
    if (word == "500")
        return is(OutcomeClass::retry, Cause::http_status, 500, true);
    if (word == "503")
        return is(OutcomeClass::failover, Cause::http_status, 503, true);
    if (word == "429")
        return is(OutcomeClass::cooldown, Cause::rate_limited, 429, false);
    if (word == "409")
        return is(OutcomeClass::retry, Cause::http_status, 409, false);
    if (word == "400")
        return is(OutcomeClass::reject, Cause::bad_request, 400, false);
    if (word == "badkey")
        return is(OutcomeClass::disable, Cause::bad_key, 401, false);
    if (word == "nomoney")
        return is(OutcomeClass::disable, Cause::no_money, 402, false);
    if (word == "blocked")
        return is(OutcomeClass::disable, Cause::blocked, 403, false);
    if (word == "nomodel")
        return is(OutcomeClass::reroute, Cause::model_missing, 404, false);
    if (word == "toolong")
        return is(OutcomeClass::reroute, Cause::context_exceeded, 400, false);
    if (word == "moderated")
        return is(OutcomeClass::reroute, Cause::moderation, 400, false);
    if (word == "unsupported")
        return is(OutcomeClass::reroute, Cause::unsupported, 400, false);
    if (word == "refused")
        return is(OutcomeClass::retry, Cause::connect_refused, 0, true);
    if (word == "dns") {
        o.provider_wide = true;
        return is(OutcomeClass::retry, Cause::dns, 0, true);
    }
    if (word == "reset") {
        o.ambiguous = true;
        return is(OutcomeClass::retry, Cause::reset, 0, true);
    }
    if (word == "cut") {
        o.ambiguous = true;
        return is(OutcomeClass::broken_stream, Cause::truncated, 0, true);
    }
    return std::nullopt;
}

} // namespace brownout::engine::script
