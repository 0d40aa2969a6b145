#!/bin/sh
# Installs what is missing, builds Brownout and runs every test. `packaging/test.sh PRESET` takes
# another preset (dev, asan, tsan); the default is release.
set -eu
. "$(dirname "$0")/common.sh"

preset=${1:-release}
"$(dirname "$0")/build.sh" "$preset"

# Tests that open windows do so without a display, those of the keychain in a private D-Bus session.
export QT_QPA_PLATFORM=offscreen
XDG_RUNTIME_DIR=$(mktemp -d); export XDG_RUNTIME_DIR
trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
chmod 700 "$XDG_RUNTIME_DIR"
cd "$root" && ctest --preset "$preset" --parallel "$jobs"
