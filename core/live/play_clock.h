// The clock of a scenario that is being played: its own seconds since its start, which stand still
// while it is paused and may run faster or slower than the wall. Its traffic and its faults go by
// this clock; the chain's limits, backoffs and breakers go by the wall. Pure. Thread: any one.
#pragma once

#include "base/time.h"

#include <vector>

namespace brownout::live {

class PlayClock {
  public:
    explicit PlayClock(Instant zero, double rate = 1) : pieces_{{zero, Duration::zero(), rate}} {}

    static constexpr double slowest = 0.1, fastest = 100;
    static constexpr std::size_t most_changes = 1000; // pauses and speeds of one run

    // So many of its seconds in one of the wall's from now on; 0: it stands still. False: it was
    // changed too often, and goes on as it did.
    bool set_rate(double rate, Instant now);
    double rate() const { return pieces_.back().rate; }
    Duration elapsed(Instant now) const;
    // When the wall shows that so much has elapsed; never: not as long as it stands still.
    Instant when(Duration elapsed) const;
    // For how long it has stood still until now, by the wall.
    Duration held(Instant now) const;
    bool changed() const { return pieces_.size() > 1 || !is_one(pieces_.front().rate); }

  private:
    struct Piece {
        Instant from;
        Duration at; // elapsed then
        double rate;
    };
    static bool is_one(double rate);
    static Duration within(const Piece& piece, Instant now);
    std::vector<Piece> pieces_; // ascending
};

} // namespace brownout::live
