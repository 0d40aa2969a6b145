// What a watcher of keys and limits knows, by the plainest means: lists of everything that began.
#pragma once

#include "engine/engine.h"

#include <algorithm>
#include <vector>

namespace brownout::engine {

class KeyWatch {
  public:
    explicit KeyWatch(const Setup& setup) : setup_(&setup) {
        disabled_until_.resize(setup.providers.size() * max_keys);
        cool_until_.resize(setup.targets.size() * max_keys);
    }

    // Null: nothing was broken. `tokens`: as the engine estimates them.
    const char* started(const StartAttempt& a, std::int64_t tokens, Instant now) {
        const std::size_t p = setup_->targets[a.target.value].provider.value;
        const ProviderSetup& provider = setup_->providers[p];
        if (a.key >= std::max<std::size_t>(provider.keys.size(), 1))
            return "no such key";
        all_.push_back({p, a.target, a.key, now, tokens, a.tag, a.attempt});
        if (!provider.keys.empty() && provider.keys[a.key].missing)
            return "a key that is missing";
        if (now < disabled_until_[p * max_keys + a.key])
            return "a key that was refused a moment ago";
        if (now < cool_until_[a.target.value * max_keys + a.key])
            return "a key that met too many requests";
        if (!within(provider.limits, p, nullptr, now))
            return "the limits of a provider";
        if (!provider.keys.empty() && !within(provider.keys[a.key].limits, p, &a.key, now))
            return "the limits of a key";
        return nullptr;
    }

    void ended(std::uint64_t tag, AttemptNumber attempt, const Outcome& o, Duration disable,
               bool honour_retry_after, Instant now) {
        const auto found = std::find_if(all_.begin(), all_.end(), [&](const Begun& b) {
            return b.running && b.tag == tag && b.attempt == attempt;
        });
        if (found == all_.end())
            return;
        found->running = false;
        const std::int64_t used = std::int64_t{o.input_tokens} + o.output_tokens;
        if (o.cause == Cause::dns || o.cause == Cause::tls || o.cause == Cause::connect_refused ||
            o.cause == Cause::connect_timeout)
            found->tokens = 0;
        else if (used > 0)
            found->tokens = used;
        const bool busy = o.cls == OutcomeClass::cooldown && o.cause == Cause::rate_limited;
        const bool refused = o.cls == OutcomeClass::disable &&
                             (o.cause == Cause::bad_key || o.cause == Cause::no_money);
        if (refused)
            disabled_until_[found->provider * max_keys + found->key] = now + disable;
        if (busy && o.retry_after && honour_retry_after) {
            Instant& until = cool_until_[found->target.value * max_keys + found->key];
            until = std::max(until, now + *o.retry_after);
        }
        last_ = *found;
        last_of_key_ = busy || refused;
        last_at_ = now;
    }
    // Is this the same try with another key?
    bool rotates(const StartAttempt& a, Instant now) const {
        return last_of_key_ && last_at_ == now && last_.tag == a.tag && last_.target == a.target &&
               last_.key != a.key;
    }
    void probed_by_hand() {
        std::fill(disabled_until_.begin(), disabled_until_.end(), Instant{});
        std::fill(cool_until_.begin(), cool_until_.end(), Instant{});
    }

  private:
    struct Begun {
        std::size_t provider = 0;
        TargetId target;
        KeyIndex key = 0;
        Instant at{};
        std::int64_t tokens = 0;
        std::uint64_t tag = 0;
        AttemptNumber attempt = 0;
        bool running = true;
    };
    bool within(const LimitsSetup& limits, std::size_t provider, const KeyIndex* key,
                Instant now) const {
        std::int64_t requests = 0, tokens = 0;
        int running = 0;
        for (const Begun& b : all_) {
            if (b.provider != provider || (key && b.key != *key))
                continue;
            running += b.running;
            if (b.at <= now - std::chrono::seconds(60))
                continue;
            ++requests;
            tokens += b.tokens;
        }
        return (limits.requests_per_min == 0 || requests <= limits.requests_per_min) &&
               (limits.tokens_per_min == 0 || tokens <= limits.tokens_per_min) &&
               (limits.concurrency == 0 || running <= limits.concurrency);
    }

    const Setup* setup_;
    std::vector<Begun> all_;
    std::vector<Instant> disabled_until_; // by provider, then key
    std::vector<Instant> cool_until_;     // by target, then key
    Begun last_;
    bool last_of_key_ = false;
    Instant last_at_{};
};

} // namespace brownout::engine
