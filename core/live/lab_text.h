// Pleasant, seeded, meaningless prose for simulated answers: one word a token.
#pragma once

#include "base/rng.h"

#include <deque>
#include <string>
#include <string_view>

namespace brownout::live {

class TextMaker {
  public:
    explicit TextMaker(Rng rng) : rng_(rng) {}
    // The next token, with the space before it. `left` counts the tokens to come, this one
    // included: the last one ends a sentence.
    std::string next(std::int64_t left);

  private:
    std::deque<std::string> sentence();
    void new_sentence(std::int64_t left);
    Rng rng_;
    std::deque<std::string> words_;
    std::size_t previous_ = 0;
    bool first_ = true;
};

} // namespace brownout::live
