#!/bin/bash
# make clean-run: stops everything and forgets the data. What was downloaded stays (.run/cache).
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "$0")/lib.sh"
. "$ROOT/deploy/postgres/cluster.sh"

[ -e "$RUN/.priorpath" ] || {
    echo "nothing to forget: $RUN is no installation"
    exit 0
}
"$ROOT/deploy/down.sh"
if [ -L "$PG_LINK" ]; then
    elsewhere=$(readlink "$PG_LINK")
    case $elsewhere in
    /var/lib/priorpath/*) rm -rf "$elsewhere" ;;
    *) fail "$PG_LINK points to $elsewhere, which is not ours to remove" ;;
    esac
fi
find "$RUN" -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +
echo "forgotten: $RUN (downloaded jars stay in $RUN/cache)"
