#!/bin/bash
# Plays the day against a whole installation (tests/lib/harness.sh --services) and checks every expectation of it, from
# the public topics and the read API, as a subscriber would see them; then files of the claim side by drop folder and HTTP.
set -euo pipefail
cd "$(dirname "$0")/../.."
rc=0 passed=0 failed=0
for test in test_day test_x12_files; do
    log=$PP_TEST_DIR/tmp/$test.log
    "$PP_TEST_PYTHON" -B "tests/integration/$test.py" 2>&1 | tee "$log" || rc=1
    read -r p _ f _ <<<"$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1 || echo '0 passed, 1 failed')"
    passed=$((passed + p)) failed=$((failed + f))
done
echo "$passed passed, $failed failed"
exit "$rc"
