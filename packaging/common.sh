# Shared by run.sh, build.sh and test.sh: finds out what is missing, installs it, configures and builds.
# Source it with `set -eu` in force.

root=${BROWNOUT_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

say() { printf '%s\n' "brownout: $*" >&2; }

# The package manager of this system, as the name of its column in packages.tsv.
package_manager() {
    for manager in apt-get dnf pacman brew; do
        if command -v "$manager" >/dev/null 2>&1; then echo "$manager"; return; fi
    done
    echo none
}

# packages MANAGER PURPOSE... : names from the table.
packages() {
    case $1 in apt-get) column=2 ;; dnf) column=3 ;; pacman) column=4 ;; brew) column=5 ;; esac
    shift
    for purpose in "$@"; do
        awk -F '\t' -v p="$purpose" -v c="$column" '$1 == p && $c != "-" {print $c}' \
            "$root/packaging/packages.tsv"
    done | tr '\n' ' '
}

installed() { # MANAGER PACKAGE
    case $1 in
        apt-get) [ "$(dpkg-query -W -f '${db:Status-Status}' "$2" 2>/dev/null)" = installed ] ;;
        dnf) rpm -q "$2" >/dev/null 2>&1 ;;
        pacman) pacman -Qi "$2" >/dev/null 2>&1 ;;
        brew) brew list "$2" >/dev/null 2>&1 ;;
    esac
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo "$@"
    else say "installing needs root, and there is no sudo; as root run: $*"; exit 1
    fi
}

# install_missing PURPOSE... : does nothing, and needs no root and no network, when all is there.
install_missing() {
    manager=$(package_manager)
    if [ "$manager" = none ]; then
        say "no apt, dnf, pacman or brew here. Install by hand what packaging/packages.tsv lists"
        say "(Qt 6.4 or newer, QCustomPlot for Qt 6, QtKeychain, libcurl, Boost 1.81, nlohmann-json,"
        say "SQLiteCpp, CLI11, tl-expected, Google Benchmark), then run this again with"
        say "BROWNOUT_SKIP_INSTALL=1"
        [ "${BROWNOUT_SKIP_INSTALL:-0}" = 1 ] && return 0
        exit 1
    fi
    [ "${BROWNOUT_SKIP_INSTALL:-0}" = 1 ] && return 0
    missing=""
    for package in $(packages "$manager" "$@"); do
        installed "$manager" "$package" || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    say "installing:$missing"
    case $manager in
        apt-get)
            case "$missing" in *libboost1.81-dev*)
                if installed apt-get libboost1.74-dev; then
                    say "libboost1.81-dev replaces libboost1.74-dev, which is installed here."
                    say "Remove that one yourself if nothing needs it, then run this again."
                    exit 1
                fi ;;
            esac
            as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
            # shellcheck disable=SC2086
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
                --no-install-recommends $missing >/dev/null ;;
        # shellcheck disable=SC2086
        dnf) as_root dnf install -y $missing ;;
        # shellcheck disable=SC2086
        pacman) as_root pacman -S --needed --noconfirm $missing ;;
        # shellcheck disable=SC2086
        brew) brew install $missing ;;
    esac
}

# build PRESET [TARGET...]
build() {
    preset=$1; shift
    (cd "$root" && cmake --preset "$preset" >"/tmp/brownout-configure.$$" 2>&1) || {
        cat "/tmp/brownout-configure.$$" >&2; rm -f "/tmp/brownout-configure.$$"
        say "configuring failed, see above"; exit 1; }
    rm -f "/tmp/brownout-configure.$$"
    if [ $# -gt 0 ]; then
        cmake --build "$root/build/$preset" --parallel "$jobs" --target "$@"
    else
        cmake --build "$root/build/$preset" --parallel "$jobs"
    fi
}
