#!/usr/bin/env python3
"""compare.py OURS THEIRS DISAGREEMENTS ROOT: both readers' dumps, value for value; each file that differs must stand in
the table of disagreements (file <tab> judgement), with a judgement, and each of the table must still differ."""
import sys
from pathlib import Path


def read(path: str, root: str) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    rows: list[str] = []
    for line in Path(path).read_text(encoding="utf-8", errors="replace").split("\n"):
        if line.startswith("= "):
            rows = files.setdefault(line[2:].removeprefix(root).lstrip("/"), [])
        elif line:
            rows.append(plain(line))
    return files


def plain(row: str) -> str:
    """Why a reader gives up is its own matter, and so are binary data: only that of BIN and BDS which stands before."""
    words = row.split(" ")
    if words[0] == "!":
        return "!"
    last = {"BIN": 1, "BDS": 2}.get(words[0])
    return row if last is None else " ".join(w for w in words if "=" not in w or int(w.split(".")[0]) <= last)


def difference(a: list[str], b: list[str]) -> str:
    for at, (x, y) in enumerate(zip(a, b), 1):
        if x != y:
            return f"segment {at}: ours {x.split(' ')[0]} with {len(x.split(' ')) - 1} values, theirs {y.split(' ')[0]} " \
                   f"with {len(y.split(' ')) - 1}"
    return f"ours {len(a)} segments, theirs {len(b)}" if len(a) != len(b) else ""


def main() -> int:
    ours, theirs, root = read(sys.argv[1], sys.argv[4]), read(sys.argv[2], sys.argv[4]), sys.argv[4]
    judged = {}
    for line in Path(sys.argv[3]).read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            name, _, words = line.partition("\t")
            judged[name] = words
    passed = failed = 0
    segments = values = 0
    for name in sorted(ours):
        said = difference(ours[name], theirs.get(name, []))
        segments += len(ours[name])
        values += sum(row.count("=") for row in ours[name])
        if bool(said) == (name in judged) and (not said or judged[name].strip()):
            passed += 1
            continue
        failed += 1
        print(f"FAIL {name}: {said or 'agrees now, but stands in the table of disagreements'}")
    print(f"{len(ours)} files, {segments} segments, {values} values; {len(judged)} judged disagreements")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
