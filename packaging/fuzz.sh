#!/bin/sh
# Builds the fuzz targets with clang and runs each for so many seconds (default 10) from its corpus.
# BROWNOUT_FUZZ_SEED=0 draws a new seed; without it a run takes the same way each time.
# `packaging/fuzz.sh 1200 reply` runs one of them for twenty minutes. Findings are kept in
# build/fuzz/findings.
set -eu
. "$(dirname "$0")/common.sh"

seconds=${1:-10}
only=${2:-}
programs="$root/build/fuzz/bin"
findings="$root/build/fuzz/findings"

# One target. Its own exit status decides: a crash may leave no finding behind (out of memory, a
# signal).
fuzz_one() {
    name=$1
    grown="$root/build/fuzz/corpus/$name" # what a run adds goes here, not into the source tree
    log="$root/build/fuzz/$name.log"
    mkdir -p "$grown"
    status=0
    "$programs/fuzz_$name" -max_total_time="$seconds" -max_len=16384 -timeout=10 \
        -rss_limit_mb=2048 -seed="${BROWNOUT_FUZZ_SEED:-1}" \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$findings/$name-" \
        "$grown" "$root/tests/fuzz/corpus/$name" >"$log" 2>&1 || status=$?
    say "$name, $seconds s: $(grep -E 'number_of_executed_units|peak_rss_mb|ERROR|SUMMARY|does not hold' \
        "$log" | tr '\n' ' ')"
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log"
        say "$name: ended with status $status; all it said is in build/fuzz/$name.log"
        return 1
    fi
    if ls "$findings/$name-"* >/dev/null 2>&1; then
        say "$name: findings in build/fuzz/findings"
        return 1
    fi
}

if [ -n "${BROWNOUT_FUZZ_ONE:-}" ]; then fuzz_one "$BROWNOUT_FUZZ_ONE"; exit; fi
install_missing build fuzz
build fuzz
mkdir -p "$findings"
# As many at once as there are cores: each takes one.
for program in "$programs"/fuzz_${only:-*}; do basename "$program" | sed s/^fuzz_//; done |
    xargs -P "$jobs" -I{} env BROWNOUT_FUZZ_ONE={} "$0" "$seconds"
