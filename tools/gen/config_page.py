#!/usr/bin/env python3
"""Writes docs/configuration.md from what the programs say of themselves (--help-markdown).

    config_page.py --bin build/bin          writes the page
    config_page.py --bin build/bin --check  exit code 1 when the page is not what the programs say
"""
import argparse
import os
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "configuration.md")
PROGRAMS = [("intake --role=door", ["intake", "--role=door"]), ("intake --role=receive", ["intake", "--role=receive"]),
            ("intake --role=chart", ["intake", "--role=chart"]), ("requirements", ["requirements"]), ("documents", ["documents"]),
            ("submission", ["submission"]), ("claims", ["claims"]), ("status", ["status"]), ("console", ["console"])]
HEAD = """# Configuration

Each program has one table of settings; this page is made from them (`make config-docs`). Order of strength: command line
`--name=value`, environment `PP_NAME` (capitals, `_` for `-`), file given by `--config` (`name = value` lines), default. A program
that finds faults in its settings names them all and ends with exit code 2. `--help` prints the same table.
"""


def rows_of(folder, words):
    out = subprocess.run([os.path.join(folder, words[0]), *words[1:], "--help-markdown"], capture_output=True, text=True, check=True)
    return [line for line in out.stdout.splitlines() if line.startswith("|")]


def page(folder):
    tables = {name: rows_of(folder, words) for name, words in PROGRAMS}
    head = next(iter(tables.values()))[:2]
    common = [row for row in next(iter(tables.values()))[2:] if all(row in rows for rows in tables.values())]
    services = [row for row in tables["requirements"][2:] if row not in common and all(row in tables[n] for n in ("documents", "claims", "status"))]
    parts = [HEAD, "\n## All programs\n\n" + "\n".join(head + common) + "\n",
             "\n## Services with a database of their own\n\n" + "\n".join(head + services) + "\n"]
    for name, rows in tables.items():
        own = [row for row in rows[2:] if row not in common and row not in services]
        if own:
            parts.append(f"\n## {name}\n\n" + "\n".join(head + own) + "\n")
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the programs")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text = page(options.bin)
    if not options.check:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(text)
        return 0
    with open(PAGE, encoding="utf-8") as f:
        if f.read() == text:
            return 0
    print("docs/configuration.md is not what the programs say; run make config-docs")
    return 1


if __name__ == "__main__":
    sys.exit(main())
