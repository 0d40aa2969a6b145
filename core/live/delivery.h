// What the caller of one request has so far, and what of the next piece it gets. Holds the restart
// rule of the chain file format (`on_broken_stream`): a caller that asked for restarts sees the new
// answer whole; any other gets what follows the text that it already has, and never a token twice,
// even where a provider was asked to carry on and begins anew.
//
// Pure: no clock, no loop. Thread: any one at a time.
#pragma once

#include "engine/action.h"
#include "wire/message.h"

namespace brownout::live {

class Delivery {
  public:
    // From here on the text of another attempt is taken. True: the caller is to be told that the
    // answer starts again, and what it had is forgotten.
    bool begin(engine::AttemptMode mode, bool accepts_restart);

    enum class Verdict {
        pass,    // `out` is the caller's
        nothing, // the caller has this already
        differs, // the new answer does not begin with what the caller has
    };
    Verdict take(const wire::Delta& delta, wire::Delta& out);

    // The attempt has ended well. True: `out` was held back until now and is the caller's.
    bool finish(wire::Delta& out);

    // The attempt has ended well: has the caller all of it? False when the new answer was shorter
    // than what the caller already had.
    bool complete() const { return replayed_ == replay_until_ && !cannot_follow_; }

    const std::string& text() const { return text_; }
    const std::string& reasoning() const { return reasoning_; }

  private:
    // What of a resumed answer is the caller's; `last`: nothing is to be held back any longer.
    std::string behind_seam(std::string_view piece, bool last);

    // Of a resumed answer. `unsure`: all of it so far could be the beginning of what the caller
    // has, told once more; `joining`: what follows is new but for the white space at the seam.
    enum class Seam { passed, unsure, joining };
    Seam seam_ = Seam::passed;
    std::string held_;        // back, until that is known
    std::size_t matched_ = 0; // bytes of held_ that the caller has, behind leading white space

    std::string text_, reasoning_;
    std::size_t replayed_ = 0, replay_until_ = 0; // bytes of text_ that a new answer must repeat
    bool started_ = false, skip_reasoning_ = false;
    bool has_calls_ = false, cannot_follow_ = false; // pieces of calls of tools are the caller's
};

} // namespace brownout::live
