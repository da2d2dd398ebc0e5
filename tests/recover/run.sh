#!/bin/bash
# Sets the schema of one service after the other back to a dump from the middle of a day: it must refuse to start, and after
# `priorpath recover` its tables must be those of before and the log must hold nothing twice. The other services run on
# meanwhile; some of those that are set back are killed in the middle of catching up. Run by
#   tests/lib/harness.sh --services tests/recover/run.sh [SERVICE…]
# Exit code 1 when a check failed; the last line is the sum.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib.sh
. "$here/../../deploy/lib.sh"
. "$ROOT/deploy/postgres/cluster.sh"
. "$ROOT/deploy/services.sh"
cd "$ROOT"
load_env
pg_find
scratch=${PP_TEST_DIR:-$RUN}/tmp
mkdir -p "$scratch"
services=("$@")
[ ${#services[@]} -gt 0 ] || services=(receive chart requirements documents submission claims status)
SPEED=${SPEED:-1000}                         # virtual seconds in a real one: a day takes about 36
DUMP_AFTER_S=${DUMP_AFTER_S:-9}              # of the day
INTERRUPTED=' documents submission '         # these are killed while they catch up
export PP_RESTART_MAX=${PP_RESTART_MAX:-300} # the supervisor starts one that refuses again and again
passed=0 failed=0

state() { "$PP_TEST_PYTHON" -B "$here/state.py" "$@"; }
check() { # "what" command…
    local what=$1
    shift
    if "$@" >"$scratch/check.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $what"
    else
        failed=$((failed + 1))
        echo "FAIL  $what"
        cut -c1-700 "$scratch/check.log" | sed 's/^/      /' | head -40
    fi
}
dump() {
    local s
    for s in "${services[@]}"; do
        PGPASSWORD=$(cat "$PG_SUPER_PASSWORD") "$PG_BIN/pg_dump" -h 127.0.0.1 -p "$DB_PORT" -U "$PG_SUPER" -n "$s" -f "$scratch/$s.sql" priorpath
    done
}
# The schema as it was, rights included.
restore() {
    pg_sql -d priorpath -c "drop schema $1 cascade"
    pg_sql -d priorpath -f "$scratch/$1.sql" >/dev/null
}
command_of_service() {
    local command port
    command=$(awk -F'\t' -v name="$1" '$1 == name { print $3 }' "$ROOT/deploy/services.tsv" | sed "s|{run}|$RUN|g; s|{bin}|$BIN|g")
    while [[ $command =~ \{([0-9]+)\} ]]; do
        port=${BASH_REMATCH[1]}
        command=${command//"{$port}"/$((port + PORT_SHIFT))}
    done
    echo "$command"
}
of_process() { sed -n "s/^{.*\"name\":\"$1\",.*/&/p" "$RUN/status.json"; }
pid_of() { of_process "$1" | sed 's/^{"pid":\([0-9]*\),.*/\1/'; }
supervisor() { kill "-$1" "$(cat "$RUN_PID")"; }
# Its supervisor stands still: what status.json says may be a moment old, its children are those that are.
has_ended() {
    local pid command pids=()
    read -r -d '' -a pids < <(cat "/proc/$(cat "$RUN_PID")/task/"*/children) || true
    for pid in "${pids[@]}"; do
        command=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || true)
        [[ $command != *"/$1 "* && $command != *"--role=$1 "* && $command != *"priorpath run "* ]] || return 1
    done
}
# Its supervisor starts it again and again; each time it must end with the code of a fatal error and say why.
refuses() {
    local from=$2
    # shellcheck disable=SC2317  # by wait_for
    refused() {
        [[ $(of_process "$1") == *'"last_end":"exit code 3"'* ]] && tail -n "+$((from + 1))" "$RUN/log/$1.log" | grep -q 'went back in time'
    }
    wait_for 60 "$1 to refuse" refused "$1"
    tail -n 3 "$RUN/log/$1.log"
}
recovers() { timeout 120 "$BIN/priorpath" recover "$1"; }
says_already() { recovers "$1" | tee /dev/stderr | grep -q 'already catching up'; }
nothing_to_do() {
    local said
    if said=$(recovers "$1" 2>&1); then return 1; fi
    [[ $said == *'nothing to recover'* ]]
}
facts_left() { pg_sql -d priorpath -At -c "select count(*) from $1.recovery_fact"; }
# Makes each batch of a service that catches up last, so that it can be met in the middle.
slow() {
    pg_sql -d priorpath -c 'create or replace function public.pp_slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.3); return null; end $$' \
        -c "create trigger slow before delete on $1.recovery_fact for each statement execute function public.pp_slow()"
}
fast() { pg_sql -d priorpath -c "drop trigger slow on $1.recovery_fact"; }
in_the_middle() { # service facts
    local left
    left=$(facts_left "$1")
    [ "$left" -gt 0 ] && [ "$left" -lt "$2" ]
}
killed_in_the_middle() {
    echo "$2 facts to be decided again"
    wait_for 60 "$1 to be in the middle" in_the_middle "$1" "$2"
    kill -KILL "$(pid_of "$1")"
    echo "$(facts_left "$1") left"
    [ "$(facts_left "$1")" -gt 0 ]
}
same() { state compare "$scratch/before.json" "$1"; }

# The payers go on while a service is set back: they are not restarted with the others.
payers_start() {
    local words
    services_stop
    read -ra words <<<"$(command_of_service payersim)"
    (cd "$ROOT" && exec "${words[@]}" >>"$RUN/log/payersim.log" 2>&1) &
    payers=$!
    trap 'supervisor CONT 2>/dev/null || true; kill "$payers" 2>/dev/null || true' EXIT
    ONLY=$(awk -F'\t' '!/^#/ && $1 != "payersim" { printf "%s%s", sep, $1; sep = "," }' "$ROOT/deploy/services.tsv")
    services_start
    services_wait >/dev/null
}
# A fact of documents is lost between database and broker: every reader stops at the next one, and goes on once republish has
# laid the missing one before it.
stands_still() { wait_for 60 "readers at the gap" stopped_at_gap; }
stopped_at_gap() { [ "$("$BIN/priorpath" status --json | grep -c '"partitions_stopped"')" -ge 6 ]; }
send_order() { # number
    sed -e "s/ORD1/GAP$1/; s/PO-/GAP-$1-/g; s/GRP-1/GAPGRP-$1/g" "$ROOT/tests/fixtures/hl7/orders.hl7" >"$scratch/order.hl7"
    "$BIN/priorpath" send "$scratch/order.hl7"
}
mends() {
    local said
    said=$("$BIN/priorpath" republish documents) || return 1
    echo "$said"
    [ "$(grep -c 'sequences .* of documents were missing' <<<"$said")" -eq 6 ]
}
case_known() { [ "$(pg_sql -d priorpath -At -c "select count(*) from status.case_head where order_no like 'GAPGRP-$1%'")" = 1 ]; }
gap() {
    send_order 1
    wait_for 20 "the first order" case_known 1 && state quiet
    services_stop
    "$PP_TEST_PYTHON" -B "$here/lose.py" GAPGRP-1
    services_start
    services_wait >/dev/null
    send_order 2
    check "gap: readers stop where something was lost" stands_still
    check "gap: republish lays it before six readers" mends
    services_stop
    services_start
    services_wait >/dev/null
    check "gap: they go on" state quiet
    check "gap: the case behind it is known" case_known 2
}
play() { python3 -B "$ROOT/tools/day/play.py" --run "$RUN" --speed "$SPEED" >"$scratch/day.log" 2>&1; }

# Nobody starts the service meanwhile.
while_it_is_down() { # what command… (the service is $1)
    local service=$1
    shift
    supervisor STOP
    wait_for 30 "the end of $service" has_ended "$service"
    "$@"
    supervisor CONT
}
prepare() {
    check "$1: recover prepares it" recovers "$1"
    check "$1: recover once more changes nothing" says_already "$1"
    facts=$(facts_left "$1")
}
one() {
    local log_lines facts=0
    log_lines=$(wc -l <"$RUN/log/$1.log")
    kill -STOP "$(pid_of "$1")"
    restore "$1"
    [[ $INTERRUPTED != *" $1 "* ]] || slow "$1"
    kill -KILL "$(pid_of "$1")"
    check "$1: refuses to start on a database that went back" refuses "$1" "$log_lines"
    while_it_is_down "$1" prepare "$1"
    if [[ $INTERRUPTED == *" $1 "* ]]; then
        check "$1: is killed while it catches up" killed_in_the_middle "$1" "$facts"
        while_it_is_down "$1" check "$1: recover in the middle changes nothing" says_already "$1"
        fast "$1"
    fi
    check "$1: catches up" state quiet
    check "$1: tables as before, nothing on the log twice" same "$1"
    check "$1: is not recovered without need" nothing_to_do "$1"
}

payers_start
play &
day=$!
sleep "$DUMP_AFTER_S"
dump
wait "$day" || {
    tail -n 20 "$scratch/day.log"
    exit 1
}
state quiet
state save "$scratch/before.json" # what an undisturbed run has led to
for s in "${services[@]}"; do one "$s"; done
gap
# Everybody accepts what the new incarnations say.
check "another day goes as planned" play
check "and ends quiet" state quiet
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
