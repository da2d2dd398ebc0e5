#!/bin/bash
# make up: installs what is missing, starts everything, plays a day. Can be run again at any time.
#
# Settings by environment: PORT_SHIFT=n moves all ports, RUN=folder puts the installation elsewhere, ONLY=name,name
# starts just these services, PLAY=no plays nothing, BUILD=folder.
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "$0")/lib.sh"
. "$ROOT/deploy/packages.sh"
. "$ROOT/deploy/postgres/cluster.sh"
. "$ROOT/deploy/kafka/broker.sh"
. "$ROOT/deploy/services.sh"
# shellcheck disable=SC2034  # of lib.sh
STEPS=8
DISK_NEEDED_MB=1500
MEMORY_NEEDED_MB=1500

check_machine() {
    [ "$(uname -s)" = Linux ] || fail "this runs on Linux (Debian 12 is what it is tested on); here is $(uname -s)"
    case $RUN in *[[:space:]\|]*) fail "the path $RUN holds a blank, which the broker's settings cannot carry" "use a checkout elsewhere, or RUN=/path" ;; esac
    run_dirs
    exec 9>"$RUN/lock"
    flock -n 9 || fail "another make up or make down is working on $RUN" "wait until it has ended"
    local disk memory
    disk=$(($(free_kb "$RUN") / 1024))
    [ "$disk" -ge "$DISK_NEEDED_MB" ] || fail "the disk of $RUN has $disk MB free; $DISK_NEEDED_MB MB are needed" "make room, or use RUN=/other/disk"
    memory=$(($(awk '/^MemAvailable/ { print $2 }' /proc/meminfo) / 1024))
    [ "$memory" -ge "$MEMORY_NEEDED_MB" ] || say "only $memory MB of memory are free; $MEMORY_NEEDED_MB MB are wanted, so this may be slow"
}

build() {
    local targets=(all) program
    if [ -n "$ONLY" ]; then
        targets=("$BUILD/bin/priorpath")
        for program in $(services_wanted | grep -oE '\{bin\}/[a-z]+' | sort -u); do targets+=("$BUILD/bin/${program#*/}"); done
    fi
    logged make -C "$ROOT" --no-print-directory -j2 "BUILD=$BUILD" "${targets[@]}" || fail "the build failed" "full output: $SETUP_LOG"
    check_built
}

play_day() {
    local play=$ROOT/tools/day/play.py
    if [ "${PLAY:-yes}" = no ] || [ ! -e "$play" ]; then
        say "no day is played"
        return 0
    fi
    (cd "$ROOT" && load_env && python3 -B "$play" --run "$RUN") || fail "the day did not go as planned" "everything still runs; logs: $RUN/log"
}

where_to_look() {
    load_env
    cat <<EOF

Where to look
  console         $PP_CONSOLE_URL
  send HL7 to     $PP_MLLP_ADDRESS (MLLP), FHIR and X12 to $PP_INTAKE_URL
  command line    build/bin/priorpath help
  a token         build/bin/priorpath token --roles=pa,scheduler,biller
  topics          any Kafka client at $PP_KAFKA_BROKERS
  tables          PGPASSWORD=\$(cat $RUN/secrets/postgres.password) psql -h 127.0.0.1 -p $DB_PORT -U postgres priorpath
  logs            $RUN/log/
  make up again plays the next day; make down stops it; make clean-run forgets the data
EOF
}

check_machine
step "looking for what is missing on this machine"
install_packages run
pg_find
step "building services and tools"
build
step "database"
services_stop
check_service_ports
make_secrets
pg_place
pg_init
pg_start
step "broker"
kafka_jars
kafka_start
step "roles and tables"
pg_roles
write_env
pg_migrate "$ONLY"
step "topics and reference packs"
(load_env && cd "$ROOT" && logged "$BIN/priorpath" topics) || fail "the topics could not be made" "Kafka's log: $RUN/log/kafka.log"
(load_env && cd "$ROOT" && logged "$BIN/priorpath" packs publish) || fail "the reference packs could not be published"
step "starting services and payer simulator"
services_start
services_wait
step "playing a day"
play_day
where_to_look
