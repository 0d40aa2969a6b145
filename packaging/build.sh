#!/bin/sh
# Installs what is missing and builds Brownout. `packaging/build.sh PRESET` takes another preset (dev,
# asan, tsan, fuzz); the default is release.
set -eu
. "$(dirname "$0")/common.sh"

preset=${1:-release}
case $preset in
fuzz) install_missing build fuzz ;;
asan | tsan) install_missing build run test fuzz ;; # clang, too
*) install_missing build run test ;;
esac
if [ "$preset" = tsan ]; then build tsan tsan_tests; else build "$preset"; fi
