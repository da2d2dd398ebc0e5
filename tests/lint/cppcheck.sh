#!/bin/sh
# static analysis by cppcheck
cd "$(dirname "$0")/../.." || exit 1
command -v cppcheck >/dev/null || { echo "cppcheck is not installed" && exit 77; }
# Without the headers of libraries: they cost minutes and find nothing of ours. Results are kept between runs.
mkdir -p "$BUILD/cppcheck"
cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -j 2 \
    --cppcheck-build-dir="$BUILD/cppcheck" -Icommon -I"$BUILD/gen" --suppress=missingInclude --suppress=unknownMacro --suppress=varFuncNullUB \
    --template='{file}:{line}: {severity}: {message} [{id}]' common services tools
