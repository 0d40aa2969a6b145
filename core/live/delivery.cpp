#include "live/delivery.h"

#include <algorithm>
#include <utility>

namespace brownout::live {

namespace {

constexpr std::string_view white = " \t\r\n";
constexpr std::size_t most_white = 256; // bytes held back: more is no slip at a seam

std::size_t white_at_start(std::string_view text) {
    return std::min(text.find_first_not_of(white), text.size());
}
std::string_view white_at_end(std::string_view text) {
    return text.substr(text.find_last_not_of(white) + 1);
}

} // namespace

bool Delivery::begin(engine::AttemptMode mode, bool accepts_restart) {
    const bool first = !started_ || (text_.empty() && reasoning_.empty() && !has_calls_);
    started_ = true;
    replayed_ = replay_until_ = 0;
    skip_reasoning_ = false;
    seam_ = Seam::passed;
    held_.clear(); // of an attempt that broke
    matched_ = 0;
    if (first)
        return false;
    // A resumed answer carries on behind the text that it was given as prefill; half a call of a
    // tool is no text.
    if (mode == engine::AttemptMode::resume) {
        cannot_follow_ = has_calls_;
        skip_reasoning_ = !reasoning_.empty();
        seam_ = text_.empty() ? Seam::passed : Seam::unsure;
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

// Providers that know no prefill answer from the beginning: then all that the caller has comes once
// more and is dropped. White space at the end of a prefill is refused by some and was not sent
// (wire/anthropic.cpp), so the answer brings it along although the caller has it.
std::string Delivery::behind_seam(std::string_view piece, bool last) {
    if (seam_ == Seam::passed)
        return std::string{piece};
    held_ += piece;
    const std::string_view had_white = white_at_end(text_);
    if (seam_ == Seam::unsure) {
        std::string_view had = text_;
        had.remove_suffix(had_white.size());
        had.remove_prefix(white_at_start(had));
        const std::size_t start = white_at_start(held_);
        const std::string_view now = std::string_view{held_}.substr(start);
        while (matched_ < std::min(had.size(), now.size()) && now[matched_] == had[matched_])
            ++matched_;
        if (matched_ == now.size() && matched_ < had.size() && !last && start <= most_white)
            return {};
        if (!had.empty() && matched_ == had.size())
            held_.erase(0, start + matched_);
        seam_ = Seam::joining;
    }
    const std::size_t lead = white_at_start(held_);
    if (lead == held_.size() && !had_white.empty() && !last && lead <= most_white)
        return {};
    const std::string_view start = std::string_view{held_}.substr(0, lead);
    std::size_t twice = 0;
    while (twice < std::min(lead, had_white.size()) && start[twice] == had_white[twice])
        ++twice;
    if (twice == 0 && !had_white.empty() && start == " ") // a new line, then " Next"
        twice = 1;
    seam_ = Seam::passed;
    held_.erase(0, twice);
    return std::exchange(held_, {});
}

bool Delivery::finish(wire::Delta& out) {
    out = {};
    out.text = behind_seam({}, true);
    text_ += out.text;
    return !out.empty();
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
    out.text = behind_seam(text, !delta.tool_calls.empty());
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
