#!/bin/bash
# Runs a command with a broker and a database of its own, on free ports in a new folder, and leaves nothing behind:
#
#   tests/lib/harness.sh [--roles | --services] COMMAND [ARG…]
#
# Without an option there are an empty database "priorpath" and a broker without topics. --roles adds roles, schemas,
# secrets and topics; --services adds tables, packs and all processes of deploy/services.tsv, ready. KEEP=yes leaves
# the folder (stopped) and says where it is. For the command:
#
#   PP_TEST_DIR      folder of the installation (the RUN of deploy/*.sh); scratch files go to $PP_TEST_DIR/tmp
#   PP_TEST_KAFKA    host:port
#   PP_TEST_DB       connection without user and password; PP_TEST_DB_USER (superuser) and PP_TEST_DB_PASSWORD
#   PP_TEST_SECRETS  folder with <role>.password and the like
#   PP_TEST_BIN      programs;  PP_TEST_PYTHON  Python with tests/requirements.txt
#   RUN, PORT_SHIFT, KAFKA_LIB: as deploy/*.sh want them, so that a test may stop and start parts
#   and with --roles or --services all of $PP_TEST_DIR/env (PP_KAFKA_BROKERS, PP_DB, PP_CONSOLE_URL …)
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
level=none
case ${1:-} in
--roles | --services)
    level=${1#--}
    shift
    ;;
esac
[ $# -gt 0 ] || {
    sed -n '2,/^set -/s/^# \{0,1\}//p' "$0"
    exit 2
}

# Ports of an installation are 7100 … moved together; below the range from which the kernel takes ports for clients.
ports_of() {
    grep -oE '\{[0-9]+\}' "$here/deploy/services.tsv" | tr -d '{}' | sort -u
    # Database, broker and its controller, the simulator's payers.
    printf '%s\n' 7132 7192 7193 7151 7152 7153 7154 7155 7156
}
free_shift() {
    local shift port try
    for ((try = 0; try < 50; try++)); do
        shift=$((10000 + RANDOM % 14000))
        for port in $(ports_of); do
            if (exec 3<>"/dev/tcp/127.0.0.1/$((port + shift))") 2>/dev/null; then continue 2; fi
        done
        echo "$shift"
        return 0
    done
    return 1
}
export KAFKA_LIB=${KAFKA_LIB:-$here/.run/cache/kafka}
RUN=$(mktemp -d "${TMPDIR:-/tmp}/priorpath-test-XXXXXX")
export RUN
chmod 0755 "$RUN" # user postgres must get through
PORT_SHIFT=$(free_shift) || {
    echo "no free ports found" >&2
    exit 1
}
export PORT_SHIFT
unset SETUP_LOG
# Nothing here must survive the machine. Measurements set PG_EXTRA themselves.
export PG_EXTRA=${PG_EXTRA-"fsync = off
shared_buffers = '64MB'"}
# shellcheck source=deploy/lib.sh
. "$here/deploy/lib.sh"
. "$ROOT/deploy/postgres/cluster.sh"
. "$ROOT/deploy/kafka/broker.sh"
. "$ROOT/deploy/services.sh"
. "$ROOT/tests/lib/python.sh"

command_pid=
# shellcheck disable=SC2317  # by trap
finish() {
    local rc=$?
    trap '' INT TERM
    set +e
    [ -z "$command_pid" ] || kill -TERM "$command_pid" 2>/dev/null
    services_stop
    stop_process "$KAFKA_PID" "$KAFKA_MARK" 10
    pg_stop immediate
    if [ "${KEEP:-}" = yes ]; then
        echo "kept: $RUN" >&2
    else
        [ ! -L "$PG_LINK" ] || rm -rf "$(readlink "$PG_LINK")"
        rm -rf "$RUN"
    fi
    exit "$rc"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

run_dirs
mkdir -p "$RUN/tmp"
pg_find
pg_place
pg_init
pg_start
kafka_jars
kafka_start
if [ "$level" != none ]; then
    make_secrets
    pg_roles
    write_env
    load_env
    logged "$BIN/priorpath" topics "--file=$ROOT/deploy/topics.tsv"
else
    # Nothing but an empty database, in which any role that a test makes may do what it likes.
    logged pg_sql -d postgres -c 'create database priorpath' -c 'grant create on database priorpath to public'
fi
if [ "$level" = services ]; then
    pg_migrate "$ONLY"
    logged "$BIN/priorpath" packs publish "--dir=$ROOT/packs"
    services_start
    services_wait
fi
need_python
export PP_TEST_DIR=$RUN PP_TEST_KAFKA=127.0.0.1:$KAFKA_PORT PP_TEST_SECRETS=$RUN/secrets PP_TEST_BIN=$BIN
PP_TEST_DB=$(pg_conninfo)
PP_TEST_DB_PASSWORD=$(cat "$PG_SUPER_PASSWORD")
export PP_TEST_DB PP_TEST_DB_PASSWORD PP_TEST_DB_USER=$PG_SUPER
# In the background, so that a signal is seen at once.
"$@" &
command_pid=$!
rc=0
wait "$command_pid" || rc=$?
command_pid=
exit "$rc"
