#!/bin/bash
# HL7 v2: ours against HAPI, the same files, one core each, the median of RUNS runs. Prints "peer<TAB>set<TAB>messages/s
# <TAB>MB/s", and to stderr what was left out and why.
# RUNS (5), SECONDS_EACH (2). Sets: our own fixtures; orders, appointments, registrations of the public samples where they are
# (PP_SAMPLES, else ../shared/samples), without the files that HAPI refuses.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
RUNS=${RUNS:-5}
SECONDS_EACH=${SECONDS_EACH:-2}
samples=${PP_SAMPLES:-../shared/samples}/hl7v2
mkdir -p "$BUILD/bin"
make --no-print-directory BUILD="$BUILD" "$BUILD/lib/libpp-codec.a" "$BUILD/lib/libpp-core.a" >&2 || exit 1
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Icommon tests/bench-codec/hl7_bench.c -o "$BUILD/bin/hl7-bench" \
    -Wl,--start-group "$BUILD/lib/libpp-codec.a" "$BUILD/lib/libpp-core.a" -Wl,--end-group -ljansson -lcrypto -lz -lm || exit 1
pin=()
if command -v taskset >/dev/null; then pin=(taskset -c "${CORE:-0}"); fi

class_path=$(tests/bench-codec/hapi/fetch.sh tests/bench-codec/hapi) || echo "HAPI is left out: see above" >&2
hapi() { java -XX:+UseSerialGC -Xmx512m -cp "$class_path" HapiBench "$@"; }

measure() { # set file…
    local set=$1 files
    shift
    files=("$@")
    if [ -n "$class_path" ]; then
        mapfile -t files < <(hapi list "$@")
        [ ${#files[@]} -eq $# ] || echo "$set: $(($# - ${#files[@]})) of $# files are left out, HAPI does not read them" >&2
    fi
    [ ${#files[@]} -gt 0 ] || return 0
    "${pin[@]}" "$BUILD/bin/hl7-bench" "$RUNS" "$SECONDS_EACH" "$set" "${files[@]}" || return 1
    [ -z "$class_path" ] || "${pin[@]}" java -XX:+UseSerialGC -Xmx512m -cp "$class_path" HapiBench "$RUNS" "$SECONDS_EACH" \
        "$set" "${files[@]}"
}

rc=0
measure fixtures tests/fixtures/hl7/*.hl7 || rc=1
if [ -d "$samples" ]; then
    measure orders "$samples"/ORM/*.hl7 || rc=1
    measure appointments "$samples"/SIU/*.hl7 || rc=1
    measure registrations "$samples"/ADT/*.hl7 || rc=1
else
    echo "no samples at $samples: own fixtures only" >&2
fi
[ -z "$class_path" ] || rm -rf "${class_path%%:*}"
exit $rc
