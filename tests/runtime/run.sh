#!/bin/bash
# The runtime with a toy service on a real broker and database: facts, faults, calls. Wants PP_TEST_KAFKA (host:port),
# PP_TEST_DB (conninfo), PP_TEST_DB_USER and PP_TEST_DB_PASSWORD (a superuser); tests/lib/harness.sh gives them. Prints
# "N passed, N failed". ONLY=name runs one test.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-build}
cd "$root" || exit 1
make --no-print-directory BUILD="$BUILD" "$BUILD/bin/runtime-toy" "$BUILD/bin/runtime-drive" "$BUILD/bin/priorpath" >/dev/null || exit 1
toy=$(realpath "$BUILD/bin/runtime-toy") drive=$(realpath "$BUILD/bin/runtime-drive") priorpath=$(realpath "$BUILD/bin/priorpath")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pp-runtime-XXXXXX")
pids=()
# shellcheck disable=SC2317  # by trap
cleanup() {
    for p in "${pids[@]}"; do kill -CONT "$p" 2>/dev/null; kill -9 "$p" 2>/dev/null; done
    wait 2>/dev/null
    [ "${KEEP:-}" = yes ] && echo "kept: $scratch" || rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# ---- the world ----
export PGPASSWORD=${PP_TEST_DB_PASSWORD:-} PGUSER=${PP_TEST_DB_USER:-postgres}
sql() { psql -qtAX "$PP_TEST_DB" -v ON_ERROR_STOP=1 -c "$1"; }
drive() { "$drive" "$PP_TEST_KAFKA" "$@"; }
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }

printf toypass >"$scratch/password"
for role in pp_owner pp_toy pp_toy_read; do
    sql "do \$\$ begin create role $role; exception when duplicate_object then null; end \$\$; alter role $role login password 'toypass'"
done
sql "drop schema if exists toy cascade; create schema toy authorization pp_owner; grant usage on schema toy to pp_toy, pp_toy_read"
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$scratch/blob.key"
openssl ecparam -name prime256v1 -genkey -noout -out "$scratch/jwt.pem" 2>/dev/null
openssl ec -in "$scratch/jwt.pem" -pubout -outform DER 2>/dev/null | tail -c 64 >"$scratch/point"
python3 - "$scratch" <<'PY'
import base64, json, sys
point = open(sys.argv[1] + "/point", "rb").read()
b64 = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
json.dump({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "test", "x": b64(point[:32]), "y": b64(point[32:])}]},
          open(sys.argv[1] + "/jwks.json", "w"))
PY
stub_port=$(free_port)
echo ok >"$scratch/mode"
mode() { echo "$1" >"$scratch/mode"; }
stub_start() { python3 "$here/stub.py" "$stub_port" "$scratch/mode" & stub_pid=$!; pids+=("$stub_pid"); }
stub_start
export PP_DB=$PP_TEST_DB PP_KAFKA_BROKERS=$PP_TEST_KAFKA PP_DB_PASSWORD_FILE=$scratch/password PP_DB_READ_PASSWORD_FILE=$scratch/password \
    PP_DB_OWNER_PASSWORD_FILE=$scratch/password PP_PACKS_DIR=$here/packs PP_BLOB_DIR=$scratch/blobs PP_BLOB_KEY_FILE=$scratch/blob.key \
    PP_JWKS_FILE=$scratch/jwks.json PP_PAYERSIM_URL=http://127.0.0.1:$stub_port PP_CALL_BACKOFF_FIRST_MS=100 \
    PP_CALL_BACKOFF_MAX_MS=400 PP_CALL_DELAYED_AFTER_MS=1500 PP_SESSION_TIMEOUT_MS=3000

# toy_start [instance]: its pid in toy_pid, its log in $scratch/toy-<instance>.log
toy_start() {
    local instance=${1:-0}
    "$toy" --instance="$instance" >>"$scratch/toy-$instance.log" 2>&1 &
    toy_pid=$!
    pids+=("$toy_pid")
}
# until SECONDS COMMAND…: asked again until it is true
until_true() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}
counted() { [ "$(sql 'select coalesce(sum(n), 0) from toy.toy')" = "$1" ]; }
answered() { [ "$(sql 'select coalesce(sum(answered), 0) from toy.toy')" = "$1" ]; }
relayed() { [ "$(sql 'select count(*) from toy.shard where relayed < batch_no')" = 0 ]; }
gone() { ! kill -0 "$1" 2>/dev/null; }
toy_stop() { kill -TERM "$1" && wait "$1"; }
# exact PERSONS: the log says each count once, in order, without a hole, as the table does
exact() {
    relayed_all=$(until_true 20 relayed && echo yes)
    said=$(drive check "$1")
    echo "  $said; unpublished rows: ${relayed_all:-some}"
    [ "$(sql 'select coalesce(sum(n), 0) from toy.toy')" = "$total" ] &&
        [[ $said == "counted=$total "*" gaps=0 disorder=0 "* ]] && [ "$relayed_all" = yes ]
}
persons=40
total=0 next=0 answers=0
facts() { drive facts "$next" "$1" "$persons" && next=$((next + $1)) && total=$((total + $1)); }
one() { drive fact "$next" "$persons" "$1" && next=$((next + 1)); }
seen_posts() { python3 -c "import json,urllib.request as u; print(max(json.load(u.urlopen('http://127.0.0.1:$stub_port/seen')).values(), default=0))"; }

# ---- tests: each leaves the toy stopped ----
test_facts() {
    toy_start
    facts 2000
    until_true 30 counted "$total" || return 1
    fired() { [ "$(sql 'select sum(fired) from toy.toy')" = "$persons" ] && [ "$(sql 'select count(*) from toy.timer')" = 0 ]; }
    until_true 10 fired || return 1
    exact "$persons" || return 1
    toy_stop "$toy_pid" && [ "$(sql 'select bool_and(clean) from toy.shard')" = t ]
}

test_killed() { # kill -9 under load, five times: nothing lost, nothing doubled
    local i
    for i in 1 2 3 4 5; do
        toy_start
        facts 3000
        sleep "0.$((i * 2 - 1))"
        kill -9 "$toy_pid"
        wait "$toy_pid" 2>/dev/null
    done
    toy_start
    until_true 60 counted "$total" && exact "$persons" && toy_stop "$toy_pid"
}

test_database_cut() { # the writer's connection is broken under load
    toy_start
    facts 3000
    for _ in 1 2 3 4; do
        sleep 0.3
        sql "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pp_toy'" >/dev/null
    done
    facts 500
    until_true 60 counted "$total" && exact "$persons" && toy_stop "$toy_pid"
}

test_frozen() { # a frozen instance loses its partitions, and can change nothing when it wakes up
    toy_start a
    local a=$toy_pid
    facts 200
    until_true 30 counted "$total" || return 1
    toy_start b
    local b=$toy_pid
    owners() { [ "$(sql 'select count(distinct owner) from toy.shard')" = 2 ]; }
    until_true 30 owners || return 1
    facts 2000
    kill -STOP "$a"
    facts 2000
    until_true 40 counted "$total" || return 1
    kill -CONT "$a"
    facts 1000
    until_true 30 counted "$total" || return 1
    exact "$persons" || return 1
    if gone "$a"; then wait "$a"; [ $? -eq 3 ] || return 1; else toy_stop "$a"; fi
    toy_stop "$b"
}

test_garbage() { # bytes nobody understands: dead letter, the rest goes on
    toy_start
    one garbage
    facts 100
    until_true 30 counted "$total" && exact "$persons" && toy_stop "$toy_pid" || return 1
    drive dead | grep -qx 'undecodable attempts=1 type=message.quarantined'
}

test_refused() { # an input whose row the database refuses
    toy_start
    one spill
    facts 100
    until_true 60 counted "$total" && exact "$persons" && toy_stop "$toy_pid" || return 1
    drive dead | grep -q '^store '
}
test_taken() { # another row keeps out what an input leads to, each time it is tried
    local before
    before=$(drive dead | grep -c '^store ')
    sql "create unique index once on toy.toy (spill) where spill = 'taken'"
    sql "insert into toy.toy (tenant, person, home, spill) values ('other', gen_random_uuid(), 0, 'taken')"
    toy_start
    one taken
    facts 100
    until_true 60 counted "$total" || return 1
    sql "delete from toy.toy where tenant = 'other'; drop index toy.once"
    exact "$persons" && toy_stop "$toy_pid" && [ "$(drive dead | grep -c '^store ')" = $((before + 1)) ]
}
test_altered() { # a table gets a column while a process writes rows of it: it ends, and the next one knows the column
    toy_start
    facts 100
    until_true 30 counted "$total" || return 1
    sql "alter table toy.toy add column later text not null default 'x'"
    facts 100
    until_true 30 gone "$toy_pid" && wait "$toy_pid"
    [ $? = 3 ] || return 1
    toy_start
    until_true 30 counted "$total" && exact "$persons" && toy_stop "$toy_pid"
}

test_crash() { # an input that ends the process: unread dead letter after five attempts
    local i
    toy_start
    until_true 20 sql 'select 1' >/dev/null
    one crash
    facts 100
    for i in 1 2 3 4 5 6 7 8; do
        until_true 20 counted_or_gone || return 1
        counted "$total" && break
        toy_start
    done
    echo "  starts: $i"
    until_true 30 counted "$total" && exact "$persons" && toy_stop "$toy_pid" || return 1
    drive dead | grep -q '^crash '
}
test_unclean() { # after a crash every partition is taken with care, for as long as its last batches were
    local from
    toy_start
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        facts 40
        until_true 30 counted "$total" || return 1
    done
    kill -9 "$toy_pid"
    wait "$toy_pid" 2>/dev/null
    from=$(wc -l <"$scratch/toy-0.log")
    toy_start
    facts 100
    until_true 30 counted "$total" && exact "$persons" && toy_stop "$toy_pid" || return 1
    tail -n "+$((from + 1))" "$scratch/toy-0.log" | grep -o '"partition taken".*"clean":.' | grep -o '"clean":.' | sort | uniq -c |
        tr -s ' ' | grep -qx ' 8 "clean":0' || return 1
    tail -n "+$((from + 1))" "$scratch/toy-0.log" | grep -o '"partition taken".*"careful":[0-9]*' | grep -o '[0-9]*$' >"$scratch/careful"
    echo "  one by one: $(paste -sd' ' "$scratch/careful")"
    [ "$(wc -l <"$scratch/careful")" -eq 8 ] && [ "$(awk '$1 > 64 || $1 < 32' "$scratch/careful" | wc -l)" -eq 0 ]
}

test_away_after_crash() { # a database that fails again and again after a crash is no fault of the record: no dead letter
    local before from lock
    before=$(drive dead | grep -c '^crash ')
    toy_start
    facts 100
    until_true 30 counted "$total" || return 1
    kill -9 "$toy_pid"
    wait "$toy_pid" 2>/dev/null
    from=$(wc -l <"$scratch/toy-0.log")
    toy_start
    taken() { tail -n "+$((from + 1))" "$scratch/toy-0.log" | grep -q '"partition taken","partition":7'; }
    until_true 20 taken || return 1
    sql 'begin; select n from toy.toy for update; select pg_sleep(8); commit' >/dev/null & # the commit of a batch waits
    lock=$!
    facts 100
    for _ in 1 2 3 4 5 6; do
        sleep 1.1
        sql "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pp_toy'" >/dev/null
    done
    wait "$lock"
    until_true 30 counted "$total" && exact "$persons" && toy_stop "$toy_pid" || return 1
    [ "$(drive dead | grep -c '^crash ')" = "$before" ]
}
counted_or_gone() { gone "$toy_pid" || counted "$total"; }

result() { [ "$(sql "select status || ' ' || version from toy.command_result where command_id = '$1'")" = "$2" ]; }
test_commands() {
    toy_start
    drive command 0 c-1 hello && drive command 0 c-1 hello && drive command 0 c-2 hello
    both() { [ "$(sql "select count(*) from toy.command_result where command_id in ('c-1', 'c-2') and status = 'done'")" = 2 ]; }
    until_true 20 both || return 1
    drive command 1 c-3 park
    parked() { [ "$(sql "select count(*) from toy.parked where not retry")" = "$1" ]; }
    until_true 20 parked 1 && counted "$total" || return 1
    drive command 1 c-4 free
    free() { result c-4 "done $(sql "select n from toy.toy where person = (select person from toy.command_result where command_id = 'c-4')")"; }
    until_true 20 free && until_true 20 parked 1 && counted "$total" || return 1
    sql "delete from toy.parked"
    exact "$persons" && toy_stop "$toy_pid"
}

parked_is() { [ "$(sql "select count(*) from toy.parked where position('$1'::bytea in headers) > 0")" = 1 ]; }
waits() { [ "$(sql "select count(*) from toy.held_command where command_id = '$1'")" = 1 ]; }
status_is() { [ "$(sql "select status from toy.command_result where command_id = '$1'")" = "$2" ]; }
test_held() { # commands that wait: decided later, taken back, and neither lost nor decided twice by the end of a process
    toy_start
    drive command 7 w-1 hello 1500 && drive command 7 w-1 hello 1500 || return 1
    until_true 20 waits w-1 && ! status_is w-1 'done' && until_true 20 status_is w-1 'done' && ! waits w-1 || return 1
    echo "  taken back by who gave it, not by somebody else, and not when it has gone"
    drive command 7 w-2 park 3000 && until_true 20 waits w-2 || return 1
    drive undo 7 u-1 w-2 other && until_true 20 status_is u-1 denied && waits w-2 || return 1
    drive undo 7 u-2 w-2 test && until_true 20 status_is u-2 'done' && status_is w-2 undone && ! waits w-2 || return 1
    drive undo 7 u-3 w-1 test && until_true 20 status_is u-3 conflict && status_is w-1 'done' || return 1
    drive command 7 w-2 park 0 # the same id again: its result stands
    echo "  a process that ends: what waited goes, once; what was taken back meanwhile does not"
    drive command 7 w-3 hello 2000 && drive command 8 w-4 park 2000 && drive command 7 w-5 park 1 || return 1
    until_true 20 waits w-3 && until_true 20 waits w-4 && until_true 20 parked_is w-5 || return 1
    kill -9 "$toy_pid"
    wait "$toy_pid" 2>/dev/null
    drive undo 8 u-4 w-4 test
    over() { [ "$(sql "select bool_and(goes_at < clock_timestamp()) from toy.held_command")" = t ]; }
    until_true 20 over || return 1
    toy_start
    until_true 20 status_is w-3 'done' && until_true 20 status_is w-4 undone && until_true 20 status_is u-4 'done' || return 1
    echo "  a held command that is parked waits as such, with its changes undone"
    [ "$(sql "select count(*) from toy.held_command")" = 0 ] && [ "$(sql "select count(*) from toy.parked")" = 1 ] || return 1
    sql "delete from toy.parked"
    exact "$persons" && toy_stop "$toy_pid"
}

call() { drive command "$1" "call-$RANDOM-$RANDOM-$1" call && answers=$((answers + 1)); }
test_calls() {
    toy_start
    mode ok && call 2 && until_true 20 answered "$answers" || return 1
    echo "  cut after the payer had it: asked, not sent again"
    mode cut && call 3 && until_true 20 answered "$answers" && [ "$(seen_posts)" = 1 ] || return 1
    echo "  cut before the payer had it: sent again after 'not found'"
    mode lost && call 4
    doubted() { [ "$(sql "select count(*) from toy.job where attempt > 1")" -gt 0 ]; }
    until_true 20 doubted && mode ok && until_true 20 answered "$answers" || return 1
    echo "  payer away: delayed is said, then sent"
    kill "$stub_pid" && wait "$stub_pid" 2>/dev/null
    call 5
    delayed() { [ "$(sql "select count(*) from toy.job where delayed_said and state <> 'done'")" = 1 ]; }
    until_true 20 delayed && mode ok && stub_start && until_true 20 answered "$answers" || return 1
    [[ $(drive check "$persons") == *" delayed=1 "* ]] || return 1
    echo "  killed in the middle: in doubt, asked, one answer"
    mode slow && call 6
    sending() { [ "$(sql "select count(*) from toy.job where state = 'sending'")" = 1 ]; }
    until_true 20 sending || return 1
    sleep 0.3
    kill -9 "$toy_pid"
    wait "$toy_pid" 2>/dev/null
    toy_start
    until_true 30 answered "$answers" && exact "$persons" && [ "$(seen_posts)" = 1 ] && toy_stop "$toy_pid"
}

test_tripwire() { # the database went back in time: refuse
    toy_start
    facts 100
    until_true 30 counted "$total" && toy_stop "$toy_pid" || return 1
    sql "create table public.kept as select * from toy.shard; update toy.shard set next_0 = next_0 - 1 where next_0 > 0"
    toy_start
    until_true 30 gone "$toy_pid" || return 1
    wait "$toy_pid"
    local rc=$?
    sql "update toy.shard s set next_0 = k.next_0 from public.kept k where k.part = s.part; drop table public.kept"
    [ "$rc" -eq 3 ] && grep -q 'went back in time' "$scratch/toy-0.log"
}

# authorization CASE STATE: one record of the public topic, version by version; of_case CASE ORDER: that of the case
case_ids=(019ab6f2-4c10-7a31-9b52-000000000011 019ab6f2-4c10-7a31-9b52-000000000012 019ab6f2-4c10-7a31-9b52-000000000013)
auth_version=0
of_case() {
    drive public pa.case-status.v1 "$1" t "t/${case_ids[$1]}" case-status "{\"case_id\":\"${case_ids[$1]}\",\"order_no\":\"$2\"}"
}
authorization() {
    auth_version=$((auth_version + 1))
    drive public pa.authorization.v1 "$1" "${3:-t}" "t/AU-$1" authorization "{\"authorization\":\"AU-$1\",\"version\":$auth_version,
        \"payer\":\"meridian\",\"case_id\":\"${case_ids[$1]}\",\"case_no\":\"C-$1\",\"line\":1,\"code\":\"72148\",\"state\":\"$2\",
        \"valid_until\":\"2027-02-24\",\"units_authorized\":\"1\",\"unit_type\":\"UN\",\"as_of\":\"2026-11-27T14:20:00Z\"}"
}
notices() {
    "$priorpath" notices --kafka-brokers="$PP_TEST_KAFKA" --to="mllp://127.0.0.1:$receiver_port" --group=notices --from=beginning \
        --tenant=t --backoff-first-ms=50 --timeout-s=1 --case-wait-s=1 "$@" >>"$scratch/notices.log" 2>&1
}
answers_with() { echo "$1" >"$scratch/answer"; }
told() { tail -n 1 "$scratch/notices.log" | grep -qx "$1 told, $2 not taken, .*"; }
heard() { cut -f1 "$scratch/heard" | uniq | wc -l; } # messages; tries of one stand together
test_notices() { # authorizations to an ordering system: at least once, in order, resumed, and no message stops the rest
    receiver_port=$(free_port)
    : >"$scratch/heard"
    answers_with AA
    python3 "$here/receiver.py" "$receiver_port" "$scratch/answer" "$scratch/heard" & pids+=("$!")
    of_case 0 O-77 && of_case 1 O-78 && authorization 0 approved && authorization 1 pended elsewhere || return 1
    notices --once && told 1 0 || return 1
    cut -f2 "$scratch/heard" | grep -qF 'ORC|SC|O-77|||||||20261127142000+0000||||||||||||||||approved^^PRIORPATH OBR|1|O-77||72148^^C4 OBX|1|ST|case^' &&
        grep -qF '|authorization^Authorization number^PRIORPATH||AU-0|' "$scratch/heard" && ! grep -q 'PID|' "$scratch/heard" || return 1
    notices --once && told 0 0 || return 1
    echo "  no answer: ends, says it again under the same number, and an answer to something else is none"
    answers_with silent && authorization 0 modified && ! notices --once --tries=2 && [ "$(heard)" = 2 ] || return 1
    answers_with other && notices --once && told 1 0 && [ "$(heard)" = 2 ] && [ "$(wc -l <"$scratch/heard")" = 5 ] || return 1
    echo "  trouble that passes, and an accept acknowledgment"
    answers_with 'AE*2' && authorization 0 pended && notices --once && told 1 0 && [ "$(wc -l <"$scratch/heard")" = 8 ] || return 1
    answers_with 'close*1' && authorization 0 expired && notices --once && told 1 0 || return 1
    answers_with CA && authorization 1 denied && notices --once && told 1 0 || return 1
    tail -n 1 "$scratch/heard" | grep -q 'denied^^PRIORPATH' && ! tail -n 1 "$scratch/heard" | grep -q AU-1 || return 1
    echo "  refused, and a case that nobody knows: told, passed over, the rest goes on"
    answers_with 'AR*1' && authorization 0 cancelled && authorization 2 approved && authorization 0 exhausted || return 1
    ! notices --once && told 1 2 && notices --once && told 0 0 || return 1
    echo "  killed while it waits: nothing is lost"
    local before
    before=$(wc -l <"$scratch/heard")
    answers_with silent && authorization 0 approved || return 1
    notices --timeout-s=60 & local waiting=$!
    pids+=("$waiting")
    more() { [ "$(wc -l <"$scratch/heard")" -gt "$before" ]; }
    until_true 30 more || return 1
    pkill -KILL -P "$waiting"
    wait "$waiting" 2>/dev/null
    answers_with AA && notices --once && told 1 0 && [ "$(tail -n 2 "$scratch/heard" | cut -f1 | sort -u | wc -l)" = 1 ]
}

test_gap() { # last: the partition stays stopped
    toy_start
    facts 100
    until_true 30 counted "$total" || return 1
    drive gap "$next" "$persons"
    until_true 20 grep -q 'partition stopped' "$scratch/toy-0.log" && toy_stop "$toy_pid" && counted "$total"
}

passed=0 failed=0
drive topics || exit 1
"$toy" --migrate >>"$scratch/toy-0.log" 2>&1 || { cat "$scratch/toy-0.log"; exit 1; }
for name in facts killed database_cut frozen garbage refused taken altered crash unclean away_after_crash commands held calls tripwire notices gap; do
    [ -z "${ONLY:-}" ] || [ "$ONLY" = "$name" ] || continue
    started=$SECONDS
    echo "$name"
    if "test_$name"; then
        passed=$((passed + 1))
        echo "  ok, $((SECONDS - started)) s"
    else
        failed=$((failed + 1))
        echo "  FAILED: counted $(sql 'select sum(n) from toy.toy') of $total, answers $(sql 'select sum(answered) from toy.toy') of $answers; the end of the log:"
        tail -n 12 "$scratch"/toy-*.log | cut -c1-300
        kill -CONT "$toy_pid" 2>/dev/null
        kill -9 "$toy_pid" 2>/dev/null
        wait "$toy_pid" 2>/dev/null
        total=$(sql 'select coalesce(sum(n), 0) from toy.toy') answers=$(sql 'select coalesce(sum(answered), 0) from toy.toy')
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
