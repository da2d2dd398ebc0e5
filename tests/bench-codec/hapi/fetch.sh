#!/bin/bash
# Prints a class path of HAPI and the compiled *.java of the given folders; fetches the jars into .run/cache/hapi once.
# usage: fetch.sh FOLDER…  Exit code 3 and a reason on stderr when there is no Java or the jars cannot be fetched.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${PP_CACHE:-$root/.run/cache}/hapi
for tool in javac mvn; do
    command -v "$tool" >/dev/null || {
        echo "$tool is not installed" >&2
        exit 3
    }
done
want=$(sha256sum <"$here/pom.xml")
if [ "$(cat "$cache/made-from" 2>/dev/null || true)" != "$want" ]; then
    rm -rf "$cache"
    mkdir -p "$cache"
    if ! mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
        -DoutputDirectory="$cache/jars" >"$cache/maven.log" 2>&1; then
        echo "Maven could not fetch HAPI: $(grep -m1 ERROR "$cache/maven.log" | cut -c1-200)" >&2
        exit 3
    fi
    echo "$want" >"$cache/made-from"
fi
classes=$(mktemp -d "$cache/classes.XXXXXX")
sources=()
for folder in "$@"; do sources+=("$folder"/*.java); done
javac -encoding UTF-8 -cp "$cache/jars/*" -d "$classes" "${sources[@]}" >&2 || exit 1
echo "$classes:$cache/jars/*"
