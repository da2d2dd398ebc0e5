#!/bin/bash
# Entry of the postgres image: makes the cluster on first start, then becomes the server.
# Reads the superuser's password from /var/lib/priorpath/secrets/postgres.password.
set -euo pipefail
data=/var/lib/pg/data
password=/var/lib/priorpath/secrets/postgres.password
bin=$(echo /usr/lib/postgresql/*/bin)
export LC_ALL=C.UTF-8
if [ ! -s "$data/PG_VERSION" ]; then
    [ -s "$password" ] || {
        echo "postgres: $password is not there; run the service 'secrets' first" >&2
        exit 1
    }
    "$bin/initdb" -D "$data" -U postgres --pwfile="$password" --locale=C.UTF-8 --lc-collate=C -E UTF8 --auth=scram-sha-256 --data-checksums
fi
{
    grep -vE '^(listen_addresses|logging_collector|log_directory|log_filename|log_truncate|log_rotation)' /opt/priorpath/deploy/postgres/postgresql.conf
    echo "listen_addresses = '*'"
} >"$data/postgresql.auto.conf"
printf 'host all all all scram-sha-256\n' >"$data/pg_hba.conf"
exec "$bin/postgres" -D "$data"
