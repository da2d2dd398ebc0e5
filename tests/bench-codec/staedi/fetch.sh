#!/bin/bash
# Prints a class path of StAEDI and the compiled *.java of this folder; fetches the jar into .run/cache/staedi once.
# Exit code 3 and a reason on stderr when there is no Java or the jar cannot be fetched.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${PP_CACHE:-$root/.run/cache}/staedi
for tool in javac mvn; do
    command -v "$tool" >/dev/null || {
        echo "$tool is not installed" >&2
        exit 3
    }
done
want=$(cat "$here/pom.xml" "$here"/*.java | sha256sum)
if [ "$(cat "$cache/made-from" 2>/dev/null || true)" != "$want" ]; then
    rm -rf "$cache"
    mkdir -p "$cache/classes"
    if ! mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
        -DoutputDirectory="$cache/jars" >"$cache/maven.log" 2>&1; then
        echo "Maven could not fetch StAEDI: $(grep -m1 ERROR "$cache/maven.log" | cut -c1-200)" >&2
        exit 3
    fi
    javac -encoding UTF-8 -cp "$cache/jars/*" -d "$cache/classes" "$here"/*.java >&2 || exit 1
    echo "$want" >"$cache/made-from"
fi
echo "$cache/classes:$cache/jars/*"
