#include "live/delivery.h"

namespace brownout::live {

bool Delivery::begin(engine::AttemptMode mode, bool accepts_restart) {
    const bool first = !started_ || (text_.empty() && reasoning_.empty() && !has_calls_);
    started_ = true;
    replayed_ = replay_until_ = 0;
    skip_reasoning_ = false;
    if (first)
        return false;
    // A resumed answer carries on behind the text that it was given as prefill; half a call of a
    // tool is no text.
    if (mode == engine::AttemptMode::resume) {
        cannot_follow_ = has_calls_;
        return false;
    }
    if (accepts_restart) {
        text_.clear();
        reasoning_.clear();
        has_calls_ = false;
        return true;
    }
    cannot_follow_ = has_calls_; // the calls of another answer have other ids
    replay_until_ = text_.size();
    skip_reasoning_ = !reasoning_.empty();
    return false;
}

Delivery::Verdict Delivery::take(const wire::Delta& delta, wire::Delta& out) {
    out = {};
    if (cannot_follow_ && !delta.empty())
        return Verdict::differs;
    std::string_view text = delta.text;
    if (replayed_ < replay_until_) {
        if (!delta.tool_calls.empty() && replayed_ + text.size() < replay_until_)
            return Verdict::differs;
        const std::size_t n = std::min(text.size(), replay_until_ - replayed_);
        if (text.substr(0, n) != std::string_view{text_}.substr(replayed_, n))
            return Verdict::differs;
        replayed_ += n;
        text.remove_prefix(n);
    }
    out.text = text;
    if (!skip_reasoning_) {
        out.reasoning = delta.reasoning;
        out.signature = delta.signature;
        out.redacted = delta.redacted;
    }
    out.tool_calls = delta.tool_calls;
    has_calls_ = has_calls_ || !out.tool_calls.empty();
    text_ += out.text;
    reasoning_ += out.reasoning;
    return out.empty() ? Verdict::nothing : Verdict::pass;
}

} // namespace brownout::live
