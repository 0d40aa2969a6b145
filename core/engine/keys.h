// The keys of every provider: which one the next attempt on a target goes out with, what is known
// of each, and the limits that are kept per key and per provider.
//
// A key is used until it fails or has no room; then the next one in order takes its place. A key
// that met too many requests rests on that target; one that was refused, or has no money, is left
// alone at that provider for a time and then tried by a single attempt first. A call goes on with
// the next key at once, with each of them once per try: one that has rested by the time that the
// last one fails is not asked again before the provider is left or the try has its retry.
//
// What hits a target or a provider as a whole is not here but in targets.h; so is all that is known
// of a provider that has one place for a key.
#pragma once

#include "engine/engine.h"
#include "engine/limits.h"

#include <vector>

namespace brownout::engine {

using KeySet = std::uint32_t; // a bit per KeyIndex
static_assert(max_keys <= 32, "one bit per key");
constexpr KeySet only(KeyIndex key) {
    return KeySet{1} << key;
}

// What an attempt borrowed from its key and gives back when it ends.
struct KeyLease {
    KeyIndex key = 0;
    bool probe = false; // the key's first attempt after it was refused
    Instant began{};
    std::int64_t tokens = 0; // reserved
};

struct KeyChoice {
    enum class State : std::uint8_t { ready, full, cooling, disabled };
    State state = State::ready;
    KeyIndex key = 0; // the one to be used; where none is ready, the one that is first
    Room room;        // when one is, where none is ready
};

class Keys {
  public:
    enum class Heed : std::uint8_t { all, limits, health }; // health: no limits, no quotas

    explicit Keys(const Setup& setup);

    // One key, no limit, no quota: always ready.
    bool plain(TargetId target) const { return at(target).plain; }
    bool several(TargetId target) const { return at(target).keys > 1; }
    // Is nothing known against the key in use? Then nobody need look at the others.
    bool current_is_well(TargetId target, Instant now) const {
        const Target& t = at(target);
        const KeyIndex current = provider_of(t).current;
        const Key& key = key_of(t, current);
        return !key.on_probation && now >= key.disabled_until &&
               now >= place_of(t, current).cool_until;
    }
    KeyChoice choose(TargetId target, std::int64_t tokens, Instant now, Heed heed) const;
    // The next one in order that is ready and not in `used`.
    std::optional<KeyIndex> another(TargetId target, KeySet used, std::int64_t tokens,
                                    Instant now) const;

    void begin(TargetId target, KeyIndex key, std::int64_t tokens, Instant now, KeyLease& lease);
    // `used`: tokens as counted; as_reserved: what was reserved stays.
    static constexpr std::int64_t as_reserved = -1;
    void end(TargetId target, const KeyLease& lease, std::int64_t used, Instant now);
    void answered(TargetId target, const KeyLease& lease); // its key and account are in order

    void cool(TargetId target, KeyIndex key, Instant until);
    void disable(ProviderId provider, KeyIndex key, Instant until);
    // When the first one is back; in the past where one is there.
    Instant disabled_until(ProviderId provider) const;
    Instant cooling_until(TargetId target, Instant now) const;
    void probe_now(TargetId target, Instant now);
    // `counted`: the attempt whose reply told it, which the provider has counted.
    void told(const QuotaTold& quota, const KeyLease* counted);

    // What is known of one key at a target, and at its provider: to be carried to an edited
    // document.
    struct Standing {
        Instant cool_until{};
        bool quota_told = false;
        Quota requests, tokens;
    };
    struct Refusal {
        Instant disabled_until{};
        bool on_probation = false;
    };
    bool several(ProviderId provider) const { return count(provider) > 1; }
    Standing standing(TargetId target, KeyIndex key) const;
    Refusal refusal(ProviderId provider, KeyIndex key) const;
    void put(TargetId target, KeyIndex key, const Standing& standing);
    void put(ProviderId provider, KeyIndex key, const Refusal& refusal);
    // The minutes of the limits, and what runs: of the provider, and of each key that is the same.
    void adopt_meters(ProviderId provider, const Keys& old, ProviderId old_provider,
                      const std::vector<std::optional<KeyIndex>>& same);
    void used_elsewhere(const UsedElsewhere& used, Instant now);
    Engine::KeyUse use_of(ProviderId provider, KeyIndex key) const;

  private:
    static constexpr std::uint32_t no_meter = ~0u;
    struct Key {
        Instant disabled_until{};
        bool on_probation = false;
        int probes = 0;
        std::uint32_t meter = no_meter;
        int elsewhere = 0; // attempts that other engines run with it
    };
    struct Provider {
        std::uint32_t first_key = 0;
        KeyIndex current = 0;
        std::uint32_t meter = no_meter;
        int elsewhere = 0; // with any key
    };
    struct Target {
        ProviderId provider;
        std::uint32_t first_place = 0;
        std::uint8_t keys = 1;
        bool plain = true;
        bool metered = false;
    };
    struct Place { // a key at a target
        Instant cool_until{};
        Quota requests, tokens;
        std::int64_t running = 0, reserved = 0;
        std::uint64_t begun = 0, begun_tokens = 0; // ever
    };
    const Target& at(TargetId id) const { return targets_[id.value]; }
    const Provider& provider_of(const Target& t) const { return providers_[t.provider.value]; }
    const Key& key_of(const Target& t, std::size_t k) const {
        return keys_[provider_of(t).first_key + k];
    }
    const Place& place_of(const Target& t, std::size_t k) const {
        return places_[t.first_place + k];
    }
    static std::size_t next(const Target& t, std::size_t k) { return k + 1 < t.keys ? k + 1 : 0; }
    // Left alone, or being tried by somebody else.
    static bool is_refused(const Key& key, Instant now) {
        return now < key.disabled_until || (key.on_probation && key.probes > 0);
    }
    std::size_t count(ProviderId provider) const;
    int running(ProviderId provider, KeyIndex key) const; // elsewhere, too
    Room room_of(const Target& t, std::size_t k, std::int64_t tokens, Instant now, Heed heed) const;
    template <class Act>
    void each_meter(const Target& t, KeyIndex key, Act&& act);

    std::vector<Provider> providers_;
    std::vector<Key> keys_; // by provider, then in order
    std::vector<Target> targets_;
    std::vector<Place> places_; // by target, then in order
    std::vector<Meter> meters_; // only of what has limits
};

} // namespace brownout::engine
