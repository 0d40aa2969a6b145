// What both programs do first: keep keys out of crash reports, and turn signals into a flag.
#pragma once

#include <atomic>

namespace brownout::app {

// No core dumps and no debugger attach by other users' processes: memory holds keys.
void forbid_core_dumps();

// SIGINT and SIGTERM set the flag; a second one ends the process at once with exit code 130.
const std::atomic<bool>& cancel_on_signals();

} // namespace brownout::app
