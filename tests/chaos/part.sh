#!/bin/bash
# Ends and starts the broker and the database of an installation (RUN, PORT_SHIFT and KAFKA_LIB as tests/lib/harness.sh
# gives them): part.sh broker-kill | broker-start | database-stop | database-start
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "$0")/../../deploy/lib.sh"
. "$ROOT/deploy/postgres/cluster.sh"
. "$ROOT/deploy/kafka/broker.sh"
case ${1:-} in
broker-kill)
    pid=$(alive "$KAFKA_PID" "$KAFKA_MARK")
    kill -KILL "$pid"
    wait_for 10 "the broker's end" test ! -e "/proc/$pid"
    rm -f "$KAFKA_PID"
    ;;
broker-start) kafka_start ;;
database-stop) pg_stop immediate ;;
database-start)
    pg_find
    pg_start
    ;;
*)
    echo "part.sh broker-kill | broker-start | database-stop | database-start" >&2
    exit 2
    ;;
esac
