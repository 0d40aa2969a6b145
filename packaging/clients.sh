#!/bin/sh
# Other people's clients against our lab, and our client against other people's servers. Builds
# release and needs Node.js with npm; where there is none, the distribution's is tried. Two of the
# packages ask for more than Debian 12 has: @google/genai for Node.js 20, @copilotkit/aimock (other
# people's servers) for 20.15.
set -eu
. "$(dirname "$0")/common.sh"

install_missing build run
build release brownoutctl
if ! command -v npm >/dev/null 2>&1; then install_missing clients; fi
if ! command -v curl >/dev/null 2>&1; then install_missing curl; fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
              process.exit(a > 20 || (a === 20 && b >= 15) ? 0 : 1)'; then
    say "SKIPPED, not passed: other people's clients were not run against the lab, nor ours against"
    say "their servers. @copilotkit/aimock needs Node.js 20.15 or newer, this is $(node --version)."
    exit 0
fi
cd "$root/tests/clients"
npm ci --no-fund --no-audit --ignore-scripts --loglevel=error >/dev/null
BROWNOUTCTL="$root/build/release/bin/brownoutctl" npm test --silent
