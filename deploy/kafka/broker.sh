# shellcheck shell=bash
# A single-node Apache Kafka below $RUN/kafka, from jars of Maven Central. Sourced after lib.sh.
#
# The jars are those of pom.xml, checked against jars.sha256; they are kept in $KAFKA_LIB, which several installations
# may share. Set KAFKA_LIB to a folder with the same jars to do without Maven.

KAFKA_HOME=$RUN/kafka
KAFKA_LIB=${KAFKA_LIB:-$ROOT/.run/cache/kafka}
KAFKA_SRC=$ROOT/deploy/kafka
KAFKA_PID=$KAFKA_HOME/broker.pid
KAFKA_MARK=priorpath.run=$KAFKA_HOME/ # stands in the command line: whose broker it is
KAFKA_BIND=${KAFKA_BIND:-127.0.0.1}
KAFKA_HOST=${KAFKA_HOST:-127.0.0.1}
# The first compiler alone halves the CPU that a start costs. For long measurements take -XX:TieredStopAtLevel off.
KAFKA_JVM=${KAFKA_JVM:--Xms256m -Xmx256m -XX:TieredStopAtLevel=1}

# True when exactly the pinned jars are there.
kafka_jars_good() {
    [ -d "$KAFKA_LIB" ] || return 1
    (cd "$KAFKA_LIB" && sha256sum --check --strict --quiet "$KAFKA_SRC/jars.sha256") >>"$SETUP_LOG" 2>&1 &&
        [ "$(find "$KAFKA_LIB" -name '*.jar' | wc -l)" -eq "$(wc -l <"$KAFKA_SRC/jars.sha256")" ]
}
kafka_jars() {
    kafka_jars_good && return 0
    have mvn || fail "Kafka's jars are not in $KAFKA_LIB, and there is no Maven (mvn) to fetch them"
    say "fetching Apache Kafka (47 jars, 44 MB) from Maven Central"
    rm -rf "$KAFKA_LIB.new"
    # Maven's own store, where the home folder cannot hold it.
    local store=()
    mkdir -p "${HOME:-/}/.m2/repository" 2>/dev/null && [ -w "${HOME:-/}/.m2/repository" ] || store=("-Dmaven.repo.local=$KAFKA_LIB.m2")
    # Full coordinates, so that no other version of the plugin is looked for.
    logged mvn -q -B -f "$KAFKA_SRC/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
        -DoutputDirectory="$KAFKA_LIB.new" -DincludeScope=runtime "${store[@]}" ||
        fail "Maven could not fetch Kafka's jars" "is there a way to https://repo.maven.apache.org (proxy: ~/.m2/settings.xml)?" \
            "full output: $SETUP_LOG"
    rm -rf "$KAFKA_LIB" "$KAFKA_LIB.m2"
    mkdir -p "$(dirname "$KAFKA_LIB")"
    mv "$KAFKA_LIB.new" "$KAFKA_LIB"
    kafka_jars_good || {
        rm -rf "$KAFKA_LIB"
        fail "a downloaded jar is not the one pinned in deploy/kafka/jars.sha256" "which one stands at the end of $SETUP_LOG"
    }
}

kafka_options() {
    printf '%s\n' "-Dlog4j.configuration=file:$KAFKA_SRC/${KAFKA_LOG4J:-log4j.properties}" "-Dlog4j2.configurationFile=file:$KAFKA_SRC/log4j2.properties" \
        "-Dpriorpath.log=$RUN/log/kafka.log" "-D$KAFKA_MARK"
}

kafka_configure() {
    mkdir -p "$KAFKA_HOME"
    # shellcheck disable=SC2153  # KAFKA_PORT comes from lib.sh
    sed -e "s|@HOST@|$KAFKA_HOST|; s|@BIND@|$KAFKA_BIND|g; s|@PORT@|$KAFKA_PORT|; s|@CONTROLLER_PORT@|$KAFKA_CONTROLLER_PORT|" \
        -e "s|@DATA@|$KAFKA_HOME/data|" "$KAFKA_SRC/server.properties.in" >"$KAFKA_HOME/server.properties"
    [ -s "$KAFKA_HOME/data/meta.properties" ] && return 0
    local id options
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_')
    id=k${id:1} # a minus in front would be taken for an option
    mapfile -t options < <(kafka_options)
    logged java -Xmx96m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$KAFKA_LIB/*" "${options[@]}" \
        kafka.tools.StorageTool format -t "${id:0:22}" -c "$KAFKA_HOME/server.properties" ||
        fail "Kafka's data folder could not be made" "see $SETUP_LOG"
}

kafka_running() { alive "$KAFKA_PID" "$KAFKA_MARK" >/dev/null; }

kafka_start() {
    if kafka_running; then
        if grep -q "^advertised.listeners=PLAINTEXT://$KAFKA_HOST:$KAFKA_PORT\$" "$KAFKA_HOME/server.properties"; then
            say "Kafka is already running on port $KAFKA_PORT"
            return 0
        fi
        kafka_stop
    fi
    need_port "$KAFKA_PORT" "Kafka" "choose another with KAFKA_PORT=…, or move all ports with PORT_SHIFT=200"
    need_port "$KAFKA_CONTROLLER_PORT" "Kafka's controller" "choose another with KAFKA_CONTROLLER_PORT=…"
    kafka_configure
    local options jvm
    mapfile -t options < <(kafka_options)
    read -ra jvm <<<"$KAFKA_JVM"
    # A sender waits for door and broker, nobody for the services behind: these two go first, where that is allowed.
    # Where the kernel shares the processor out by session, a nice value counts within it; the session has its own, below.
    setsid nice -n -10 java "${jvm[@]}" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -cp "$KAFKA_LIB/*" "${options[@]}" kafka.Kafka \
        "$KAFKA_HOME/server.properties" >"$RUN/log/kafka-start.log" 2>&1 </dev/null 9>&- &
    echo $! >"$KAFKA_PID"
    wait_for 60 "Kafka" kafka_up_or_dead || true
    if ! kafka_running || ! port_open "$KAFKA_PORT"; then
        tail -qn 15 "$RUN/log/kafka-start.log" "$RUN/log/kafka.log" 2>/dev/null | sed 's/^/  | /' >&2
        fail "Kafka did not start" "its logs: $RUN/log/kafka.log and $RUN/log/kafka-start.log"
    fi
    { echo -10 >"/proc/$(cat "$KAFKA_PID")/autogroup"; } 2>/dev/null || true
}
# By its number alone: in its first moment the process is still called like this script.
kafka_up_or_dead() {
    local pid
    pid=$(cat "$KAFKA_PID")
    port_open "$KAFKA_PORT" || [ ! -e "/proc/$pid" ] || [ "$(state_of "$pid")" = Z ]
}

kafka_stop() { stop_process "$KAFKA_PID" "$KAFKA_MARK" 30; }
