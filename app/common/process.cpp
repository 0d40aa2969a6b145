#include "app/common/process.h"

#include "base/sanitizer.h"

#include <csignal>
#include <unistd.h>

#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace brownout::app {
namespace {
std::atomic<bool> cancelled{false};

extern "C" void on_signal(int) {
    if (cancelled.exchange(true))
        _exit(130);
}
} // namespace

void forbid_core_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    if (!address_sanitizer) // its leak checker attaches to us
        prctl(PR_SET_DUMPABLE, 0);
#endif
}

const std::atomic<bool>& cancel_on_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    signal(SIGPIPE, SIG_IGN);
    return cancelled;
}

} // namespace brownout::app
