#!/bin/bash
# The console in headless Chromium, against a double of the services and, where PP_TEST_KAFKA is set, a real broker for the
# live updates. Run by tests/lib/harness.sh, or by hand: PP_TEST_BIN=build/bin PP_TEST_PYTHON=… tests/browser/run.sh [NAME…]
set -euo pipefail
cd "$(dirname "$0")"
browser=${PP_TEST_BROWSER:-$(command -v chromium || command -v chromium-browser || true)}
if [ -z "$browser" ]; then
    echo "no chromium here: apt-get install chromium"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
exec "${PP_TEST_PYTHON:-python3}" -B run.py --browser "$browser" --bin "${PP_TEST_BIN:-../../build/bin}" \
    --kafka "${PP_TEST_KAFKA:-}" "$@"
