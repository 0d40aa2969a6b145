#!/bin/sh
# Other people's clients against our lab, and our client against other people's servers. Builds
# release and needs Node.js 20 or newer with npm; where there is none, Debian's is tried.
set -eu
. "$(dirname "$0")/common.sh"

install_missing build run
build release brownoutctl
if ! command -v npm >/dev/null 2>&1; then install_missing clients; fi
major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
if [ "$major" -lt 20 ]; then
    say "the clients under test need Node.js 20 or newer, this is $(node --version): skipped"
    exit 0
fi
cd "$root/tests/clients"
npm ci --no-fund --no-audit --ignore-scripts --loglevel=error >/dev/null
BROWNOUTCTL="$root/build/release/bin/brownoutctl" npm test --silent
