#include "live/play_clock.h"

#include <algorithm>

namespace brownout::live {

bool PlayClock::is_one(double rate) {
    return rate >= 1 && rate <= 1;
}

// Exact at the wall's own pace: no rounding may move an arrival.
Duration PlayClock::within(const Piece& piece, Instant now) {
    const Duration passed = std::max(Duration::zero(), now - piece.from);
    if (is_one(piece.rate))
        return piece.at + passed;
    return piece.at + from_seconds(to_seconds(passed) * piece.rate);
}

bool PlayClock::set_rate(double rate, Instant now) {
    if (pieces_.size() > most_changes)
        return false;
    pieces_.push_back({now, elapsed(now), rate});
    return true;
}

Duration PlayClock::elapsed(Instant now) const {
    const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), now,
                                        [](Instant t, const Piece& p) { return t < p.from; });
    return within(after == pieces_.begin() ? *after : *(after - 1), now);
}

Instant PlayClock::when(Duration elapsed) const {
    for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
        // The first piece takes what is left; of two that meet, the one that got there.
        if (elapsed <= piece->at && piece + 1 != pieces_.rend())
            continue;
        if (piece->rate <= 0)
            return elapsed <= piece->at ? piece->from : never;
        const Duration more = std::max(Duration::zero(), elapsed - piece->at);
        return after(piece->from,
                     is_one(piece->rate) ? more : from_seconds(to_seconds(more) / piece->rate));
    }
    return never;
}

Duration PlayClock::held(Instant now) const {
    Duration sum{};
    for (std::size_t i = 0; i < pieces_.size() && pieces_[i].from < now; ++i) {
        const Instant end = i + 1 < pieces_.size() ? std::min(now, pieces_[i + 1].from) : now;
        if (pieces_[i].rate <= 0)
            sum += end - pieces_[i].from;
    }
    return sum;
}

} // namespace brownout::live
