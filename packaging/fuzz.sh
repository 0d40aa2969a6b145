#!/bin/sh
# Builds the fuzz targets with clang and runs each for so many seconds (default 10) from its corpus.
# BROWNOUT_FUZZ_SEED=0 draws a new seed; without it a run takes the same way each time.
# `packaging/fuzz.sh 1200 reply` runs one of them for twenty minutes. Findings are kept in
# build/fuzz/findings.
set -eu
. "$(dirname "$0")/common.sh"

seconds=${1:-10}
only=${2:-}
install_missing build fuzz
build fuzz
mkdir -p "$root/build/fuzz/findings"
for program in "$root"/build/fuzz/bin/fuzz_${only:-*}; do
    name=$(basename "$program" | sed s/^fuzz_//)
    grown="$root/build/fuzz/corpus/$name" # what a run adds goes here, not into the source tree
    mkdir -p "$grown"
    say "fuzzing $name for $seconds s"
    # Its own exit status decides: a crash may leave no finding behind (out of memory, a signal).
    log="$root/build/fuzz/$name.log"
    status=0
    "$program" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=2048 \
        -seed="${BROWNOUT_FUZZ_SEED:-1}" \
        -print_final_stats=1 -verbosity=0 -artifact_prefix="$root/build/fuzz/findings/$name-" \
        "$grown" "$root/tests/fuzz/corpus/$name" >"$log" 2>&1 || status=$?
    grep -E 'number_of_executed_units|peak_rss_mb|ERROR|SUMMARY|does not hold' "$log" ||
        say "$name: no figures in build/fuzz/$name.log"
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log"
        say "$name: ended with status $status; all it said is in build/fuzz/$name.log"
        exit 1
    fi
    if ls "$root/build/fuzz/findings/$name-"* >/dev/null 2>&1; then
        say "$name: findings in build/fuzz/findings"
        exit 1
    fi
done
