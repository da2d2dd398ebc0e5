#!/bin/bash
# X12: ours against StAEDI, the same file, one core each, the median of RUNS runs. Prints "peer<TAB>set<TAB>segments/s<TAB>MB/s",
# to stderr what was left out and why. RUNS (5), MB of the claims file (33), BIG_MB of the file for memory (1000; 0 = none).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
RUNS=${RUNS:-5}
MB=${MB:-33}
BIG_MB=${BIG_MB:-1000}
PYTHON=${PYTHON:-python3}
work=$BUILD/bench-codec
mkdir -p "$BUILD/bin" "$work"
make --no-print-directory BUILD="$BUILD" "$BUILD/lib/libpp-codec.a" "$BUILD/lib/libpp-core.a" >&2 || exit 1
cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Icommon tests/bench-codec/x12_bench.c -o "$BUILD/bin/x12-bench" \
    -Wl,--start-group "$BUILD/lib/libpp-codec.a" "$BUILD/lib/libpp-core.a" -Wl,--end-group -ljansson -lcrypto -lz -lm || exit 1
pin=()
if command -v taskset >/dev/null; then pin=(taskset -c "${CORE:-0}"); fi
class_path=$(tests/bench-codec/staedi/fetch.sh) || echo "StAEDI is left out: see above" >&2

set_name="claims, $MB MB"
$PYTHON tests/bench-codec/claims.py $((MB * 1000000)) "$work/claims.837" || exit 1
"${pin[@]}" "$BUILD/bin/x12-bench" "$RUNS" "$set_name" "$work/claims.837" || exit 1
[ -z "$class_path" ] || "${pin[@]}" java -XX:+UseSerialGC -Xmx512m \
    -Djava.util.logging.config.file=/dev/null -cp "$class_path" StaediBench "$RUNS" "$set_name" \
    "$work/claims.837" || exit 1
rm -f "$work/claims.837"
[ "$BIG_MB" -gt 0 ] || exit 0
$PYTHON tests/bench-codec/claims.py $((BIG_MB * 1000000)) "$work/big.837" || exit 1
rc=0
"${pin[@]}" "$BUILD/bin/x12-bench" --memory "$work/big.837" || rc=1
rm -f "$work/big.837"
exit $rc
