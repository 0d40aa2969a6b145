#include "live/delivery.h"

namespace brownout::live {

bool Delivery::begin(engine::AttemptMode mode, bool accepts_restart) {
    const bool first = !started_ || (text_.empty() && reasoning_.empty());
    started_ = true;
    replayed_ = replay_until_ = 0;
    skip_reasoning_ = false;
    // A resumed answer carries on behind the text that it was given as prefill.
    if (first || mode == engine::AttemptMode::resume)
        return false;
    if (accepts_restart) {
        text_.clear();
        reasoning_.clear();
        return true;
    }
    replay_until_ = text_.size();
    skip_reasoning_ = !reasoning_.empty();
    return false;
}

Delivery::Verdict Delivery::take(const wire::Delta& delta, wire::Delta& out) {
    out = {};
    std::string_view text = delta.text;
    if (replayed_ < replay_until_) {
        const std::size_t n = std::min(text.size(), replay_until_ - replayed_);
        if (text.substr(0, n) != std::string_view{text_}.substr(replayed_, n))
            return Verdict::differs;
        replayed_ += n;
        text.remove_prefix(n);
    }
    out.text = text;
    if (!skip_reasoning_)
        out.reasoning = delta.reasoning;
    text_ += out.text;
    reasoning_ += out.reasoning;
    return out.empty() ? Verdict::nothing : Verdict::pass;
}

} // namespace brownout::live
