#!/bin/sh
# top level: only what belongs there
cd "$(dirname "$0")/../.." || exit 1
code=0
for name in .[!.]* *; do
    case $name in
    .ci | .clang-format | .dockerignore | .editorconfig | .git | .gitattributes | .gitignore | .github | .run) ;;
    ARCHITECTURE.md | CONTRIBUTING.md | LICENSE | Makefile | README.md | docker-compose.yml) ;;
    common | deploy | docs | packs | schemas | services | tests | tools | build | build-*) ;;
    '.[!.]*') ;;
    *)
        echo "$name: does not belong to the top level (tests/lint/layout.sh lists what does)"
        code=1
        ;;
    esac
done
for part in common/*/ services/*/ tools/*/; do
    case $part in
    common/base/ | common/codec/ | common/core/ | common/refs/ | common/io/ | common/service/ | common/test/) ;;
    common/*)
        echo "$part: a new part of common needs a line in tests/lint/layers.py and here"
        code=1
        ;;
    esac
done
# Each service folder has the same parts under the same names; what decides has tables.
for main in services/*/main.c; do
    [ -f "$main" ] || continue
    folder=${main%/main.c}
    [ -f "$folder/README.md" ] || { echo "$folder: has no README.md" && code=1; }
done
for service in services/*/service.c services/intake/chart/service.c; do
    [ -f "$service" ] || continue
    folder=${service%/service.c}
    for part in decide.c query.c tables.c tables.h; do
        [ -f "$folder/$part" ] || { echo "$folder: has no $part" && code=1; }
    done
    for table in "$folder"/cases/*.tsv "$folder"/migrations/*.sql; do
        [ -f "$table" ] || { echo "$table: there is none" && code=1; }
    done
done
exit $code
