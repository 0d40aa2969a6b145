#!/bin/sh
# Loads the local endpoint for ten minutes, or as many seconds as are named: near saturation, 200
# streams at once beside whole answers, faults switching. Builds release; says what holds, and ends
# with 1 where something does not.
#
#   tests/soak/soak.sh [SECONDS] [STREAMS]
set -eu
BROWNOUT_ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$BROWNOUT_ROOT/packaging/common.sh"
if [ -z "${BROWNOUT_BIN:-}" ]; then
    install_missing build run
    build release brownoutctl soak >&2
    BROWNOUT_BIN=$root/build/release/bin
fi
exec "$BROWNOUT_BIN/soak" --ctl "$BROWNOUT_BIN/brownoutctl" --seconds "${1:-600}" \
    --streams "${2:-200}"
