#!/bin/bash
# pyx12 and our checker over the same public 837 and 835 files; what only one of them tells stands, judged, in
# tests/x12/pyx12-disagreements.tsv. The samples are no part of the repository (PP_SAMPLES, else ../shared/samples).
# Without them, or where pyx12 cannot be installed, it is skipped. Usage: tests/differential/pyx12/run.sh [--show]
set -euo pipefail
cd "$(dirname "$0")/../../.."
BUILD=${BUILD:-build}
samples=${PP_SAMPLES:-../shared/samples}/x12
venv=$BUILD/venv-pyx12
skip() {
    echo "$1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
[ -f "$samples/index.tsv" ] || skip "no samples at $samples"
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import pyx12' 2>/dev/null; then
    rm -rf "$venv"
    python3 -m venv "$venv" || skip "no virtual environment could be made in $venv"
    "$venv/bin/pip" install -q --disable-pip-version-check -r tests/differential/pyx12/requirements.txt ||
        skip "pyx12 cannot be installed here"
fi
make --no-print-directory BUILD="$BUILD" "$BUILD/lib/libpp-codec.a" "$BUILD/lib/libpp-core.a"
mkdir -p "$BUILD/bin"
"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -Werror -Icommon -I"$BUILD/gen" -o "$BUILD/bin/x12-findings" \
    tests/differential/pyx12/ours.c -Wl,--start-group "$BUILD/lib/libpp-codec.a" "$BUILD/lib/libpp-core.a" \
    -Wl,--end-group -ljansson -lm
if "$venv/bin/python" -B tests/differential/pyx12/compare.py "$samples" "$BUILD/bin/x12-findings" \
    tests/x12/pyx12-disagreements.tsv "$@"; then
    echo "1 passed, 0 failed"
else
    echo "0 passed, 1 failed"
    exit 1
fi
