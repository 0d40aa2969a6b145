// BROWNOUT_CHECK(condition, "why it must hold"): an invariant that is checked in every build. A
// failure prints place and reason and aborts; it is never used for bad input, only for our own
// bugs.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace brownout::detail {
[[noreturn]] inline void check_failed(const char* file, int line, const char* condition,
                                      const char* why) {
    std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, condition, why);
    std::abort();
}
} // namespace brownout::detail

#define BROWNOUT_CHECK(condition, why)                                                             \
    ((condition) ? static_cast<void>(0)                                                            \
                 : ::brownout::detail::check_failed(__FILE__, __LINE__, #condition, why))
