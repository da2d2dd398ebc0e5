#!/bin/bash
# Our HL7 v2 tree against those of HAPI and python-hl7, element for element, on all public samples. What they need is
# fetched once into .run/cache with pinned versions; without samples, Java or a way to the registries the run is skipped,
# and says why.
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 1
BUILD=${BUILD:-build}
cache=${PP_CACHE:-$PWD/.run/cache}
samples=${PP_SAMPLES:-../shared/samples}
PYTHON_HL7=hl7==0.4.5
skip() {
    echo "skipped: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
[ -f "$samples/hl7v2/index.tsv" ] || skip "no samples at $samples"
venv=$cache/python-hl7
if [ "$(cat "$venv/made-from" 2>/dev/null || true)" != "$PYTHON_HL7" ]; then
    rm -rf "$venv"
    mkdir -p "$cache"
    python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check "$PYTHON_HL7" >"$cache/pip.log" 2>&1 ||
        skip "pip could not install $PYTHON_HL7: $(tail -n 1 "$cache/pip.log" 2>/dev/null | cut -c1-160)"
    echo "$PYTHON_HL7" >"$venv/made-from"
fi
reason=$(mktemp)
class_path=$(tests/bench-codec/hapi/fetch.sh tests/differential/hl7 2>"$reason")
rc=$?
[ $rc -ne 3 ] || skip "$(cat "$reason")"
[ $rc -eq 0 ] || {
    cat "$reason"
    exit 1
}
rm -f "$reason"
make --no-print-directory BUILD="$BUILD" "$BUILD/bin/priorpath" || exit 1
"$venv/bin/python3" tests/differential/hl7/compare.py "$BUILD/bin/priorpath" "$samples" "$class_path"
rc=$?
rm -rf "${class_path%%:*}"
exit $rc
