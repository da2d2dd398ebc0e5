#!/bin/sh
# generated documents are up to date (make docs)
cd "$(dirname "$0")/../.." || exit 1
exec python3 -B tools/gen/gen.py --docs-check
