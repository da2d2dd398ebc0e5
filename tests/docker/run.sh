#!/bin/bash
# Builds the images and runs docker-compose.yml on a Docker daemon started by hand, with its own folders and socket.
#
# Needs root, dockerd and docker-compose (Debian: docker.io, docker-compose), and a base image: debian:bookworm-slim
# when it can be pulled, else one made by debootstrap. Without them it is skipped. KEEP=yes leaves everything running.
set -euo pipefail
cd "$(dirname "$0")/../.."
skip() {
    echo "SKIP $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
[ "$(id -u)" -eq 0 ] || skip "a Docker daemon can only be started by root"
for command in dockerd containerd runc docker docker-compose iptables; do
    command -v "$command" >/dev/null || skip "$command is not installed"
done
if docker -H unix:///var/run/docker.sock info >/dev/null 2>&1; then skip "a Docker daemon runs here already, and two would share its bridge"; fi
dir=$(mktemp -d /tmp/pp-docker-XXXXXX)
export DOCKER_HOST=unix://$dir/docker.sock COMPOSE_PROJECT_NAME=pptest$$ BASE=priorpath-base:test DOCKER_BUILDKIT=0 COMPOSE_HTTP_TIMEOUT=300
passed=0 failed=0
check() { # NAME COMMAND…
    local name=$1
    shift
    if "$@" >"$dir/out" 2>&1; then
        passed=$((passed + 1))
        echo "PASS $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        tail -n 20 "$dir/out" | sed 's/^/    /'
    fi
}
# Without it the rest makes no sense.
must() {
    check "$@"
    [ "$failed" -eq 0 ] || {
        echo "$passed passed, $failed failed"
        exit 1
    }
}
# shellcheck disable=SC2317  # by trap
finish() {
    local rc=$?
    set +e
    trap '' INT TERM
    [ "${KEEP:-}" != yes ] || exit "$rc"
    docker-compose down -v -t 5 >/dev/null 2>&1
    local pid
    pid=$(cat "$dir/pid" 2>/dev/null)
    if [ -n "$pid" ]; then
        kill -TERM "$pid"
        for _ in $(seq 100); do [ -e "/proc/$pid" ] && sleep 0.1; done
    fi
    grep " $dir" /proc/mounts | cut -d' ' -f2 | sort -r | xargs -r umount -l
    rm -rf "$dir"
    exit "$rc"
}
trap finish EXIT
trap 'exit 143' INT TERM

dockerd --data-root "$dir/data" --exec-root "$dir/exec" -H "$DOCKER_HOST" -p "$dir/pid" >"$dir/dockerd.log" 2>&1 </dev/null &
for _ in $(seq 300); do
    docker info >/dev/null 2>&1 && break
    sleep 0.1
done
docker info >/dev/null 2>&1 || skip "the Docker daemon does not start here: $(tail -n 1 "$dir/dockerd.log" | cut -c1-200)"

make_base() {
    if timeout 60 docker pull -q debian:bookworm-slim; then
        docker tag debian:bookworm-slim "$BASE"
        return 0
    fi
    command -v debootstrap || return 1
    debootstrap --variant=minbase --include=ca-certificates bookworm "$dir/base" http://deb.debian.org/debian || return 1
    # Where a private certificate authority or a proxy stands between us and Debian, the images need them too.
    cp -r /usr/local/share/ca-certificates "$dir/base/usr/local/share/"
    find /etc/apt/apt.conf.d -iname '*prox*' -exec cp {} "$dir/base/etc/apt/apt.conf.d/" \;
    chroot "$dir/base" update-ca-certificates
    tar -C "$dir/base" -c . | docker import - "$BASE" && rm -rf "$dir/base"
}
make_base >"$dir/base.log" 2>&1 || skip "no base image: debian:bookworm-slim cannot be pulled, and debootstrap did not make one"

ready() { # until every container with a health check is healthy
    local all healthy
    for _ in $(seq 180); do
        all=$(docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" | wc -l)
        healthy=$(docker ps -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --filter health=healthy | wc -l)
        [ "$all" -ge "$1" ] && [ "$all" -eq "$healthy" ] && return 0
        sleep 1
    done
    docker ps -a --format '{{.Names}} {{.Status}}'
    docker-compose logs --tail=5
    return 1
}
in_container() { docker-compose exec -T "$@"; }
must "the compose file is valid" docker-compose config -q
must "the images build" docker-compose build
must "everything starts" docker-compose up -d
check "and is healthy" ready 12
check "setup ended well" test "$(docker inspect -f '{{.State.ExitCode}}' "${COMPOSE_PROJECT_NAME}_setup_1")" = 0
check "nobody runs as root" test -z "$(docker ps -q | xargs -r docker inspect -f '{{.Config.User}}' | grep -v '^priorpath$')"
check "secrets are readable to their owner only" test -z "$(in_container status find /var/lib/priorpath/secrets -type f ! -name jwks.json -perm /077)"
check "packs are in force" in_container status priorpath packs list
# From outside: what docker itself kills, it does not start again.
check "a service is killed" kill -KILL "$(docker inspect -f "{{.State.Pid}}" "${COMPOSE_PROJECT_NAME}_claims_1")"
check "and comes back" ready 12
stopped_well() {
    docker-compose stop -t 30 && test "$(docker inspect -f '{{.State.ExitCode}}' "${COMPOSE_PROJECT_NAME}_status_1")" = 0
}
check "services end when asked" stopped_well
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
