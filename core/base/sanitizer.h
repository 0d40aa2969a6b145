// Whether this build watches its own memory and threads: g++ says so by macros, clang by features.
#pragma once

namespace brownout {

#if defined(__has_feature)
#define BROWNOUT_HAS_FEATURE(name) __has_feature(name)
#else
#define BROWNOUT_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || BROWNOUT_HAS_FEATURE(address_sanitizer)
inline constexpr bool address_sanitizer = true;
#else
inline constexpr bool address_sanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__) || BROWNOUT_HAS_FEATURE(thread_sanitizer)
inline constexpr bool thread_sanitizer = true;
#else
inline constexpr bool thread_sanitizer = false;
#endif

#undef BROWNOUT_HAS_FEATURE

} // namespace brownout
