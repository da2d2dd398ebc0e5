#!/bin/sh
# Runs test programs one after another: programs.sh LOGDIR "PROGRAM ARGS…"…
# Prints one line for each, the log of those that failed, and the sum of single tests as "N passed, N failed".
# Understands the summaries of cmocka and of the table runner. A program may take TEST_TIMEOUT seconds (120).
set -u
logs=$1
shift
mkdir -p "$logs"
passed=0
failed=0
for command in "$@"; do
    program=${command%% *}
    name=$(basename "$program")
    log=$logs/$name.log
    # shellcheck disable=SC2086  # the arguments of a program are words of one argument of ours
    CMOCKA_MESSAGE_OUTPUT=STDOUT timeout "${TEST_TIMEOUT:-120}" $command >"$log" 2>&1
    code=$?
    good=$(sed -nE 's/^\[ +PASSED +\] ([0-9]+) test.*/\1/p' "$log" | tail -n 1)
    bad=$(sed -nE 's/^\[ +FAILED +\][^0-9]* ([0-9]+) test.*/\1/p' "$log" | tail -n 1)
    if [ -z "$good$bad" ]; then
        good=$(sed -nE 's/^([0-9]+) passed, [0-9]+ failed$/\1/p' "$log" | tail -n 1)
        bad=$(sed -nE 's/^[0-9]+ passed, ([0-9]+) failed$/\1/p' "$log" | tail -n 1)
    fi
    good=${good:-0}
    bad=${bad:-0}
    [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$code" -eq 0 ]; then
        printf 'PASS %-40s %5d\n' "$name" "$good"
    else
        printf 'FAIL %-40s %5d of %d (exit code %d)\n' "$name" "$bad" $((good + bad)) "$code"
        sed 's/^/    /' "$log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
