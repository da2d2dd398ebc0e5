# shellcheck shell=bash
# Secrets, addresses and processes of an installation. Sourced after lib.sh.

RUN_PID=$RUN/run.pid
RUN_MARK="--run-dir=$RUN "
ONLY=${ONLY:-} # names of services.tsv parted by commas: start just these

run_dirs() {
    mkdir -p "$RUN" "$RUN/log" "$RUN/drop"
    exchange_dirs
    (umask 077 && mkdir -p "$RUN/secrets" "$RUN/blobs")
    chmod 0700 "$RUN/secrets" "$RUN/blobs"
    : >>"$RUN/.priorpath" # clean-run.sh removes nothing that lacks this
    : >>"$SETUP_LOG"
}

# Exchange folders of the payers of channel x12-file, as an SFTP mount of theirs would look.
exchange_dirs() {
    local payer
    while read -r payer; do
        mkdir -p "$RUN/exchange/$payer/to-payer" "$RUN/exchange/$payer/from-payer"
    done < <(awk -F'\t' '/^#/ { next } !head { for (i = 1; i <= NF; i++) if ($i == "channel") col = i; head = 1; next }
        $col == "x12-file" { print $1 }' "$ROOT/packs/payers.tsv")
}

# Every secret is made once, readable by the owner only, and never printed.
make_secrets() {
    local name
    if [ ! -s "$RUN/secrets/blob.key" ]; then
        (umask 077 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$RUN/secrets/blob.key.new")
        mv "$RUN/secrets/blob.key.new" "$RUN/secrets/blob.key"
    fi
    # Secrets that the payer directory names: columns auth_secret and callback_secret.
    while read -r name; do
        make_secret "$RUN/secrets/$name"
    done < <(awk -F'\t' '/^#/ { next } !head { for (i = 1; i <= NF; i++) if ($i ~ /_secret$/) col[i] = 1; head = 1; next }
        { for (i in col) if ($i ~ /^[A-Za-z0-9._-]+$/) print $i }' "$ROOT/packs/payers.tsv")
    logged "$BIN/priorpath" token --init "--secrets-dir=$RUN/secrets" || fail "the key of the development issuer could not be made"
}

# $RUN/env: what every process, the command line and the tests need to find this installation.
write_env() {
    local p=$PORT_SHIFT
    cat >"$RUN/env.new" <<EOF
PP_RUN_DIR=$RUN
PP_PORT_SHIFT=$p
PP_KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT
PP_DB=$(pg_conninfo)
PP_PARTITIONS=${PARTITIONS:-8}
PP_CLOCK_FILE=$RUN/clock
PP_BLOB_DIR=$RUN/blobs
PP_BLOB_KEY_FILE=$RUN/secrets/blob.key
PP_JWKS_FILE=$RUN/secrets/jwks.json
PP_SECRETS_DIR=$RUN/secrets
PP_BIN_DIR=$BIN
PP_BIN=$BIN
PP_MLLP_ADDRESS=127.0.0.1:$((2575 + p))
PP_MLLP_PORT=$((2575 + p))
PP_MLLP_RIS_PORT=$((2576 + p))
PP_DOOR_PORT=$((7100 + p))
PP_DROP_DIR=$RUN/drop
PP_EXCHANGE_DIR=$RUN/exchange
PP_DOOR_URL=http://127.0.0.1:$((7100 + p))
PP_INTAKE_URL=http://127.0.0.1:$((7100 + p))
PP_RECEIVE_URL=http://127.0.0.1:$((7108 + p))
PP_CHART_URL=http://127.0.0.1:$((7107 + p))
PP_REQUIREMENTS_URL=http://127.0.0.1:$((7101 + p))
PP_DOCUMENTS_URL=http://127.0.0.1:$((7102 + p))
PP_SUBMISSION_URL=http://127.0.0.1:$((7103 + p))
PP_STATUS_URL=http://127.0.0.1:$((7104 + p))
PP_CLAIMS_URL=http://127.0.0.1:$((7105 + p))
PP_CONSOLE_URL=http://127.0.0.1:$((7110 + p))
PP_PAYERSIM_URL=http://127.0.0.1:$((7150 + p))
EOF
    mv "$RUN/env.new" "$RUN/env"
}
load_env() {
    local line
    while IFS= read -r line; do export "${line?}"; done <"$RUN/env"
}

# Lines of services.tsv that will be started.
services_wanted() {
    awk -F'\t' -v only=",$ONLY," '!/^#/ && (only == ",," || index(only, "," $1 ","))' "$ROOT/deploy/services.tsv"
}
check_built() {
    local name command program missing=''
    while IFS=$'\t' read -r name _ command; do
        program=${command%% *}
        [[ $program == '{bin}/'* ]] || continue
        [ -x "$BIN/${program#'{bin}/'}" ] || missing+=" $name (${program#'{bin}/'})"
    done < <(services_wanted)
    [ -z "$missing" ] || fail "these programs were not built:$missing" "start the others with ONLY=name,name make up"
}
check_service_ports() {
    local name command port
    while IFS=$'\t' read -r name _ command; do
        for port in $(grep -oE '\{[0-9]+\}' <<<"$command" | tr -d '{}' | sort -u); do
            need_port $((port + PORT_SHIFT)) "$name" "move all ports with PORT_SHIFT=200"
        done
    done < <(services_wanted)
}

services_start() {
    (
        cd "$ROOT" || exit
        load_env
        # The played days have dates of their own (tools/day/play.py). Time never goes back, so it begins before the first of
        # them, whatever day it really is.
        [ -e "$RUN/clock" ] || "$BIN/priorpath" clock set --at=2026-11-24T06:30:00-06:00 --speed=1 >>"$RUN/log/run.log"
        exec setsid "$BIN/priorpath" run "--run-dir=$RUN" "--bin-dir=$BIN" "--port-shift=$PORT_SHIFT" "--only=$ONLY" \
            >>"$RUN/log/run.log" 2>&1 </dev/null 9>&-
    ) &
    echo $! >"$RUN_PID"
}

services_wait() {
    "$BIN/priorpath" ready "--run-dir=$RUN" "--timeout-s=${READY_TIMEOUT:-120}" 2>&1 | sed 's/^/            /' && return 0
    services_tell
    fail "not everything came up" "logs: $RUN/log/<name>.log, of the supervisor: $RUN/log/run.log"
}
# Last words of those that are not ready: the newest error, else the newest line. status.json has one process a line.
services_tell() {
    local name line
    sed -n '/"ready":false/s/.*"name":"\([^"]*\)".*/\1/p' "$RUN/status.json" 2>/dev/null | while read -r name; do
        line=$(grep '"level":"error"' "$RUN/log/$name.log" 2>/dev/null | tail -n 1)
        [ -n "$line" ] || line=$(tail -n 3 "$RUN/log/$name.log" 2>/dev/null)
        printf '  %s:\n' "$name" >&2
        cut -c1-500 <<<"$line" | sed 's/^/  | /' >&2
    done
    alive "$RUN_PID" "$RUN_MARK" >/dev/null || tail -n 6 "$RUN/log/run.log" 2>/dev/null | sed 's/^/  | /' >&2
}

# Stops the supervisor, which stops the rest, and whatever a killed supervisor left behind.
services_stop() {
    local pid command
    stop_process "$RUN_PID" "$RUN_MARK" 120
    while IFS=$'\t' read -r pid command; do
        if [ "$pid" = 0 ] || [ "$(command_of "$pid")" != "$command " ]; then continue; fi
        say "ending process $pid, left behind by a supervisor that was killed"
        kill -TERM "$pid" 2>/dev/null || continue
        wait_for 15 "process $pid" test ! -e "/proc/$pid" || kill -KILL "$pid" 2>/dev/null || true
    done < <(sed -n 's/^{"pid":\([0-9]*\),.*"command":"\([^"]*\)"}.*/\1\t\2/p' "$RUN/status.json" 2>/dev/null)
    rm -f "$RUN/status.json"
}
