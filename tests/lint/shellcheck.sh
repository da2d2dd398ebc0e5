#!/bin/sh
# shell scripts by shellcheck
cd "$(dirname "$0")/../.." || exit 1
command -v shellcheck >/dev/null || { echo "shellcheck is not installed" && exit 77; }
{
    find deploy tests tools services common .ci -type f -name '*.sh' -print 2>/dev/null
    # Scripts without the ending: by their first line.
    find deploy tests tools .ci -type f ! -name '*.*' -exec grep -lE '^#!/bin/(ba)?sh' {} + 2>/dev/null
} | sort -u | xargs -r shellcheck -x -S warning
