#!/bin/sh
# Installs what is missing, builds Brownout and starts it. Arguments go to the app.
# Without a display: says so, runs the demo rehearsal in the terminal and writes the page pictures.
set -eu
. "$(dirname "$0")/common.sh"

install_missing build run
build release brownout brownoutctl >&2
bin="$root/build/release/bin"

if [ "$(uname)" = Darwin ] || [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ]; then
    exec "$bin/brownout" "$@"
fi

say "there is no display here: running the demo rehearsal in the terminal instead"
code=0
"$bin/brownoutctl" rehearse "$root/resources/demo.chain.json" \
    "$root/resources/scenarios/primary-down.scenario.json" || code=$?
pictures="$root/build/pictures"
say "writing the page pictures to $pictures"
QT_QPA_PLATFORM=offscreen "$bin/brownout" --screenshot "$pictures" --theme dark
say "done; with a display this starts the app: packaging/run.sh"
exit "$code"
