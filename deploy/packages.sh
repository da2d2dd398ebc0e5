# shellcheck shell=bash
# Installs what packages.txt names and is missing. Sourced after lib.sh.

packages_missing() { # SET…
    local set name
    for set in "$@"; do
        while read -r name; do
            [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
        done < <(awk -v set="$set" '$1 == set { print $2 }' "$ROOT/deploy/packages.txt")
    done
}

# What Debian's packages are needed for, where they do not exist.
need_commands() {
    local missing='' c
    for c in cc make pkg-config python3 java mvn psql; do have "$c" || missing+=" $c"; done
    [ -z "$missing" ] || fail "this machine has no apt, and these commands are missing:$missing" \
        "deploy/packages.txt lists what is needed, by Debian's names"
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@"; }

install_packages() { # SET…
    if ! have dpkg-query || ! have apt-get; then
        need_commands
        return 0
    fi
    local missing quiet=/etc/postgresql-common/createcluster.d/priorpath.conf placed=
    mapfile -t missing < <(packages_missing "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${#missing[@]} missing packages and what they need: ${missing[*]}"
    logged apt update || fail "apt could not read its package lists" "is there a network?  full output: $SETUP_LOG"
    # The package postgresql would make a cluster of its own and start it on port 5432; ours stands elsewhere.
    if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e "$quiet" ]; then
        as_root mkdir -p "$(dirname "$quiet")"
        echo "create_main_cluster = false" | as_root tee "$quiet" >/dev/null
        placed=yes
    fi
    local rc=0
    logged apt install --no-install-recommends "${missing[@]}" || rc=$?
    [ -z "$placed" ] || as_root rm -f "$quiet"
    [ "$rc" -eq 0 ] || fail "apt could not install the packages" "full output: $SETUP_LOG"
}
