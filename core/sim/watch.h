// Looking on while a run is played: at every request that ends in a stretch of its time, and at all
// breakers and faults from its beginning, from which their state at any instant follows. Watching
// changes nothing: the same seed gives the same run.
#pragma once

#include "record/report.h"

namespace brownout::sim {

// Called from the thread that plays the run.
class Watcher {
  public:
    virtual ~Watcher() = default;
    // Ended in the stretch. By index: cheap enough for every request of a year.
    virtual void request(const record::FoldedCall&, std::span<const record::FoldedAttempt>) {}
    // The same in words, for those who look at single requests; asked for by `records`.
    virtual void record(record::RequestRecord) {}
    virtual void breaker(const record::BreakerRecord&) {}
    // As RunFold::fault: once when it starts (to == never), once when it ends.
    virtual void fault(const record::FaultRecord&) {}
};

struct Watch {
    Watcher* watcher = nullptr; // outlives the run; null: nobody looks
    Instant from{}, to = never; // the run ends soon after `to`, not complete then
    bool records = false;
};

} // namespace brownout::sim
