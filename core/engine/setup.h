// The engine's picture of a chain document: indices instead of names, policies resolved.
#pragma once

#include "base/ids.h"
#include "engine/policy.h"

#include <array>

namespace brownout::engine {

using ProviderId = Id<struct ProviderTag, std::uint16_t>;
// One upstream: a provider and a model. It has one breaker, whichever chains name it.
using TargetId = Id<struct TargetTag, std::uint16_t>;
using ChainId = Id<struct ChainTag, std::uint16_t>;

enum class Strategy : std::uint8_t { priority, weighted, cheapest, fastest };

// What a request needs and what a target can do; a target is a candidate when it has every bit.
struct Capabilities {
    enum Bit : std::uint32_t {
        stream = 1,
        tools = 2,
        images_in = 4,
        image = 8,
        json = 16,
        prefill = 32,
    };
    std::uint32_t bits = 0;
    constexpr bool has_all(Capabilities need) const { return (bits & need.bits) == need.bits; }
    constexpr bool has(Bit bit) const { return (bits & bit) != 0; }
};

// For estimates before a reply is there; what was spent is told by AttemptFinished.
struct ExpectedPrice {
    bool known = false; // all that may be billed: tokens of both directions; pictures
    Money per_input_token;
    Money per_output_token;
    Money per_request; // images: per picture, the dearest where it depends on how it is made
    // n above 0: it does, and CallStarted::picture_prices[n - 1] is what this call's cost.
    std::uint16_t picture_row = 0;
    constexpr bool free() const {
        return known && per_input_token == Money{} && per_output_token == Money{} &&
               per_request == Money{};
    }
};

// What is never exceeded: over any stretch of 60 seconds, and at once. 0: no such limit.
struct LimitsSetup {
    std::int64_t requests_per_min = 0;
    std::int64_t tokens_per_min = 0;
    int concurrency = 0;
    constexpr bool any() const {
        return requests_per_min > 0 || tokens_per_min > 0 || concurrency > 0;
    }
};

inline constexpr std::size_t max_keys = 8; // per provider; a reader refuses more
using KeyIndex = std::uint8_t;             // a provider's key, in the order of the document

struct KeySetup {
    LimitsSetup limits;
    bool missing = false; // named, and nowhere to be found: never used
};

struct ProviderSetup {
    bool simulated = false;
    LimitsSetup limits;         // of all its keys together
    std::vector<KeySetup> keys; // none: one nameless place for a key, without limits of its own
};

struct TargetSetup {
    ProviderId provider;
    BreakerPolicy breaker;
    BreakerHold hold = BreakerHold::none;
    Capabilities capabilities{~0u};
    std::int64_t context_tokens = 0; // 0: unknown, fits everything
    ExpectedPrice price;
};

struct EntrySetup { // a target's place in a chain
    TargetId target;
    bool enabled = true;
    double weight = 1.0;
    double quality = 1.0;
    TimeoutPolicy timeouts;
    RetryPolicy retry;
};

struct ChainSetup {
    Strategy strategy = Strategy::priority;
    Policy policy;
    std::vector<EntrySetup> entries;
};

struct Setup {
    std::vector<ProviderSetup> providers;
    std::vector<TargetSetup> targets;
    std::vector<ChainSetup> chains;
};

// Bounds of the engine's fixed storage; a reader refuses more.
inline constexpr std::size_t max_entries = 32; // targets per chain
inline constexpr int max_hedges = 3;           // HedgePolicy::max_extra
inline constexpr int most_attempts = 255;      // RetryPolicy::max_attempts

} // namespace brownout::engine
