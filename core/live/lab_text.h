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
    // The next token, with the space before it. The last one closes its sentence.
    std::string next(bool last);

  private:
    void new_sentence();
    Rng rng_;
    std::deque<std::string> words_;
    std::size_t previous_ = 0;
    bool first_ = true;
};

} // namespace brownout::live
