# One interface target carries what every part of Brownout is compiled with: warnings as errors, and
# the sanitizer of the chosen preset. Dependencies come in as imported targets, so they stay silent.
add_library(brownout_options INTERFACE)
target_compile_features(brownout_options INTERFACE cxx_std_20)
target_compile_options(brownout_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
  -Woverloaded-virtual -Wimplicit-fallthrough -Werror)

# g++ 12 at -O2 and above sees overlapping copies in "text" + std::to_string(n) that are not there
# (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(brownout_options INTERFACE -Wno-restrict)
endif()

if(BROWNOUT_SANITIZE STREQUAL "asan")
  # -g1 and no null check: coroutine files compile in half the time. libc++abi's vptr and clang's
  # function check fail on coroutines.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-sanitize=null -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
elseif(BROWNOUT_SANITIZE STREQUAL "tsan")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -g1 -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(NOT BROWNOUT_SANITIZE STREQUAL "")
  message(FATAL_ERROR "BROWNOUT_SANITIZE is '${BROWNOUT_SANITIZE}': use asan, tsan or nothing")
endif()

if(BROWNOUT_FUZZ) # coverage for libFuzzer in everything that it calls
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
