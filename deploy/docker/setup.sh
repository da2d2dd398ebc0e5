#!/bin/bash
# Entry of the setup image: "secrets" makes the secrets; "install" makes roles, tables, topics and publishes the packs.
# Both can be run again at any time.
set -euo pipefail
export RUN=/var/lib/priorpath DB_HOST=${DB_HOST:-postgres} DB_PORT=5432 KAFKA_PORT=9092 PG_BIN=/usr/bin SETUP_LOG=/tmp/setup.log
# shellcheck source=deploy/lib.sh
. /opt/priorpath/deploy/lib.sh
. "$ROOT/deploy/postgres/cluster.sh"
. "$ROOT/deploy/services.sh"
run_dirs
# shellcheck disable=SC2034  # STEPS is read by lib.sh
case ${1:-} in
secrets)
    make_secrets
    make_secret "$PG_SUPER_PASSWORD"
    ;;
install)
    STEPS=3 # of lib.sh
    step "roles and tables"
    wait_for 60 "PostgreSQL" pg_sql -d postgres -c "select 1" || fail "no PostgreSQL at $DB_HOST:$DB_PORT"
    pg_roles
    pg_migrate ""
    step "topics"
    logged priorpath topics "--kafka-brokers=$PP_KAFKA_BROKERS" || fail "the topics could not be made"
    step "reference packs"
    logged priorpath packs publish "--kafka-brokers=$PP_KAFKA_BROKERS" "--blob-dir=$RUN/blobs" "--blob-key-file=$RUN/secrets/blob.key" \
        "--clock-file=$RUN/clock" || fail "the packs could not be published"
    ;;
*) fail "want secrets or install, not '${1:-}'" ;;
esac
