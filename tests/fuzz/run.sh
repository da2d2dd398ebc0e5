#!/bin/bash
# make fuzz: every tests/fuzz/fuzz_<name>.c for its share of DURATION seconds (120 in all), with libFuzzer, ASan and UBSan.
# Seeds are tests/fuzz/corpus/<name>/, words tests/fuzz/<name>.dict; what is found grows in $BUILD/fuzz/corpus/<name> and is
# kept for the next run. A crash leaves its input in $BUILD/fuzz/crash-<name>-… and fails the run. ONLY=name runs one.
# Another program may bring its own link needs: a line "// link: -ljansson" in the .c file.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
DURATION=${DURATION:-120}
BUILD=${BUILD:-build}
FUZZ=$BUILD/fuzz
SAN=-fsanitize=address,undefined
if ! command -v clang >/dev/null; then
    echo "clang is not installed: nothing was fuzzed (apt-get install clang)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
mkdir -p "$FUZZ"

targets=()
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    if [ -z "${ONLY:-}" ] || [ "$ONLY" = "$name" ]; then targets+=("$name"); fi
done
[ ${#targets[@]} -gt 0 ] || {
    echo "there is no such target"
    exit 1
}

# The same libraries as everywhere, by clang and with coverage in them.
if ! make --no-print-directory -j2 CC=clang BUILD="$FUZZ/build" WARN=-Wall CFLAGS='-O1 -g' \
    HARDEN="$SAN,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer" \
    "$FUZZ/build/lib/libpp-codec.a" "$FUZZ/build/lib/libpp-core.a" >"$FUZZ/build.log" 2>&1; then
    tail -n 30 "$FUZZ/build.log"
    echo "0 passed, 1 failed"
    exit 1
fi

share=$((DURATION / ${#targets[@]}))
[ "$share" -gt 0 ] || share=1
passed=0 failed=0
for name in "${targets[@]}"; do
    log=$FUZZ/$name.log
    mkdir -p "$FUZZ/corpus/$name"
    read -ra libs <<<"$(sed -n 's|^// link: ||p' "tests/fuzz/fuzz_$name.c") -ljansson -lcrypto -lz -lm"
    if ! clang -std=c11 -D_GNU_SOURCE -O1 -g -Wall "$SAN,fuzzer" -fno-sanitize-recover=all -Icommon -Itests/fuzz -I"$FUZZ/build/gen" \
        "tests/fuzz/fuzz_$name.c" -o "$FUZZ/fuzz_$name" -Wl,--start-group "$FUZZ/build/lib/libpp-codec.a" \
        "$FUZZ/build/lib/libpp-core.a" -Wl,--end-group "${libs[@]}" >"$log" 2>&1; then
        failed=$((failed + 1))
        printf 'FAIL %-16s does not build\n' "$name"
        tail -n 20 "$log" | sed 's/^/    /'
        continue
    fi
    words=(-max_total_time="$share" -rss_limit_mb=2048 -timeout=10 -max_len=65536 -print_final_stats=1
        -artifact_prefix="$FUZZ/crash-$name-")
    [ ! -f "tests/fuzz/$name.dict" ] || words+=(-dict="tests/fuzz/$name.dict")
    seeds=()
    [ ! -d "tests/fuzz/corpus/$name" ] || seeds+=("tests/fuzz/corpus/$name")
    if "$FUZZ/fuzz_$name" "${words[@]}" "$FUZZ/corpus/$name" "${seeds[@]}" >"$log" 2>&1; then
        passed=$((passed + 1))
        runs=$(sed -nE 's/^stat::number_of_executed_units: *//p' "$log")
        cover=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1)
        printf 'PASS %-16s %s runs in %s s, %s, %s inputs kept\n' "$name" "${runs:-?}" "$share" "${cover:-cov: ?}" \
            "$(find "$FUZZ/corpus/$name" -type f | wc -l)"
    else
        failed=$((failed + 1))
        printf 'FAIL %-16s %s\n' "$name" "$(grep -m1 -E 'ERROR|runtime error|deadly signal' "$log" | cut -c1-160)"
        tail -n 40 "$log" | sed 's/^/    /'
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
