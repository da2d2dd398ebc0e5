#!/bin/sh
# Runs every check of this folder (*.py, *.sh; names with _ in front are helpers): one line each, details of what
# failed, and "N passed, N failed" at the end. A check ends with 0, or 77 when its tool is not installed.
# Run one alone: tests/lint/layers.py
set -u
cd "$(dirname "$0")/../.." || exit 1
export PYTHONDONTWRITEBYTECODE=1
export BUILD="${BUILD:-build}"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
passed=0
failed=0
for check in tests/lint/[a-z]*.py tests/lint/[a-z]*.sh; do
    name=$(basename "$check")
    [ "$name" = run.sh ] && continue
    what=$(sed -n '2s/^[#" ]*//; 2s/"*$//p' "$check")
    start=$(date +%s)
    timeout 120 "$check" >"$log" 2>&1
    code=$?
    took=$(($(date +%s) - start))
    case $code in
    0)
        passed=$((passed + 1))
        printf 'PASS %-14s %s (%d s)\n' "$name" "$what" "$took"
        ;;
    77) printf 'SKIP %-14s %s\n' "$name" "$(head -n 1 "$log")" ;;
    *)
        failed=$((failed + 1))
        printf 'FAIL %-14s %s\n' "$name" "$what"
        head -n "${LINT_LINES:-40}" "$log" | sed 's/^/    /'
        lines=$(wc -l <"$log")
        [ "$lines" -gt "${LINT_LINES:-40}" ] && printf '    … %d lines in all; run tests/lint/%s\n' "$lines" "$name"
        ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
