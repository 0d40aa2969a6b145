// What the cases of the policy rows have in common.
#pragma once

#include "support/row_world.h"

#include <sstream>

namespace brownout::test::rows {

using Cases = std::vector<RowCase>;

// Late timers on a busy machine: what may come on top of a wait. Two values of a row are further
// apart than that.
inline constexpr double late_ms = 140;

// Collects what is not as it should be.
class Judge {
  public:
    template <class T>
    Judge& same(const char* what, const T& is, const T& wanted) {
        if (!(is == wanted))
            out_ << what << " is " << is << ", not " << wanted << "; ";
        return *this;
    }
    Judge& between(const char* what, double is, double low, double high) {
        if (!(is >= low && is <= high))
            out_ << what << " is " << is << ", not within " << low << " to " << high << "; ";
        return *this;
    }
    Judge& waits(const char* what, double is, double wanted) { // the log has whole milliseconds
        return between(what, is, wanted - 1.5, wanted + late_ms);
    }
    std::string text() const { return out_.str(); }

  private:
    std::ostringstream out_;
};

// The first request's story, before and after.
inline RowCheck stories(const std::string& before, const std::string& after) {
    return [=](const RowRun& b, const RowRun& a) {
        return Judge{}
            .same("the story before", b.story(), before)
            .same("the story after", a.story(), after)
            .text();
    };
}

inline const std::string fails_500 =
    R"({"faults":[{"target":"aster","kind":"http_error","status":500}]})";
// No waits to speak of, and no breaker, so that a case shows its own row only.
inline const std::string quick_retry =
    R"("retry":{"backoff":{"kind":"fixed","base_ms":20,"jitter":"none"}})";
inline const std::string no_breaker =
    R"("breaker":{"consecutive_failures":null,"failure_ratio":null})";

} // namespace brownout::test::rows
