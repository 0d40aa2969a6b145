// The only source of randomness in Brownout: xoshiro256** (Blackman and Vigna, 2018), seeded
// through splitmix64. Integer state, no standard distributions: the same seed gives the same
// numbers on every platform and build.
#pragma once

#include <array>
#include <cstdint>

namespace brownout {

// One step of splitmix64; also a good 64-bit mixer for deriving independent seeds.
constexpr std::uint64_t mix64(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

class Rng {
  public:
    explicit constexpr Rng(std::uint64_t seed = 0) {
        for (auto& word : state_) {
            seed += 0x9e3779b97f4a7c15u;
            word = mix64(seed);
        }
    }
    // An independent stream for a named use, so that adding a use never changes another's draws.
    static constexpr Rng stream(std::uint64_t seed, std::uint64_t use) {
        return Rng{mix64(seed ^ mix64(use))};
    }

    constexpr std::uint64_t next() {
        const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t t = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = rotl(state_[3], 45);
        return result;
    }
    // In [0, 1), 53 bits.
    constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    // In [0, bound); bound > 0. Lemire's multiply-shift; its bias is below 2^-32 for small bounds.
    constexpr std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
    }
    constexpr bool chance(double p) { return uniform() < p; }

    friend constexpr bool operator==(const Rng&, const Rng&) = default;

  private:
    static constexpr std::uint64_t rotl(std::uint64_t x, int k) {
        return (x << k) | (x >> (64 - k));
    }
    std::array<std::uint64_t, 4> state_{};
};

} // namespace brownout
