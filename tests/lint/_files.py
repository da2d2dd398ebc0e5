"""What the checks share: which files are ours, and C text without comments and strings."""
from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OTHERS = {".git", ".run", "node_modules", "__pycache__"}
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*suffixes: str, under: tuple[str, ...] = (".",)) -> list[Path]:
    found = []
    for top in under:
        for p in (ROOT / top).rglob("*"):
            parts = p.relative_to(ROOT).parts
            if p.is_file() and not OTHERS & set(parts) and not parts[0].startswith("build"):
                if not suffixes or p.suffix in suffixes:
                    found.append(p)
    return sorted(set(found))


def c_files() -> list[Path]:
    return files(".c", ".h", under=("common", "services", "tools", "tests"))


def blank(text: str, strings: bool = True) -> str:
    """Comments (and strings) as blanks, so that line numbers stay."""
    def empty(m: re.Match[str]) -> str:
        token = m.group(0)
        if token[0] in "\"'" and not strings:
            return token
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(empty, text)


def show(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def finish(faults: list[str]) -> None:
    print("\n".join(faults))
    sys.exit(1 if faults else 0)
