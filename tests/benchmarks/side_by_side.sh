#!/bin/sh
# The local endpoint beside a reverse proxy, in one run on loopback: the same upstream (500 bytes at
# once), the same load (wrk), asked directly, through HAProxy and through `brownoutctl serve` with a
# chain of two targets, breaker, prices, event log and metrics on. Rounds take turns, so that all see
# the same machine; the table shows medians and says which goals hold.
#
#   tests/benchmarks/side_by_side.sh [ROUNDS] [SECONDS]      default 5 rounds of 2 s each
#
# Builds release, installs what is missing. BROWNOUT_BIN names a folder with brownoutctl and
# bench_endpoint that are built already. Run it on a quiet machine: only ratios of one run mean much.
set -eu
BROWNOUT_ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$BROWNOUT_ROOT/packaging/common.sh"

rounds=${1:-5}
seconds=${2:-2}
if [ -z "${BROWNOUT_BIN:-}" ]; then
    install_missing build run bench
    build release brownoutctl bench_endpoint >&2
    BROWNOUT_BIN=$root/build/release/bin
fi
for needed in wrk haproxy; do
    PATH=$PATH:/usr/sbin command -v $needed >/dev/null || { say "$needed is missing"; exit 1; }
done
PATH=$PATH:/usr/sbin

work=$(mktemp -d)
started=""
stop() {
    for one in $started; do kill "$one" 2>/dev/null || true; done
    for one in $started; do wait "$one" 2>/dev/null || true; done
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# wait_for FILE WORD: until a program that was started has said it.
wait_for() {
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || { say "nothing came of $1:"; cat "$work"/*.err >&2; exit 1; }
        sleep 0.05
    done
}

"$BROWNOUT_BIN/bench_endpoint" upstream >"$work/upstream.out" 2>"$work/upstream.err" &
started="$started $!"
upstream_pid=$!
wait_for "$work/upstream.out" busy
good=$(awk '/^good/ {print $2}' "$work/upstream.out")
busy=$(awk '/^busy/ {print $2}' "$work/upstream.out")

chain() { # FIRST_PORT
    cat <<JSON
{"format": "brownout.chain/1", "name": "side-by-side",
 "providers": [
  {"id": "first", "dialect": "openai", "base_url": "http://127.0.0.1:$1/v1", "key": "none"},
  {"id": "second", "dialect": "openai", "base_url": "http://127.0.0.1:$good/v1", "key": "none"}],
 "chains": [{"id": "default", "targets": [
  {"provider": "first", "model": "m", "breaker_hold": "closed",
   "price": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 2}},
  {"provider": "second", "model": "m",
   "price": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 2}}]}]}
JSON
}
chain "$good" | sed 's/"breaker_hold": "closed",//' >"$work/well.chain.json"
chain "$busy" >"$work/failing.chain.json"
for name in well failing; do
    BROWNOUT_LEDGER=$work/$name.ledger "$BROWNOUT_BIN/brownoutctl" serve "$work/$name.chain.json" \
        --port 0 --log "$work/$name.jsonl" >"$work/$name.out" 2>"$work/$name.err" &
    started="$started $!"
    eval "${name}_pid=$!"
    wait_for "$work/$name.out" listening
    eval "$name=$(sed -n 's/.*:\([0-9]*\)$/\1/p' "$work/$name.out")"
done
# Nobody tells which port HAProxy may have: one that was free just now.
proxy=$(awk 'BEGIN {srand(); print 20000 + int(rand() * 10000)}')
cat >"$work/haproxy.cfg" <<CFG
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  option http-no-delay
  http-reuse always
frontend in
  bind 127.0.0.1:$proxy
  default_backend out
backend out
  server one 127.0.0.1:$good
CFG
haproxy -f "$work/haproxy.cfg" -db >"$work/haproxy.out" 2>"$work/haproxy.err" &
started="$started $!"
proxy_pid=$!

cat >"$work/load.lua" <<'LUA'
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"model":"auto","messages":[{"role":"user","content":"Is it so, and why?"}]}'
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("result %.1f %.1f %d %d\n", latency:percentile(50),
    summary.requests / summary.duration * 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    summary.requests))
end
LUA
# Seconds of processor time that a process has used.
cpu_s() { awk -v t="$(getconf CLK_TCK)" '{print ($14 + $15) / t}' "/proc/$1/stat"; }
# load NAME PORT CONNECTIONS PID: a line "median_us per_s errors cpu_us" more in NAME; the last is
# what a request costs the process that is measured.
load() {
    cpu_before=$(cpu_s "$4")
    wrk -t1 -c"$3" -d"${seconds}s" -s "$work/load.lua" "http://127.0.0.1:$2" |
        sed -n 's/^result //p' >"$work/line"
    awk -v a="$cpu_before" -v b="$(cpu_s "$4")" '{print $1, $2, $3, (b - a) / $4 * 1e6}' \
        "$work/line" >>"$work/$1"
}
measure() { # WHO CONNECTIONS NAME
    case $1 in
        direct) load "$3" "$good" "$2" "$upstream_pid" ;;
        proxy) load "$3" "$proxy" "$2" "$proxy_pid" ;;
        well) load "$3" "$well" "$2" "$well_pid" ;;
        failing) load "$3" "$failing" "$2" "$failing_pid" ;;
    esac
}
column() { # NAME FIELD: the median over the rounds
    awk -v f="$2" '{print $f}' "$work/$1" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}
rss_mb() { awk '/^VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$1/status"; }
tokens() { # NAME PORT STREAMS TOKENS US
    "$BROWNOUT_BIN/bench_endpoint" streams "$2" "$3" "$4" "$5" >"$work/line"
    sed 's/[a-z0-9_]*=//g' "$work/line" >>"$work/$1"
}

say "$rounds rounds of $seconds s; upstream, wrk, HAProxy and both endpoints share $jobs cores"
for name in direct proxy well failing; do # warm
    measure "$name" 8 warm
done
round=0
while [ $round -lt "$rounds" ]; do
    round=$((round + 1))
    for connections in 1 32; do
        for name in direct proxy well failing; do
            measure $name $connections $name$connections
        done
    done
    tokens tdirect1 "$good" 1 200 5000; tokens tproxy1 "$proxy" 1 200 5000
    tokens twell1 "$well" 1 200 5000
    tokens tdirect20 "$good" 20 100 20000; tokens tproxy20 "$proxy" 20 100 20000
    tokens twell20 "$well" 20 100 20000
done

before=$(rss_mb "$well_pid")
"$BROWNOUT_BIN/bench_endpoint" streams "$well" 200 60 50000 >"$work/s200" &
streams=$!
most=0
while kill -0 $streams 2>/dev/null; do
    most=$(printf '%s\n%s\n' "$most" "$(rss_mb "$well_pid")" | sort -n | tail -1)
    sleep 0.1
done
wait $streams
"$BROWNOUT_BIN/bench_endpoint" leave "$well" "$good" 50 | sed 's/[a-z0-9_]*=//g' >"$work/leave"

failed() { cat "$work/$1"1 "$work/$1"32 | awk '{n += $3} END {print n + 0}'; }
others=$(($(failed direct) + $(failed proxy)))
errors=$(($(failed well) + $(failed failing)))
started_events=$(cat "$work"/*.jsonl | grep -c '"event":"request_started"' || true)
finished_events=$(cat "$work"/*.jsonl | grep -c '"event":"request_finished"' || true)

row() { printf '%-34s %12.8s %12.8s %12.8s %12.12s\n' "$@"; }
echo
row "medians of $rounds rounds" direct HAProxy Brownout "failing over"
row "latency at 1 connection, us" "$(column direct1 1)" "$(column proxy1 1)" "$(column well1 1)" \
    "$(column failing1 1)"
row "requests/s at 32 connections" "$(column direct32 2)" "$(column proxy32 2)" \
    "$(column well32 2)" "$(column failing32 2)"
row "latency at 32 connections, us" "$(column direct32 1)" "$(column proxy32 1)" \
    "$(column well32 1)" "$(column failing32 1)"
row "processor time a request, us" "$(column direct32 4)" "$(column proxy32 4)" \
    "$(column well32 4)" "$(column failing32 4)"
row "delay of a token, 1 stream, us" "$(column tdirect1 1)" "$(column tproxy1 1)" \
    "$(column twell1 1)" -
row "delay of a token, 20 streams, us" "$(column tdirect20 1)" "$(column tproxy20 1)" \
    "$(column twell20 1)" -
echo
verdict() { # WHAT VALUE SIGN LIMIT
    awk -v w="$1" -v v="$2" -v s="$3" -v l="$4" 'BEGIN {
        ok = s == "<=" ? v <= l : v >= l
        printf "%-58s %9.2f  (%s %s)  %s\n", w, v, s, l, ok ? "holds" : "DOES NOT HOLD" }'
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {print b == 0 ? 0 : a / b}'; }
minus() { awk -v a="$1" -v b="$2" 'BEGIN {print a - b}'; }
verdict "added median latency at 1 connection, times HAProxy's" \
    "$(ratio "$(minus "$(column well1 1)" "$(column direct1 1)")" \
        "$(minus "$(column proxy1 1)" "$(column direct1 1)")")" "<=" 3
verdict "requests/s at 32 connections, of HAProxy's" \
    "$(ratio "$(column well32 2)" "$(column proxy32 2)")" ">=" 0.25
verdict "requests/s failing over at 32 connections, of those without" \
    "$(ratio "$(column failing32 2)" "$(column well32 2)")" ">=" 0.333
verdict "resident memory at 200 streams, MB (before: $before)" "$most" "<=" 100
verdict "added delay of a token, 1 stream, us" \
    "$(minus "$(column twell1 1)" "$(column tdirect1 1)")" "<=" 50
verdict "added delay of a token, 20 streams, us" \
    "$(minus "$(column twell20 1)" "$(column tdirect20 1)")" "<=" 50
verdict "a caller that leaves: longest until its provider is left, ms" \
    "$(awk '{print $2}' "$work/leave")" "<=" 50
verdict "requests that failed (direct and through HAProxy: $others)" "$errors" "<=" 0
echo
echo "event log: $started_events requests started, $finished_events finished; delay of a token at 200 streams: $(cat "$work/s200")"
echo "leaving, median ms: $(awk '{print $1}' "$work/leave")"
