// How many tokens the next answer will probably have, where the caller does not say: the mean of
// recent answers of the chain to such requests.
#pragma once

#include <algorithm>
#include <cstdint>

namespace brownout::engine {

// Before anything was measured, and what a worst case is computed with where nothing else is said.
// Users of ChatGPT got answers of 441 tokens on average (WildChat-1M, Zhao et al., ICLR 2024, table
// 1); rounded up, because too low an estimate lets a cap be passed.
inline constexpr std::uint32_t usual_output_tokens = 500;

class OutputMean {
  public:
    void add(std::uint32_t tokens) {
        count_ = std::min(count_ + 1, remembered);
        mean_ += (std::int64_t{tokens} * scale - mean_) / count_;
    }
    std::uint32_t expected() const {
        return static_cast<std::uint32_t>((mean_ + scale / 2) / scale);
    }

  private:
    static constexpr std::int64_t scale = 256;
    static constexpr std::int64_t remembered = 64; // weight of the newest: at least 1/64
    std::int64_t count_ = 4;                       // the default counts as four answers
    std::int64_t mean_ = usual_output_tokens * scale;
};

} // namespace brownout::engine
