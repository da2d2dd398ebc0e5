#!/bin/bash
# priorpath hl7 show on small files: what it prints, its exit codes, its JSON, and that it colours nothing but a terminal.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
make --no-print-directory BUILD="$BUILD" "$BUILD/bin/priorpath" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
# name, wanted exit code, text that must be in the output, arguments…
want() {
    local name=$1 code=$2 text=$3 rc=0
    shift 3
    "$BUILD/bin/priorpath" hl7 "$@" >"$work/out" 2>"$work/err" || rc=$?
    if [ "$rc" -eq "$code" ] && grep -qF -- "$text" "$work/out" "$work/err" && ! grep -q $'\033' "$work/out"; then
        passed=$((passed + 1))
        printf 'PASS %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAIL %s: exit code %d, wanted %d and "%s"\n' "$name" "$rc" "$code" "$text"
        head -n 5 "$work/out" "$work/err" | sed 's/^/    /'
    fi
}
F=tests/fixtures/hl7
printf 'MSH|^~\\&|A|B|C|D|20261124||ADT^A04|1|P|2.5\nEVN|A04\nPID|1||M1^^^H^MR||A^B\n' >"$work/lf.hl7"
printf '\vMSH|^~\\&|A||||x||ADT^A04|1|P|2.5\rPID|1||M1\r\x1c\rnoise\vMSH|^~\\&|A||||20261124||ADT^A04|2|P|2.5\rPID|1||M2\r\x1c\r' \
    >"$work/capture.mllp"
printf '\vMSH|^~\\&|A||||20261124||ADT^A04|1|P|2.5\rPID|1||M1\r' >"$work/cut.mllp"
printf 'MSH|^~|A\r' >"$work/bad.hl7"
printf 'hello\n' >"$work/none.hl7"
printf 'MSH|^~\\&|A||||20261124||ADT^A04|1|P|2.5\rEVN|A\nPID|1||M1\rPV1|1\r' >"$work/mixed.hl7"
: >"$work/empty.hl7"

want 'a clean message'           0 'PID-5.1.1      name: family name'            show $F/orders.hl7
want 'what it is used for'       0 'ORM^O01 number ORD1, version 2.5.1, used as orders' show $F/orders.hl7
want 'why it is not used'        1 'not used: a charge is no claim'              show $F/charges.hl7
want 'line feeds are a note'     0 'line feed ends segments'                     show "$work/lf.hl7"
want 'a batch and its counts'    1 'BTS-1 differs from the number of messages'   show $F/batch.hl7
want 'a capture: the place'      1 'segment 1 MSH-7: this is no date or time; ignored (code 102, byte 14)' show "$work/capture.mllp"
want 'a capture: noise'          1 'bytes outside of a frame'                    show "$work/capture.mllp"
want 'a capture: both messages'  1 '2 messages, 2 findings'                      show "$work/capture.mllp"
want 'a capture that is cut'     1 'the frame did not end'                       show "$work/cut.mllp"
want 'not readable'              2 'four encoding characters are needed'         show "$work/bad.hl7"
want 'no message'                2 'the file holds no message'                   show "$work/none.hl7"
want 'an empty file'             2 'the file holds no message'                   show "$work/empty.hl7"
want 'no file'                   2 'No such file'                                show "$work/nowhere.hl7"
want 'no arguments'              2 'priorpath hl7 show FILE'                     show
want 'another word'              2 'priorpath hl7 show FILE'                     list $F/orders.hl7
want 'mixed line ends'           1 'the segment PID is missing (mixed line ends' show "$work/mixed.hl7"
want 'mixed, with the profile'   0 'carriage return and line feed end segments'  show "$work/mixed.hl7" --mixed-ends
want 'masked'                    0 'xxxxxxx'                                     show $F/orders.hl7 --mask
want 'a character set'           0 'Müller'                                      show $F/latin1.hl7 --charset=8859/1
want 'an unknown character set'  2 'that character set is not known'             show $F/latin1.hl7 --charset=klingon
want 'JSON'                      0 '"segment":"PID","name":"patient","index":2'  show $F/orders.hl7 --json
want 'the worst of several'      2 'four encoding characters'                    show $F/orders.hl7 "$work/bad.hl7"
if "$BUILD/bin/priorpath" hl7 show $F/orders.hl7 --mask | grep -q Alvarez; then
    failed=$((failed + 1))
    echo 'FAIL a masked message holds a name'
else
    passed=$((passed + 1))
fi
"$BUILD/bin/priorpath" hl7 show "$work/capture.mllp" $F/*.hl7 --json >"$work/json"
if python3 -m json.tool "$work/json" >/dev/null; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo 'FAIL the JSON is none'
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
