#!/bin/bash
# Writes jars.sha256 anew from pom.xml. For the person who changes Kafka's version; look at the difference before committing.
set -euo pipefail
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mvn -q -B -f pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$dir" -DincludeScope=runtime
(cd "$dir" && sha256sum ./*.jar | sed 's|\./||' | LC_ALL=C sort -k2) >jars.sha256
wc -l jars.sha256
