#!/bin/bash
# Faults under load, then an independent account of what came of it: docs/chaos.md.
#
#   DURATION=60 SEED=1 tests/chaos/run.sh      (make chaos DURATION=60 SEED=1)
#
# Stands alone: brings a whole installation up by tests/lib/harness.sh and leaves nothing behind. KEEP=yes keeps the
# folder with the logs of all processes. RATE = messages a second.
set -euo pipefail
cd "$(dirname "$0")/../.."
export DURATION=${DURATION:-60}
export SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
# Payers fail much more often than in life: what is a minute there is seconds here.
export PP_CALL_BACKOFF_FIRST_MS=${PP_CALL_BACKOFF_FIRST_MS:-300} PP_CALL_BACKOFF_MAX_MS=${PP_CALL_BACKOFF_MAX_MS:-2000}
# Deciders check their own invariants after each input: a broken one keeps the partition from coming to rest.
export PP_CHECK_INVARIANTS=${PP_CHECK_INVARIANTS:-true}
# A storm ends submission as often as it comes up again.
if [ "${KINDS:-}" = storm ]; then export PP_RESTART_MAX=${PP_RESTART_MAX:-50} PP_PACKS_DIR=${PP_PACKS_DIR:-$PWD/packs}; fi
[ -n "${PP_TEST_DIR:-}" ] || exec tests/lib/harness.sh --services "$0"
exec "$PP_TEST_PYTHON" -B tests/chaos/chaos.py
