#!/bin/bash
# make bench-codec: the X12 and HL7 v2 codecs against their peers in one call; prints the tables and writes
# docs/bench-codec.md with machine and versions. A peer that cannot be fetched is left out with a reason.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
export BUILD
out=$BUILD/bench-codec
mkdir -p "$out"
for part in x12 hl7; do
    echo "== $part" >&2
    [ -x "tests/bench-codec/$part.sh" ] || continue
    "tests/bench-codec/$part.sh" >"$out/$part.tsv" 2> >(tee "$out/$part.err" >&2) || {
        echo "$part: failed" >&2
        exit 1
    }
done
"${PYTHON:-python3}" tests/bench-codec/report.py "$out" docs/bench-codec.md
