#!/bin/sh
# C is as clang-format has it (make format)
cd "$(dirname "$0")/../.." || exit 1
command -v clang-format >/dev/null || { echo "clang-format is not installed" && exit 77; }
find common services tools tests -name '*.[ch]' -print0 | xargs -0 -r clang-format --dry-run -Werror --ferror-limit=1 2>&1 |
    grep -E 'error:' >&2 && exit 1
exit 0
