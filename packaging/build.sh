#!/bin/sh
# Installs what is missing and builds Brownout. `packaging/build.sh PRESET` takes another preset (dev,
# asan, tsan); the default is release.
set -eu
. "$(dirname "$0")/common.sh"

preset=${1:-release}
install_missing build run test
if [ "$preset" = tsan ]; then build tsan tsan_tests; else build "$preset"; fi
