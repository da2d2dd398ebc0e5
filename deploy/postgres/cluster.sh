# shellcheck shell=bash
# A private PostgreSQL cluster below $RUN/pg. Sourced after lib.sh.
#
# Only 127.0.0.1, only by password, no Unix socket (so the length of a path does not matter), nothing of the machine's
# own clusters is touched. PostgreSQL refuses root: root runs it as user postgres, anybody else as himself.

PG_LINK=$RUN/pg # the folder, or a link to where it really is
# Without the link: postgres may not be able to follow it.
pg_resolve() {
    PG_HOME=$(readlink -m "$PG_LINK")
    PG_DATA=$PG_HOME/data
}
pg_resolve
PG_BIN=${PG_BIN:-} # folder of the server's and client's programs; found by pg_find
PG_SUPER=postgres
PG_SUPER_PASSWORD=$RUN/secrets/postgres.password
# Further settings, one a line; the test harness gives its own.
PG_EXTRA=${PG_EXTRA:-}

pg_find() {
    local dir
    for dir in /usr/lib/postgresql/*/bin; do
        [ -x "$dir/initdb" ] && PG_BIN=$dir # the greatest version stands last
    done
    [ -n "$PG_BIN" ] || fail "PostgreSQL's server is not installed (no /usr/lib/postgresql/*/bin/initdb)"
    # A cluster stays with the version that made it.
    if [ -s "$PG_DATA/PG_VERSION" ]; then
        dir=/usr/lib/postgresql/$(cat "$PG_DATA/PG_VERSION")/bin
        [ -x "$dir/postgres" ] || fail "the cluster in $PG_DATA was made by PostgreSQL $(cat "$PG_DATA/PG_VERSION"), which is not installed" \
            "install it, or forget the data with: make clean-run"
        PG_BIN=$dir
    fi
}

# As the user that may run the server. From /, because postgres may not enter the caller's folder.
as_pg() {
    if is_root; then
        (cd / && runuser -u postgres -- "$@")
    else
        (cd / && "$@")
    fi
}

# Makes $RUN/pg, elsewhere when postgres cannot get there.
pg_place() {
    [ -e "$PG_LINK" ] && return 0
    if is_root; then
        id postgres >/dev/null 2>&1 || fail "there is no user postgres, although PostgreSQL is installed"
        if runuser -u postgres -- test -x "$RUN" 2>/dev/null; then
            install -d -o postgres -g postgres -m 0700 "$PG_LINK"
        else
            local other
            other=/var/lib/priorpath/$(run_hash)
            say "user postgres cannot enter $RUN, so the database goes to $other"
            install -d -m 0755 /var/lib/priorpath
            install -d -o postgres -g postgres -m 0700 "$other"
            ln -sfn "$other" "$PG_LINK"
        fi
    else
        install -d -m 0700 "$PG_LINK"
    fi
    pg_resolve
}

pg_init() {
    [ -s "$PG_DATA/PG_VERSION" ] && return 0
    make_secret "$PG_SUPER_PASSWORD"
    local pwfile=$PG_HOME/pwfile rc=0
    # initdb reads the password as the user that runs it, who may not enter $RUN/secrets.
    if is_root; then
        install -o postgres -g postgres -m 0600 "$PG_SUPER_PASSWORD" "$pwfile"
    else
        install -m 0600 "$PG_SUPER_PASSWORD" "$pwfile"
    fi
    logged as_pg "$PG_BIN/initdb" -D "$PG_DATA" -U "$PG_SUPER" --pwfile="$pwfile" --locale=C.UTF-8 --lc-collate=C -E UTF8 \
        --auth=scram-sha-256 --data-checksums || rc=$?
    rm -f "$pwfile"
    [ "$rc" -eq 0 ] || fail "the database cluster could not be made" "see $SETUP_LOG"
}

pg_settings() {
    cat "$ROOT/deploy/postgres/postgresql.conf"
    printf "port = %s\n%s\n" "$DB_PORT" "$PG_EXTRA"
}

pg_running() { as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" status >/dev/null 2>&1; }
# Line 4 of postmaster.pid.
pg_running_port() { as_pg sed -n 4p "$PG_DATA/postmaster.pid" 2>/dev/null || true; }

pg_start() {
    if pg_running; then
        if [ "$(pg_running_port)" = "$DB_PORT" ]; then
            say "PostgreSQL is already running on port $DB_PORT"
            return 0
        fi
        pg_stop fast
    fi
    need_port "$DB_PORT" "PostgreSQL" "choose another with DB_PORT=…, or move all ports with PORT_SHIFT=200"
    pg_settings | as_pg tee "$PG_DATA/postgresql.auto.conf" >/dev/null
    as_pg tee "$PG_DATA/pg_hba.conf" >/dev/null <"$ROOT/deploy/postgres/pg_hba.conf"
    logged as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -l "$PG_HOME/start.log" -w -t 60 start || {
        as_pg tail -n 15 "$PG_HOME/start.log" 2>/dev/null | sed 's/^/  | /' >&2 || true
        fail "PostgreSQL did not start" "its logs: $PG_HOME/start.log and $PG_DATA/log"
    }
}

# pg_stop [MODE]: fast unless told.
pg_stop() {
    [ -s "$PG_DATA/PG_VERSION" ] || return 0
    pg_find
    pg_running || return 0
    as_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -m "${1:-fast}" -w -t 60 stop >/dev/null
}

# psql as superuser; arguments as psql's. The password goes by the environment of that one process.
pg_sql() {
    PGPASSWORD=$(cat "$PG_SUPER_PASSWORD") PGOPTIONS='-c client_min_messages=warning' "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 \
        -h "$DB_HOST" -p "$DB_PORT" -U "$PG_SUPER" "$@"
}

# Database, roles, schemas. schemas.tsv says which services there are. Can be run again at any time.
pg_roles() {
    local role json='' pwd
    for role in pp_owner $(pg_role_names); do
        make_secret "$RUN/secrets/$role.password"
        pwd=$(cat "$RUN/secrets/$role.password")
        json+="${json:+,}\"$role\":\"$pwd\""
    done
    [ "$(pg_sql -d postgres -At -c "select count(*) from pg_database where datname = 'priorpath'")" = 1 ] ||
        logged pg_sql -d postgres -c 'create database priorpath'
    PP_ROLE_PASSWORDS="{$json}" PP_SCHEMAS=$(pg_schemas | tr '\n' ' ') logged pg_sql -d priorpath -f "$ROOT/deploy/roles.sql" ||
        fail "the roles of the services could not be made" "see $SETUP_LOG"
}
pg_schemas() { awk -F'\t' '!/^#/ { print $1 }' "$ROOT/deploy/postgres/schemas.tsv"; }
# Brings every schema up to date. $1: names of those that may be missing from the build, "" = none.
pg_migrate() {
    local schema command words
    while IFS=$'\t' read -r schema command; do
        read -ra words <<<"$command"
        if [ ! -x "$BIN/${words[0]}" ]; then
            [ -n "$1" ] || fail "$BIN/${words[0]} was not built, so the tables of $schema cannot be made"
            continue
        fi
        logged "$BIN/${words[0]}" "${words[@]:1}" --migrate "--db=$(pg_conninfo)" \
            "--db-owner-password-file=$RUN/secrets/pp_owner.password" ||
            fail "the tables of $schema could not be made" "see $SETUP_LOG"
    done < <(grep -v '^#' "$ROOT/deploy/postgres/schemas.tsv")
}
pg_conninfo() { printf 'host=%s port=%s dbname=priorpath' "$DB_HOST" "$DB_PORT"; }
pg_role_names() {
    local schema
    for schema in $(pg_schemas); do echo "pp_$schema pp_${schema}_read"; done
}
