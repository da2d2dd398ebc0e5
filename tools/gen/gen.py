#!/usr/bin/env python3
"""From schemas/ to C and documentation.

    gen.py --out DIR     writes DIR/ev.h and DIR/ev.c
    gen.py --docs        writes schemas/asyncapi.json and docs/events.md
    gen.py --docs-check  says whether those two are up to date
    gen.py --check       holds the catalogue against schemas, examples and services
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

import c_code
import check
import docs
from model import SchemaError, load


def write(path: Path, text: str) -> None:
    """Leaves an equal file alone, so that make rebuilds nothing for it."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--docs-check", action="store_true")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    try:
        model = load(args.root)
        faults: list[str] = []
        if args.out:
            write(args.out / "ev.h", c_code.header(model))
            write(args.out / "ev.c", c_code.source(model))
        for path, text in docs.pages(model) if args.docs or args.docs_check else []:
            if args.docs:
                write(args.root / path, text)
            elif not (args.root / path).exists() or (args.root / path).read_text(encoding="utf-8") != text:
                faults.append(f"{path}: is not what the schemas say; run make docs")
        if args.check:
            faults += check.run(model)
    except SchemaError as e:
        faults = [str(e)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
