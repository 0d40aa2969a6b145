// Pleasant, seeded, meaningless prose for simulated answers: one word a token.
#pragma once

#include "base/rng.h"

#include <deque>
#include <string>
#include <string_view>

namespace brownout::live {

class TextMaker {
  public:
    // `begun`: what has been said already, without white space at its end. Where this generator
    // would have said the same, the rest of it follows, else other words that carry it on.
    explicit TextMaker(Rng rng, std::string_view begun = {});
    // The next token, with the space before it. `left` counts the tokens to come, this one
    // included: the last one ends a sentence.
    std::string next(std::int64_t left);

  private:
    std::deque<std::string> sentence();
    void new_sentence(std::int64_t left);
    Rng rng_;
    std::deque<std::string> words_;
    std::size_t previous_ = 0;
    bool first_ = true, inside_ = false; // inside a sentence that is not ours
};

} // namespace brownout::live
