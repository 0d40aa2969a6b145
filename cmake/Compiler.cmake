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
  # -g1 and no null check: files compile in half the time. The vptr and function checks need a
  # library that is all instrumented.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-sanitize=null,vptr -fno-omit-frame-pointer -g1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fno-sanitize=function)
  endif()
  add_link_options(-fsanitize=address,undefined)
elseif(BROWNOUT_SANITIZE STREQUAL "tsan")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -g1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
  add_link_options(-fsanitize=thread)
elseif(NOT BROWNOUT_SANITIZE STREQUAL "")
  message(FATAL_ERROR "BROWNOUT_SANITIZE is '${BROWNOUT_SANITIZE}': use asan, tsan or nothing")
endif()

# Hundreds of test programs are linked: lld does it in a quarter of the time.
find_program(LLD ld.lld)
function(brownout_quick_link target)
  if(LLD)
    target_link_options(${target} PRIVATE -fuse-ld=lld)
  endif()
endfunction()

if(BROWNOUT_FUZZ) # coverage for libFuzzer in everything that it calls
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Half of the time that a file takes is its headers. Precompiled they cost a tenth; but a compiler
# cache does not work well with them, and saves more once it is filled. CCACHE_DISABLE in the
# environment, ccache's own switch, chooses the headers.
find_program(CCACHE ccache)
if(CCACHE AND "$ENV{CCACHE_DISABLE}" STREQUAL "")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(precompile_by_default OFF)
else()
  set(precompile_by_default ON)
endif()
option(BROWNOUT_PRECOMPILE "Precompile the headers that nearly every file includes"
       ${precompile_by_default})

# What the optimizer makes of the flow differs with each version of g++, and it sees reads that are not
# there (g++ 12: std::map of vectors, `i + 1 < end`): that may warn, and must not keep anyone from
# building. With precompiled headers it is off, as g++ forgets then which headers are the system's.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  foreach(by_flow aggressive-loop-optimizations array-bounds dangling-pointer format-overflow
                  format-truncation free-nonheap-object maybe-uninitialized mismatched-new-delete
                  nonnull null-dereference stringop-overflow stringop-overread stringop-truncation
                  use-after-free)
    if(BROWNOUT_PRECOMPILE)
      target_compile_options(brownout_options INTERFACE -Wno-${by_flow})
    else()
      target_compile_options(brownout_options INTERFACE $<$<CONFIG:Release>:-Wno-error=${by_flow}>)
    endif()
  endforeach()
endif()

# brownout_precompile(TARGET header...): <names> are found as in an #include. Files that are compiled
# together read their headers once as it is.
function(brownout_precompile target)
  get_target_property(together ${target} UNITY_BUILD)
  if(BROWNOUT_PRECOMPILE AND NOT together)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# Half of what is left is spent on the same templates, file by file. With this option the files of a
# folder are compiled as one: what they hide in anonymous namespaces must have names of its own within
# its folder. Without it each file proves that it stands alone; so is work on a few files quicker.
option(BROWNOUT_UNITY "Compile the files of each folder of the libraries together" OFF)
# A local variable that hides a neighbour's constant is no mistake, and g++ takes a .cpp in it for a
# header, in which nothing of an anonymous namespace may be a member.
set(of_neighbours -Wno-shadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND of_neighbours -Wshadow=local -Wno-subobject-linkage)
endif()
target_compile_options(brownout_options INTERFACE
  "$<$<STREQUAL:$<TARGET_PROPERTY:UNITY_BUILD_MODE>,GROUP>:${of_neighbours}>")

# As many at once as there is memory for, 2 GiB each. Generated files, and the one of templates alone,
# are compiled as they are.
if(BROWNOUT_UNITY)
  cmake_host_system_information(RESULT together QUERY TOTAL_PHYSICAL_MEMORY)
  math(EXPR together "${together} / 2048 + 1")
  set_property(GLOBAL APPEND PROPERTY JOB_POOLS brownout_unity=${together})
endif()
function(brownout_unity target)
  if(NOT BROWNOUT_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP
                        JOB_POOL_COMPILE brownout_unity)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/.*[.]cpp$")
  list(FILTER sources EXCLUDE REGEX "/asio_impl[.]cpp$|^${CMAKE_BINARY_DIR}/")
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(GET folder FILENAME folder)
    set_property(SOURCE ${source} PROPERTY UNITY_GROUP ${folder})
  endforeach()
endfunction()

# The sanitizers' trees are not optimised: they compile in half the time. What loops millions of times
# is all the same.
function(brownout_loops target)
  if(BROWNOUT_SANITIZE)
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()
