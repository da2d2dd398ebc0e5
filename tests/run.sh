#!/bin/bash
# make test: every check there is, in order; each stage says "N passed, N failed". STAGES="unit cases" runs only these.
# Brings its own broker and database, on free ports, and leaves none of it behind. Exit code 1 when anything failed.
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "$0")/../deploy/lib.sh"
. "$ROOT/deploy/packages.sh"
. "$ROOT/deploy/kafka/broker.sh"
. "$ROOT/tests/lib/python.sh"
cd "$ROOT"
LOGS=$BUILD_DIR/log
mkdir -p "$LOGS"
SETUP_LOG=$LOGS/setup.log
: >"$SETUP_LOG"
export BUILD
HARNESS=tests/lib/harness.sh

# name, time limit in seconds, the file it needs (- = none), command. A stage whose file is not there does not exist.
stages() {
    cat <<EOF
lint        900 tests/lint/run.sh        make --no-print-directory lint
build      1800 -                        make --no-print-directory -j2 all
unit        900 -                        make --no-print-directory -j2 unit
cases       600 -                        make --no-print-directory -j2 cases
x12-cli     300 tests/x12/cli.sh         tests/x12/cli.sh
x12-staedi  600 tests/differential/x12/run.sh tests/differential/x12/run.sh
x12-pyx12   600 tests/differential/pyx12/run.sh tests/differential/pyx12/run.sh
hl7-cli     300 tests/hl7/show.sh        tests/hl7/show.sh
hl7-peers   900 tests/differential/hl7/run.sh tests/differential/hl7/run.sh
setup       300 tests/setup/run.sh       tests/setup/run.sh
runtime     900 tests/runtime/run.sh     $HARNESS tests/runtime/run.sh
integration 1200 tests/integration/run.sh $HARNESS --services tests/integration/run.sh
recover     900 tests/recover/run.sh     $HARNESS --services tests/recover/run.sh
browser     600 tests/browser/run.sh     $HARNESS tests/browser/run.sh
asan       1800 -                        make --no-print-directory -j2 asan
fuzz        900 tests/fuzz/run.sh        env DURATION=${FUZZ_DURATION:-60} tests/fuzz/run.sh
chaos       600 tests/chaos/run.sh       env DURATION=${DURATION:-60} tests/chaos/run.sh
docker     1200 tests/docker/run.sh      tests/docker/run.sh
EOF
}

passed=0 failed=0 skipped=0 broken=''
# The sum a stage prints last. One that prints none counts as one test.
count() { # log exit-code
    local line p=0 f=0 s=0
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$1" | tail -n 1 || true)
    if [ -n "$line" ]; then
        read -r p _ f _ s _ <<<"$line"
        s=${s:-0}
    elif [ "$2" -eq 0 ]; then
        p=1
    fi
    [ "$2" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    echo "$p $f $s"
}
# Ctrl-C must reach the stage, which cleans up after itself; commands in the background do not hear it.
stage_pid=
trap '[ -z "$stage_pid" ] || kill -TERM "$stage_pid" 2>/dev/null; wait; exit 130' INT TERM

run_stage() { # name seconds command…
    local name=$1 limit=$2 log=$LOGS/test-$1.log start=$SECONDS rc=0 said=$SECONDS p f s
    shift 2
    printf '%s  %s\n' "$(elapsed)" "$name"
    timeout --kill-after=60 "$limit" "$@" >"$log" 2>&1 </dev/null &
    stage_pid=$!
    while kill -0 "$stage_pid" 2>/dev/null; do
        sleep 0.2
        [ $((SECONDS - said)) -ge 20 ] || continue
        said=$SECONDS
        say "… $(tail -n 1 "$log" | tr -d '\r' | cut -c1-90)"
    done
    wait "$stage_pid" || rc=$?
    stage_pid=
    [ "$rc" -ne 124 ] || echo "the stage took longer than $limit s and was ended" >>"$log"
    read -r p f s <<<"$(count "$log" "$rc")"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    printf '            %d passed, %d failed, %d skipped, %d s\n' "$p" "$f" "$s" $((SECONDS - start))
    [ "$f" -eq 0 ] || {
        broken+=" $name"
        grep -nE '^(FAIL|ERROR|not ok)|error:|Sanitizer' "$log" | tail -n 20 | cut -c1-200 | sed 's/^/    /' || true
        tail -n 25 "$log" | cut -c1-200 | sed 's/^/  | /'
        printf '  whole log: %s\n' "$log"
    }
}

printf '%s  getting ready\n' "$(elapsed)"
install_packages run test
need_python
kafka_jars
while read -r name limit file command; do
    if [ "$file" != - ] && [ ! -x "$file" ]; then continue; fi
    if [ -n "${STAGES:-}" ] && [[ " $STAGES " != *" $name "* ]]; then continue; fi
    read -ra words <<<"$command"
    run_stage "$name" "$limit" "${words[@]}"
done < <(stages)
[ -z "$broken" ] || printf '\nfailed stages:%s\n' "$broken"
[ "$skipped" -eq 0 ] || printf '%d skipped\n' "$skipped"
printf '%s  in all\n' "$(elapsed)"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
