// A recorded log (rehearse --log FILE) played again through virtual time: a fresh engine is asked
// at the instants that the log tells, is told how each attempt ended, and must decide as was
// recorded: which target is asked when and why, what breakers do, how each request ends.
#pragma once

#include "chain/document.h"

#include <string>
#include <vector>

namespace brownout::test {

struct LogReplay {
    std::string differs; // empty: nothing; else the first line that was decided otherwise
    std::size_t requests = 0, attempts = 0, breaker_changes = 0; // that were decided again
};
// `document`: as it was played. `seed`: of the rehearsal.
LogReplay replay_log(const chain::Document& document, std::uint64_t seed, const std::string& path);

} // namespace brownout::test
