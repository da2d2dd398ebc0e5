#!/usr/bin/env python3
"""Writes the SQL files of a folder as a C array of texts, in the order of their names.

    embed.py NAME FOLDER OUT.c   ->   const char *const NAME_migrations[] = {"…", NULL};
"""
import sys
from pathlib import Path


def c_lines(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join(f'    "{line}\\n"' for line in quoted.splitlines()) or '    ""'


def main() -> None:
    name, folder, out = sys.argv[1].replace("-", "_"), Path(sys.argv[2]), Path(sys.argv[3])
    parts = [f"/* Generated from {folder}/ by tools/gen/embed.py. */", f"extern const char *const {name}_migrations[];",
             f"const char *const {name}_migrations[] = {{"]
    for file in sorted(folder.glob("*.sql")):
        parts.append(f"    /* {file.name} */\n{c_lines(file.read_text(encoding='utf-8'))},")
    parts += ["    0,", "};", ""]
    out.write_text("\n".join(parts), encoding="utf-8")


main()
