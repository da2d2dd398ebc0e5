# shellcheck shell=bash
# The Python of the tests, with the packages of tests/requirements.txt, in $BUILD/venv. Sourced after deploy/lib.sh.
# PP_TEST_PYTHON=/path/to/python3 does without it.
need_python() {
    local venv=$BUILD_DIR/venv want
    [ -z "${PP_TEST_PYTHON:-}" ] || return 0
    want=$(sha256sum <"$ROOT/tests/requirements.txt")
    if [ "$(cat "$venv/made-from" 2>/dev/null || true)" != "$want" ]; then
        say "installing the tests' Python packages"
        rm -rf "$venv"
        logged python3 -m venv "$venv" || fail "no virtual environment could be made in $venv" "is python3-venv installed?"
        logged "$venv/bin/pip" install -q --disable-pip-version-check -r "$ROOT/tests/requirements.txt" ||
            fail "pip could not install tests/requirements.txt" "full output: $SETUP_LOG"
        echo "$want" >"$venv/made-from"
    fi
    export PP_TEST_PYTHON=$venv/bin/python3
}
