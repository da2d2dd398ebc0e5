"""Findings of pyx12 beside ours, on public 837 and 835 files.

compare.py SAMPLES OURS JUDGED [--show]

A finding is a transaction, a segment of it and an element (0: the segment itself). The guide named in GS08 and ST03 is
set to the addendum that pyx12 has, for both. A disagreement is a finding that only one of the two tells; each has its
line in JUDGED: file, who tells it, place, code, why (* in file and place stands for anything). One that no line
speaks of fails, and so does a line that is true no more.
"""
import fnmatch
import io
import json
import logging
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pyx12.params
import pyx12.x12n_document

GUIDES = {"005010X222": "005010X222A1", "005010X223": "005010X223A2", "005010X221": "005010X221A1"}
FOLDERS = ("837p", "837i", "835", "torture")


def prepared(path: Path) -> bytes | None:
    """The file as both read it; None: nothing to compare."""
    data = path.read_bytes()
    at = data.find(b"ISA")
    if at < 0 or len(data) < at + 106 or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None
    data = data[at:]
    text = data.decode("latin1")
    found = re.search(r"ST.(837|835).", text)
    versions = re.findall(r"005010X22[123](?:A\d)?", text)
    if not found or not versions:
        return None
    text = re.sub(r"([~\r\n])[ \t]+", r"\1", text)  # pyx12 takes blanks before a segment for its id
    text = re.sub(r"[^\x00-\x7f]", "?", text)  # pyx12 reads ASCII
    return re.sub(r"(005010X22[123])(A\d)?", lambda m: GUIDES[m.group(1)], text).encode("latin1")


def theirs(path: Path) -> set | None:
    """From its JSON: its 999 fails on some of its own findings (a ST03 in an 835)."""
    out = io.StringIO()
    try:
        pyx12.x12n_document.x12n_document(pyx12.params.params(), str(path), io.StringIO(), None, fd_json=out)
        told = json.loads(out.getvalue())
    except Exception as error:  # pyx12 gives up on some files with an exception of its own
        print(f"  pyx12 gives up: {type(error).__name__}")
        return None
    found, transaction = set(), 0
    for group in (g for i in told["interchanges"] for g in i["groups"]):
        for st in group["transactions"]:
            transaction += 1
            for seg in st["segments"]:
                where = (transaction, seg["seg_count"], seg["seg_id"])
                for code in (e["err_cde"] for e in seg["errors"]):
                    element = {"HL1": 1, "HL2": 2, "LX": 1}.get(code, 0)  # codes of its own
                    found.add((*where, element, 0, "7" if element else code))
                for el in seg["elements"]:
                    found.update((*where, el["ele_pos"], el["subele_pos"] or 0, e["err_cde"]) for e in el["errors"])
    return found if transaction else None


def ours(program: str, path: Path) -> set:
    lines = subprocess.run([program, str(path)], check=True, capture_output=True, text=True).stdout.splitlines()
    found = set()
    for line in lines:
        tx, segment, name, element, component, code, _ = line.split("\t")
        found.add((int(tx), int(segment), name, int(element), int(component), code))
    return found


def place(finding) -> str:
    tx, segment, name, element, component, _ = finding
    return f"{tx}.{segment} {name}" + (f"{element:02}" if element else "") + (f"-{component}" if component else "")


def key(finding):
    return finding[0], finding[1], finding[3]


def main() -> int:
    samples, program, judged = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    logging.disable(logging.CRITICAL)
    known = [tuple(line.split("\t")[:4]) for line in judged.read_text().splitlines() if line and line[0] != "#"]
    used, files, both, alone, new = set(), 0, 0, 0, []
    for path in sorted(p for folder in FOLDERS for p in (samples / folder).glob("*")):
        data = prepared(path)
        if data is None:
            continue
        name = f"{path.parent.name}/{path.name}"
        with tempfile.NamedTemporaryFile(suffix=".x12") as copy:
            copy.write(data)
            copy.flush()
            a, b = theirs(Path(copy.name)), ours(program, Path(copy.name))
        if a is None:
            print(f"  {name}: not compared")
            continue
        files += 1
        keys_a, keys_b = {key(f) for f in a}, {key(f) for f in b}
        both += len(keys_a & keys_b)
        for who, found, other in (("pyx12", a, keys_b), ("ours", b, keys_a)):
            for f in sorted(found):
                if key(f) in other:
                    continue
                line = (name, who, place(f), f[5])
                alone += 1
                fits = [k for k in known if all(fnmatch.fnmatchcase(a, b) for a, b in zip(line, k, strict=True))]
                used.update(fits[:1])
                if not fits:
                    new.append(line)
    for line in new:
        print("not judged:", *line, sep="\t")
    stale = [line for line in known if line not in used]
    for line in stale:
        print("judged, but true no more:", *line, sep="\t")
    print(f"{files} files, {both} findings alike, {alone} told by one only, {len(new)} of them not judged")
    return 1 if (new or stale) and "--show" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
