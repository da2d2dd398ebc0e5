#!/bin/bash
# Plays the day against a whole installation (tests/lib/harness.sh --services) and checks every expectation of it, from
# the public topics and the read API, as a subscriber would see them.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "$PP_TEST_PYTHON" -B tests/integration/test_day.py
