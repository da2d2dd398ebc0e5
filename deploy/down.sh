#!/bin/bash
# make down: stops what make up started, and nothing else.
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "$0")/lib.sh"
. "$ROOT/deploy/postgres/cluster.sh"
. "$ROOT/deploy/kafka/broker.sh"
. "$ROOT/deploy/services.sh"

[ -e "$RUN/.priorpath" ] || {
    echo "nothing to stop: $RUN is no installation"
    exit 0
}
exec 9>"$RUN/lock"
flock -n 9 || fail "another make up or make down is working on $RUN" "wait until it has ended"
# shellcheck disable=SC2034  # of lib.sh
STEPS=3
step "stopping services"
services_stop
step "stopping the broker"
kafka_stop
step "stopping the database"
pg_stop fast
