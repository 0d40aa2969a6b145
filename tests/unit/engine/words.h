// Events and actions in words, for the script of a world that went wrong. Targets, providers and
// keys by number; calls by their tag.
#pragma once

#include "engine/engine.h"

#include <functional>
#include <string>

namespace brownout::engine::words {

using TagOf = std::function<std::uint64_t(CallId)>;

inline std::string number(std::uint64_t n) {
    return std::to_string(n);
}
inline std::string ms_text(Duration d) {
    return std::to_string(to_ms(d)) + " ms";
}

inline std::string text(const Outcome& o) {
    std::string out = std::string(name(o.cls)) + " " + name(o.cause);
    const auto add = [&](bool is, const char* word) { out += is ? std::string(" ") + word : ""; };
    add(o.counts_for_breaker, "counts");
    add(o.provider_wide, "provider-wide");
    add(o.ambiguous, "ambiguous");
    if (o.should_retry)
        add(true, *o.should_retry ? "should-retry" : "should-not-retry");
    if (o.retry_after)
        out += " after " + ms_text(*o.retry_after);
    return out;
}

inline std::string text(const Event& event, const TagOf& tag_of) {
    const auto attempt = [&](CallId call, AttemptNumber n) {
        return "c" + number(tag_of(call)) + " #" + number(n) + " ";
    };
    struct Visitor {
        const TagOf& tag_of;
        decltype(attempt)& of;
        std::string operator()(const CallStarted& e) const {
            return "c" + number(e.tag) + " start" + (e.stream ? " stream" : "") +
                   (e.idempotent ? "" : " image") + " in=" + number(e.input_tokens) +
                   (e.max_output_tokens ? " out=" + number(*e.max_output_tokens) : "");
        }
        std::string operator()(const CallCancelled& e) const {
            return "c" + number(tag_of(e.call)) + " leaves";
        }
        std::string operator()(const Connected& e) const {
            return of(e.call, e.attempt) + "connected";
        }
        std::string operator()(const Delta& e) const {
            return of(e.call, e.attempt) + (e.content ? "token*" : "thinks*") + number(e.tokens);
        }
        std::string operator()(const AttemptFinished& e) const {
            return of(e.call, e.attempt) + text(e.outcome);
        }
        std::string operator()(const Woke& e) const {
            return "c" + number(tag_of(e.call)) + " wakes";
        }
        std::string operator()(const HoldBreaker& e) const {
            constexpr const char* holds[] = {"none", "open", "closed"};
            return "hold " + number(e.target.value) + " " + holds[int(e.hold)];
        }
        std::string operator()(const ProbeNow& e) const {
            return "probe now " + number(e.target.value);
        }
        std::string operator()(const QuotaTold& e) const {
            return "quota of " + number(e.target.value) + " key " + number(e.key);
        }
        std::string operator()(const CheckDue& e) const {
            return "check due of " + number(e.target.value) +
                   (e.shares ? " with the one of key " + number(*e.shares) : "");
        }
        std::string operator()(const HealthChecked& e) const {
            return "checked " + number(e.target.value) + ": " + text(e.outcome);
        }
        std::string operator()(const UsedElsewhere& e) const {
            return "elsewhere at " + number(e.provider.value) + ": " + number(e.requests) +
                   " begun, " + std::to_string(e.running) + " running";
        }
    };
    return std::visit(Visitor{tag_of, attempt}, event);
}

struct ActionText {
    static std::string attempt(std::uint64_t tag, AttemptNumber n) {
        return "c" + number(tag) + " #" + number(n);
    }
    std::string operator()(const StartAttempt& a) const {
        return "start " + attempt(a.tag, a.attempt) + " on " + number(a.target.value) + " key " +
               number(a.key) + " " + name(a.mode) + (a.probe ? " probe" : "");
    }
    std::string operator()(const StartCheck& a) const { return "check " + number(a.target.value); }
    std::string operator()(const CancelAttempt& a) const {
        return "cancel " + attempt(a.tag, a.attempt) + " " + name(a.cause);
    }
    std::string operator()(const WakeAt& a) const {
        return "wake c" + number(a.tag) + " at " + std::to_string(to_seconds(a.at));
    }
    std::string operator()(const Forward& a) const {
        return "forward " + attempt(a.tag, a.attempt);
    }
    std::string operator()(const Finish& a) const {
        return "finish c" + number(a.tag) + " " + name(a.result) + " served by #" +
               number(a.served_by) + " because of #" + number(a.explained_by);
    }
    std::string operator()(const FailedOver& a) const {
        return number(a.from.value) + "->" + number(a.to.value);
    }
    std::string operator()(const StreamBroken& a) const {
        return "broken " + attempt(a.tag, a.attempt);
    }
    std::string operator()(const BreakerChanged& a) const {
        return "breaker of " + number(a.target.value) + " " + name(a.from) + "->" + name(a.to);
    }
    std::string operator()(const CoolingDown& a) const {
        return number(a.target.value) + " cools until " + std::to_string(to_seconds(a.until));
    }
    std::string operator()(const ProviderDisabled& a) const {
        return "provider " + number(a.provider.value) + " disabled until " +
               std::to_string(to_seconds(a.until));
    }
};

inline std::string text(const Actions& actions) {
    std::string all;
    for (const Action& action : actions)
        all += (all.empty() ? "" : ", ") + std::visit(ActionText{}, action);
    return all;
}

} // namespace brownout::engine::words
