#!/bin/bash
# Our X12 reader against StAEDI, value for value, over all public samples and our own golden files. Files on which they
# differ stand in tests/x12/disagreements.tsv with our judgement. Skips, with the reason, without samples or StAEDI.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 1
BUILD=${BUILD:-build}
samples=${PP_SAMPLES:-../shared/samples}/x12
class_path=$(tests/bench-codec/staedi/fetch.sh) || {
    echo "StAEDI is not there: nothing was compared"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
work=$BUILD/differential-x12
mkdir -p "$work"
make --no-print-directory BUILD="$BUILD" "$BUILD/lib/libpp-codec.a" "$BUILD/lib/libpp-core.a" || exit 1
cc -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Icommon tests/differential/x12/ours.c -o "$work/ours" \
    -Wl,--start-group "$BUILD/lib/libpp-codec.a" "$BUILD/lib/libpp-core.a" -Wl,--end-group -ljansson -lcrypto -lz -lm || exit 1
files=(tests/x12/golden/*)
if [ -d "$samples" ]; then
    mapfile -t more < <(find "$samples" -type f ! -name '*.tsv' ! -name '*.md' | LC_ALL=C sort)
    files+=("${more[@]}")
else
    echo "no samples at $samples: own files only"
fi
"$work/ours" "${files[@]}" >"$work/ours.txt" || exit 1
java -Djava.util.logging.config.file=/dev/null -cp "$class_path" StaediDump "${files[@]}" >"$work/theirs.txt" || exit 1
table=$work/judged.tsv
if [ -d "$samples" ]; then cp tests/x12/disagreements.tsv "$table"; else grep -E '^(#|tests/)' tests/x12/disagreements.tsv >"$table"; fi
"${PYTHON:-python3}" tests/differential/x12/compare.py "$work/ours.txt" "$work/theirs.txt" "$table" "$samples"
