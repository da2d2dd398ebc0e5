#!/bin/bash
# priorpath x12 as a person calls it: exit codes, one line a finding, JSON, profile, colours only on a terminal, show, ack.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
PRIORPATH=$BUILD/bin/priorpath
make --no-print-directory BUILD="$BUILD" "$PRIORPATH" >/dev/null || exit 1
good=tests/x12/golden/837p.x12
work=$BUILD/x12-cli
mkdir -p "$work"
bad=$work/bad.837
sed 's/^NM1\*PR\*2\*/NM1*PR*9*/' "$good" >"$bad"
passed=0 failed=0

# name, exit code, grep pattern (with ! before it: must not be there), command…
expect() {
    local name=$1 code=$2 pattern=$3 out rc=0 found=0
    shift 3
    out=$("$@" 2>&1 </dev/null) || rc=$?
    grep -qE -- "${pattern#!}" <<<"$out" && found=1
    [ "${pattern:0:1}" != '!' ] || found=$((1 - found))
    if [ "$rc" -eq "$code" ] && [ "$found" -eq 1 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit code %d (wanted %d), wanted %s in:\n%s\n' "$name" "$rc" "$code" "$pattern" "$out" | head -20
    fi
}
x12() { "$PRIORPATH" x12 "$@"; }
on_terminal() { script -qec "$PRIORPATH x12 check $bad" /dev/null; }
without_colour() { NO_COLOR=1 script -qec "$PRIORPATH x12 check $bad" /dev/null; }
from_input() { x12 check - --json <"$good"; }
# Every line is one JSON object.
json_lines() {
    x12 check "$bad" --json >"$work/lines"
    python3 -c 'import json,sys; print(len([json.loads(x)["type"] for x in sys.stdin]))' <"$work/lines"
}
ack_read_again() {
    x12 ack "$1" >"$work/ack.999"
    x12 check "$work/ack.999"
}

expect 'a good file' 0 'accepted: 837 .*837p, [0-9]+ segments' x12 check "$good"
expect 'one line a finding' 1 'bad.837:1.1.1 error segment [0-9]+ loop 2010BB NM102: .*\[snip 2, code, byte [0-9]+\]' x12 check "$bad"
expect 'the summary' 1 '0 of 1 transactions accepted, errors [12]' x12 check "$bad"
expect 'several files' 1 'golden/837p.x12: 1 of 1' x12 check "$bad" "$good"
expect 'standard input' 0 '"type":"summary","file":"-"' from_input
expect 'JSON' 0 '^[0-9]+$' json_lines
expect 'JSON place' 1 '"loop":"2010BB","segment":"NM1","element":2' x12 check "$bad" --json
expect 'SNIP 1 alone' 0 '!snip 2' x12 check "$bad" --snip 1
printf '837p/code: warning\n' >"$work/profile"
expect 'a profile lowers' 0 'warning segment .* NM102' x12 check "$bad" "--profile=$work/profile"
printf 'no-such: off\n' >"$work/profile"
expect 'a profile with a fault' 2 'line 1: no guide, rule or reason' x12 check "$bad" "--profile=$work/profile"
expect 'another guide' 1 '835, ' x12 check "$good" --guide=835
expect 'no such guide' 2 'there is no guide nothing' x12 check "$good" --guide=nothing
expect 'no such file' 2 'No such file' x12 check /nowhere.x12
expect 'no file' 2 'which file' x12 check
expect 'no verb' 2 'check FILE' x12
expect 'no X12 at all' 1 'no interchange' x12 check Makefile
expect 'no colour in a pipe' 1 '!\[3' x12 check "$bad"
if command -v script >/dev/null; then
    expect 'colour on a terminal' 1 '\[31m ?error' on_terminal
    expect 'NO_COLOR' 1 '!\[31m' without_colour
fi
expect 'show: loops with names' 0 '2300 claim' x12 show "$good"
expect 'show: findings below their segment' 1 '[!] 2010BB NM102' x12 show "$bad"
expect 'show: masked' 0 '!ALDER|EXAMPLE' x12 show "$good" --mask
expect 'ack: accepted' 0 'IK5\*A' x12 ack "$good"
expect 'ack: rejected' 1 'IK4\*2\*1065\*7' x12 ack "$bad"
expect 'an ack is good X12' 0 'accepted: 999 .*999, [0-9]+ segments' ack_read_again "$bad"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
