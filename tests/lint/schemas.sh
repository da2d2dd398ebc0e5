#!/bin/sh
# schemas, examples and catalogue; every listed reader handles what it reads
cd "$(dirname "$0")/../.." || exit 1
exec python3 -B tools/gen/gen.py --check
