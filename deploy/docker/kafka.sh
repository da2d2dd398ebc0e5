#!/bin/bash
# Entry of the kafka image: makes the data folder on first start, then becomes the broker.
# KAFKA_HOST is the name by which clients reach this container.
set -euo pipefail
export RUN=/var/lib/kafka KAFKA_LIB=/opt/kafka KAFKA_PORT=9092 KAFKA_CONTROLLER_PORT=9093
export KAFKA_BIND=0.0.0.0 KAFKA_HOST=${KAFKA_HOST:-kafka} KAFKA_LOG4J=log4j-console.properties
mkdir -p "$RUN/log"
touch "$RUN/log/setup.log"
# shellcheck source=deploy/lib.sh
. /opt/priorpath/deploy/lib.sh
. "$ROOT/deploy/kafka/broker.sh"
kafka_configure
mapfile -t options < <(kafka_options)
read -ra jvm <<<"$KAFKA_JVM"
exec java "${jvm[@]}" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -cp "$KAFKA_LIB/*" "${options[@]}" kafka.Kafka "$KAFKA_HOME/server.properties"
