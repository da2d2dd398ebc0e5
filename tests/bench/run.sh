#!/bin/bash
# make bench: null chain and real path with their raw limits, each in an installation of its own; writes
# docs/bench-results.md. FORM=short (default) or full. PARTS="null real" chooses. Needs an idle machine to mean anything:
# foreign CPU is written beside every figure.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$root/$BUILD ;; esac
export BUILD
OUT=${OUT:-$BUILD/bench}
mkdir -p "$OUT"
make --no-print-directory BUILD="$BUILD" -j2 all "$BUILD/bin/bench-chain" "$BUILD/bin/bench-raw" >"$OUT/build.log"
# As an installation has it: durable, and the compiler of the Java machine unhindered, for what runs long.
export PG_EXTRA=${PG_EXTRA-"shared_buffers = '512MB'"}
export KAFKA_JVM=${KAFKA_JVM:--Xms512m -Xmx512m}
PARTS=${PARTS:-null real}
for part in $PARTS; do
    case $part in
    null) tests/lib/harness.sh --roles sh -c "\"\$PP_TEST_PYTHON\" -B tests/bench/bench.py null '$OUT/null.json'" ;;
    real)
        ONLY=door,receive,chart,requirements,documents,submission,claims,status \
            tests/lib/harness.sh --services sh -c "\"\$PP_TEST_PYTHON\" -B tests/bench/bench.py real '$OUT/real.json'"
        ;;
    *)
        echo "PARTS: null, real; not \"$part\"" >&2
        exit 2
        ;;
    esac
done
python3 -B tests/bench/report.py "$OUT" "${REPORT:-$root/docs/bench-results.md}"
