#!/bin/bash
# The set-up scripts and the parts of the command line that they use, on a broker and a database of their own.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${PP_TEST_DIR:-}" ]; then exec tests/lib/harness.sh --roles "$0"; fi
# shellcheck source=deploy/lib.sh
. deploy/lib.sh
. "$ROOT/deploy/packages.sh"
. "$ROOT/deploy/postgres/cluster.sh"
. "$ROOT/deploy/kafka/broker.sh"
. "$ROOT/deploy/services.sh"
pg_find
tmp=$(mktemp -d) # not in $RUN, which clean-run empties
trap 'rm -rf "$tmp"' EXIT
pp=$BIN/priorpath
passed=0 failed=0

# check NAME COMMAND…: passes when the command does.
check() {
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$tmp/out" 2>&1; then
        passed=$((passed + 1))
        echo "PASS $name ($((SECONDS - start)) s)"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        sed 's/^/    /' "$tmp/out"
    fi
}
not() { ! "$@"; }
says() { # TEXT COMMAND…: what it prints holds the text, whatever its exit code
    local text=$1 out
    shift
    out=$("$@" 2>&1 || true)
    [[ $out == *"$text"* ]] || {
        printf 'wanted: %s\ngot: %s\n' "$text" "$out"
        return 1
    }
}
as_role() { # role schema-qualified SQL
    PGPASSWORD=$(cat "$RUN/secrets/$1.password") "$PG_BIN/psql" -X -At -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$DB_PORT" -U "$1" -d priorpath -c "$2"
}

# ---- ports and processes ----
server=$((KAFKA_PORT))
check "a taken port is told with its process" says "kafka.Kafka" bash -c ". deploy/lib.sh; PORT=\$(port_owner $server); tr '\0' ' ' <\"/proc/\$(grep -oE '[0-9]+' <<<\"\$PORT\" | sed -n 1p)/cmdline\""
check "need_port names port, owner and way out" says "port $server, which a test needs, is taken by process" bash -c ". deploy/lib.sh; need_port $server 'a test' 'wait'"
check "a free port is free" test -z "$(port_owner $((PORT_SHIFT + 7299)))"
echo $$ >"$tmp/pid"
check "a stored process number of somebody else is not ours" not alive "$tmp/pid" "no such words"
check "our own is" alive "$tmp/pid" "tests/setup/run.sh"
echo 999999999 >"$tmp/pid"
check "one that has ended is not alive" not alive "$tmp/pid" ""
mkdir "$tmp/deploy"
printf 'run\tbash\nrun\tno-such-package\ntest\tanother\n' >"$tmp/deploy/packages.txt"
check "just the missing packages are named" test "$(ROOT=$tmp packages_missing run)" = no-such-package

# ---- settings ----
check "docs/configuration.md is what the programs say" python3 tools/gen/config_page.py --bin "$BIN" --check

# ---- roles ----
pg_roles
check "roles can be made again" pg_roles
as_role pp_owner "create table claims.thing (tenant text not null, n int); insert into claims.thing values ('a', 1), ('b', 2);
    alter table claims.thing enable row level security; create policy w on claims.thing to pp_claims using (true) with check (true);
    create policy r on claims.thing for select to pp_claims_read using (tenant = current_setting('app.tenant', true));
    grant select on claims.thing to pp_claims_read" >/dev/null
check "a writer changes its own schema" as_role pp_claims "update claims.thing set n = 3"
check "but makes no tables" says "permission denied" as_role pp_claims "create table claims.other (n int)"
check "another service sees nothing of it" says "permission denied" as_role pp_status "select * from claims.thing"
check "a reader changes nothing" says "permission denied" as_role pp_claims_read "update claims.thing set n = 4"
check "a reader without a tenant sees nothing" test "$(as_role pp_claims_read 'select count(*) from claims.thing')" = 0
check "a reader sees its tenant" test "$(as_role pp_claims_read "set app.tenant = 'b'; select n from claims.thing" | tail -n 1)" = 3
check "nobody but the superuser enters public" says "permission denied" as_role pp_claims "create table public.x (n int)"
check "no secret stands in the set-up log" not grep -qFf <(cat "$RUN"/secrets/*.password) "$SETUP_LOG"
check "secrets are for the owner only" test -z "$(find "$RUN/secrets" -type f ! -name jwks.json -perm /077)"

# ---- topics and packs ----
check "topics can be made again" says "15 topics, 0 of them new" "$pp" topics
check "another number of partitions is refused" says "has 8 partitions, but 16 are wanted" "$pp" topics --partitions=16
printf 'bad line\n' >"$tmp/topics.tsv"
check "a broken topic table is told with its line" says "line 1" "$pp" topics "--file=$tmp/topics.tsv"
check "an absent broker is told" says "no Kafka broker answered at 127.0.0.1:1" "$pp" topics --kafka-brokers=127.0.0.1:1 --timeout-s=1
packs=$(find packs -name '*.tsv' | wc -l)
check "packs are published" says "$packs packs published, 0 unchanged" "$pp" packs publish
check "and not twice" says "0 packs published, $packs unchanged" "$pp" packs publish
cp -r packs "$tmp/packs"
echo "# a comment more" >>"$tmp/packs/rules.tsv"
check "a changed pack is published" says "1 packs published, $((packs - 1)) unchanged" "$pp" packs publish "--dir=$tmp/packs"
check "the one before is replaced" says "rules        replaced" "$pp" packs list
echo "no pack" >"$tmp/packs/rules.tsv"
check "a broken pack is refused" says "rules.tsv" "$pp" packs publish "--dir=$tmp/packs"

# ---- clock and tokens ----
check "the clock is set" says "2026-11-24T13:00:0" "$pp" clock set --at=2026-11-24T07:00:00-06:00 --speed=1
check "the speed changes, the time goes on" says "speed 60" "$pp" clock speed --speed=60
check "a wrong time is refused" says "at: want a time like" "$pp" clock set --at=yesterday
check "a token has three parts" test "$("$pp" token --roles=pa | tr -cd . | wc -c)" = 2

# ---- supervisor ----
port=$((PORT_SHIFT + 7199))
printf 'web\thttp://127.0.0.1:{7199}/\tpython3 -m http.server {7199} --bind 127.0.0.1 --directory deploy\nsleeper\t-\tsleep 1000\n' >"$tmp/services.tsv"
mkdir -p "$tmp/run/log"
supervise=("$pp" run "--services=$tmp/services.tsv" "--run-dir=$tmp/run")
pid_of() { sed -n "s/.*\"pid\":\([0-9]*\),.*\"name\":\"$1\".*/\1/p" "$tmp/run/status.json"; }
"${supervise[@]}" 2>"$tmp/run.log" &
first=$!
check "all become ready" "$pp" ready "--run-dir=$tmp/run" --timeout-s=20
check "one address can be asked" "$pp" ready "--url=http://127.0.0.1:$port/"
check "a second supervisor is refused" says "already running as process $first" "${supervise[@]}"
old=$(pid_of sleeper)
kill -KILL "$old"
restarted() { [ "$(pid_of sleeper)" != "$old" ] && [ "$(pid_of sleeper)" -gt 0 ]; }
check "a killed process is started again" wait_for 10 "the restart" restarted
check "and why is kept" grep -q '"restarts":1.*"name":"sleeper".*signal 9' "$tmp/run/status.json"
kill -KILL "$first"
wait "$first" 2>/dev/null || true
left=$(pid_of web)
"${supervise[@]}" 2>"$tmp/run.log" &
first=$!
check "what a killed supervisor left is ended first" wait_for 15 "its end" test ! -e "/proc/$left"
check "and started anew" "$pp" ready "--run-dir=$tmp/run" --timeout-s=20
kill -TERM "$first"
check "it ends when asked" wait "$first"
check "and has stopped all" not grep -q '"state":"running"' "$tmp/run/status.json"
printf 'gone\t-\t{bin}/no-such-program\n' >"$tmp/services.tsv"
"${supervise[@]}" 2>"$tmp/run.log" &
first=$!
check "a program that is not there is told" says "gone keeps ending (cannot be started: no such file or directory)" "$pp" ready "--run-dir=$tmp/run" --timeout-s=20
kill -TERM "$first"
wait "$first" || true
printf 'x\t-\t{nonsense}\n' >"$tmp/services.tsv"
check "a broken table is told with its line" says "services.tsv:1: {nonsense}" "${supervise[@]}"

# ---- down and clean ----
check "clean-run keeps its hands off other folders" says "is no installation" env RUN="$tmp" deploy/clean-run.sh
check "down stops the broker" env RUN="$RUN" deploy/down.sh
check "and the database" not pg_running
check "and can be called again" env RUN="$RUN" deploy/down.sh
check "clean-run forgets" env RUN="$RUN" deploy/clean-run.sh
check "the data" not test -e "$RUN/pg"
mkdir -p "$RUN/log"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
