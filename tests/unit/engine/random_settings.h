// The settings of a random world, each of which can be left out: what is left out is as a chain
// that says nothing has it.
#pragma once

#include "unit/engine/random_setup.h"

#include <span>

namespace brownout::engine::random {

struct Setting {
    const char* name;
    void (*leave_out)(Setup&);
};

inline std::span<const Setting> settings() {
    static constexpr auto policy = [](Setup& s) -> Policy& { return s.chains[0].policy; };
    static const Setting all[] = {
        {"strategy", [](Setup& s) { s.chains[0].strategy = Strategy::priority; }},
        {"minimum_quality", [](Setup& s) { policy(s).minimum_quality = 0; }},
        {"retry", [](Setup& s) { policy(s).retry = {}; }},
        {"retry.budget", [](Setup& s) { policy(s).retry.budget.reset(); }},
        {"retry.backoff", [](Setup& s) { policy(s).retry.backoff = {}; }},
        {"retry.max_wait", [](Setup& s) { policy(s).retry.max_wait = RetryPolicy{}.max_wait; }},
        {"timeouts", [](Setup& s) { policy(s).timeouts = {}; }},
        {"timeouts.share_deadline", [](Setup& s) { policy(s).timeouts.share_deadline = false; }},
        {"breaker", [](Setup& s) { policy(s).breaker = {}; }},
        {"breaker.slow_call", [](Setup& s) { policy(s).breaker.slow_call.reset(); }},
        {"breaker.failure_ratio", [](Setup& s) { policy(s).breaker.failure_ratio.reset(); }},
        {"hedge", [](Setup& s) { policy(s).hedge.reset(); }},
        {"budget", [](Setup& s) { policy(s).budget.reset(); }},
        {"commit_after", [](Setup& s) { policy(s).commit_after = {}; }},
        {"on_broken_stream",
         [](Setup& s) { policy(s).on_broken_stream = OnBrokenStream::restart; }},
        {"routes",
         [](Setup& s) {
             const Policy usual;
             policy(s).on_moderation = usual.on_moderation;
             policy(s).on_context_exceeded = usual.on_context_exceeded;
             policy(s).on_bad_key = usual.on_bad_key;
             policy(s).on_model_missing = usual.on_model_missing;
         }},
        {"disable", [](Setup& s) { policy(s).disable = Policy{}.disable; }},
        {"resend",
         [](Setup& s) {
             policy(s).resend_after_ambiguous_failure = ResendAmbiguous::idempotent_only;
         }},
        {"limits",
         [](Setup& s) {
             for (ProviderSetup& provider : s.providers) {
                 provider.limits = {};
                 for (KeySetup& key : provider.keys)
                     key.limits = {};
             }
         }},
        {"keys",
         [](Setup& s) {
             for (ProviderSetup& provider : s.providers)
                 provider.keys.clear();
         }},
        {"targets",
         [](Setup& s) {
             for (TargetSetup& target : s.targets) {
                 const ProviderId provider = target.provider;
                 target = {};
                 target.provider = provider;
             }
         }},
        {"entries",
         [](Setup& s) {
             for (EntrySetup& entry : s.chains[0].entries) {
                 const TargetId target = entry.target;
                 entry = {};
                 entry.target = target;
             }
         }},
    };
    return all;
}

// What a policy says is said of every target, as random_setup does.
inline void spread(Setup& setup) {
    const Policy& policy = setup.chains[0].policy;
    for (TargetSetup& target : setup.targets)
        target.breaker = policy.breaker;
    for (EntrySetup& entry : setup.chains[0].entries) {
        entry.timeouts = policy.timeouts;
        entry.retry = policy.retry;
    }
}

} // namespace brownout::engine::random
