# shellcheck shell=bash
# What the set-up scripts share: words for the person who looks on, privileges, processes, ports, waiting.
#
# Sourced, never run. The caller has `set -euo pipefail`. Everything works on a bare Debian: no ps, ss, curl, sudo.
# RUN is the folder of the installation (.run of the checkout unless told), as an absolute path without blanks.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
RUN=${RUN:-$ROOT/.run}
BUILD=${BUILD:-build}
case $BUILD in /*) BUILD_DIR=$BUILD ;; *) BUILD_DIR=$ROOT/$BUILD ;; esac
# shellcheck disable=SC2034  # for those that source this
BIN=$BUILD_DIR/bin
# All ports of an installation move together, so that several can live on one machine.
PORT_SHIFT=${PORT_SHIFT:-0}
DB_HOST=${DB_HOST:-127.0.0.1}
DB_PORT=${DB_PORT:-$((7132 + PORT_SHIFT))}
KAFKA_PORT=${KAFKA_PORT:-$((7192 + PORT_SHIFT))}
KAFKA_CONTROLLER_PORT=${KAFKA_CONTROLLER_PORT:-$((7193 + PORT_SHIFT))}
SETUP_LOG=${SETUP_LOG:-$RUN/log/setup.log}
export LC_ALL=C.UTF-8

# ---- words ----
STEP=0
STEPS=${STEPS:-0}
STARTED=$(date +%s)
elapsed() {
    local s=$(($(date +%s) - STARTED))
    printf '%d:%02d' $((s / 60)) $((s % 60))
}
# A numbered step; what follows with `say` belongs to it.
step() {
    STEP=$((STEP + 1))
    printf '%s  [%d/%d] %s\n' "$(elapsed)" "$STEP" "$STEPS" "$*"
    { printf '\n==== %s  %s\n' "$(date -u +%FT%TZ)" "$*" >>"$SETUP_LOG"; } 2>/dev/null || true
}
say() { printf '            %s\n' "$*"; }
# fail "what is wrong" "what to do about it"…
fail() {
    printf '\nERROR: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}
# Every ten seconds what the set-up log says last, for somebody who wonders whether anything happens.
ticker() {
    local nap=
    trap 'kill "$nap" 2>/dev/null; exit' TERM
    while :; do
        sleep 10 &
        nap=$!
        wait "$nap"
        say "… $(tail -n 1 "$SETUP_LOG" 2>/dev/null | tr -d '\r' | cut -c1-90)"
    done
}
# Runs a command with its output in the set-up log; on failure shows the end of it.
logged() {
    local from rc=0 tick
    printf '$ %s\n' "$*" >>"$SETUP_LOG"
    from=$(wc -c <"$SETUP_LOG")
    ticker 9>&- &
    tick=$!
    "$@" >>"$SETUP_LOG" 2>&1 </dev/null 9>&- || rc=$? # 9: the lock of up.sh, which must not live on in a server
    kill "$tick" 2>/dev/null || true
    wait "$tick" 2>/dev/null || true
    [ "$rc" -eq 0 ] || {
        printf '\n' >&2
        tail -c "+$((from + 1))" "$SETUP_LOG" | tail -n "${TAIL_LINES:-15}" | sed 's/^/  | /' >&2
    }
    return "$rc"
}

# ---- privileges ----
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }
# Runs as root: directly, or with sudo; else says what to run.
as_root() {
    if is_root; then
        "$@"
    elif have sudo; then
        sudo -n true 2>/dev/null || say "sudo may ask for your password"
        sudo -- "$@"
    else
        fail "this needs root, and there is no sudo" "run this as root, then start again:" "$*"
    fi
}

# ---- processes ----
# The command line of a process, words parted by blanks; empty when there is no such process.
command_of() {
    { tr '\0' ' ' <"/proc/$1/cmdline" || true; } 2>/dev/null
}
# alive FILE WORD: the process whose number stands in FILE runs and has WORD in its command line. Prints the number.
# A number alone proves nothing: it may have been given to somebody else since.
alive() {
    local pid
    [ -s "$1" ] || return 1
    read -r pid <"$1" || return 1
    [[ $pid =~ ^[0-9]+$ ]] && [ -e "/proc/$pid" ] || return 1
    [[ "$(command_of "$pid")" == *"$2"* ]] || return 1
    [ "$(state_of "$pid")" != Z ] || return 1
    printf '%s' "$pid"
}
state_of() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    stat=${stat##*) }
    printf '%s' "${stat%% *}"
}
# stop_process FILE WORD SECONDS: asks it to end, waits, then ends it the hard way. The file is removed.
stop_process() {
    local pid i
    if pid=$(alive "$1" "$2"); then
        kill -TERM "$pid" 2>/dev/null || true
        for ((i = 0; i < $3 * 10; i++)); do
            alive "$1" "$2" >/dev/null || break
            sleep 0.1
        done
        if alive "$1" "$2" >/dev/null; then
            say "process $pid did not end within $3 s and is ended the hard way"
            kill -KILL "$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$1"
}
# wait_for SECONDS WHAT COMMAND…: until the command succeeds.
wait_for() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || {
            say "gave up waiting for $what"
            return 1
        }
        sleep 0.1
    done
}

# ---- ports ----
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# Inodes of the sockets that listen on a port, IPv4 and IPv6.
port_inodes() {
    local hex
    hex=$(printf '%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$hex" '$4 == "0A" { n = split($2, a, ":"); if (a[n] == port) print $10 }'
}
# "process 123 (java -Xmx…)": who listens on a port; nothing when nobody does.
port_owner() {
    local inode link pid
    for inode in $(port_inodes "$1"); do
        for link in /proc/[0-9]*/fd/*; do
            if [ "$(readlink "$link" 2>/dev/null || true)" = "socket:[$inode]" ]; then
                pid=${link#/proc/}
                pid=${pid%%/*}
                printf 'process %s (%.120s)' "$pid" "$(command_of "$pid")"
                return 0
            fi
        done
        printf 'a process of another user'
        return 0
    done
}
# need_port PORT WHAT HINT: fails with the owner's name when somebody has it.
need_port() {
    local owner
    owner=$(port_owner "$1")
    [ -z "$owner" ] || fail "port $1, which $2 needs, is taken by $owner" "end that process, or $3"
}

# ---- files ----
# A password of 32 characters that needs no quoting anywhere.
random_secret() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }
# make_secret FILE: random, 0600, kept when it is there.
make_secret() {
    [ -s "$1" ] && return 0
    (umask 077 && random_secret >"$1.new" && mv "$1.new" "$1")
}
free_kb() { df -Pk "$1" | awk 'NR == 2 { print $4 }'; }
# A name for this installation in places outside of it.
run_hash() { printf '%s' "$RUN" | sha256sum | cut -c1-12; }
