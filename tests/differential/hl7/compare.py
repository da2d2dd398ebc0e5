#!/usr/bin/env python3
"""Element for element: our tree of every public HL7 v2 sample against those of HAPI and python-hl7.

usage: compare.py PRIORPATH SAMPLES HAPI_CLASS_PATH
A difference must stand in tests/hl7/disagreements.tsv (peer, file, place, who is right and why); one that does not, and
a line there that is no difference any more, fails. With SHOW=1 all differences are printed in the form of the table."""
import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import hl7

TABLE = Path("tests/hl7/disagreements.tsv")
PER_FILE = 3  # differences of one peer in one file that are told one by one


def ours(program, path, raw):
    run = subprocess.run([program, "hl7", "show", str(path), "--json"] + (["--raw"] if raw else []),
                         capture_output=True, check=False, timeout=60, env={"PATH": os.environ["PATH"]})
    messages = []
    for m in json.loads(run.stdout)[0]["messages"]:
        leaves, seen = {}, {}
        for s in m["segments"]:
            seen[s["segment"]] = seen.get(s["segment"], 0) + 1
            for f in s["fields"]:
                for r, rep in enumerate(f["value"], 1):
                    for c, comp in enumerate(rep, 1):
                        for u, v in enumerate(comp, 1):
                            v = '""' if v is None else v
                            if v:
                                leaves[(s["segment"], seen[s["segment"]], f["field"], r, c, u)] = v
        messages.append((m, leaves))
    return messages


def text_of(data, m):
    """The bytes of one message with LF between its segments, by our own rule for segment ends, as text."""
    raw = data[m["offset"]:m["offset"] + m["bytes"]].lstrip(b"\xef\xbb\xbf \t\r\n\x0b")
    inner = raw.rstrip(b"\r\n\x1c")
    lines = inner.split(b"\r") if b"\r" in inner else inner.split(b"\n")
    lines = [x.lstrip(b"\n") for x in lines]
    raw = b"\n".join(x for x in lines if x.strip(b" \0\n\x1c"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def hapi(class_path, texts):
    run = subprocess.run(["java", "-XX:+UseSerialGC", "-cp", class_path, "HapiTree"], input="\n--\n".join(texts).encode(),
                         capture_output=True, check=True, timeout=600)
    trees = [{} for _ in texts]
    for line in run.stdout.decode().splitlines():
        part = line.split("\t")
        if part[1] == "refused":
            trees[int(part[0])] = json.loads(part[2])
            continue
        n, name, index, f, r, c, u = part[0], part[1], *map(int, part[2:7])
        name = re.sub(r"\d+$", "", name) if len(name) > 3 else name
        trees[int(n)][(name, index, f, r, c or 1, u or 1)] = json.loads(part[7])
    return trees


def python_hl7(text):
    """Leaves as they were sent; python-hl7 decodes only on request."""
    leaves, seen = {}, {}
    try:
        message = hl7.parse(text.replace("\n", "\r"))
    except Exception as e:  # what it refuses is a finding, not an error of this program
        return str(e).split("\n", maxsplit=1)[0]
    for s in message:
        name = str(s[0])
        seen[name] = seen.get(name, 0) + 1
        for f in range(1, len(s)):
            if name in ("MSH", "BHS", "FHS") and f <= 2:
                leaves[(name, seen[name], f, 1, 1, 1)] = str(s[f])
                continue
            for r, rep in enumerate(s[f], 1):
                for c, comp in enumerate(rep if isinstance(rep, hl7.Repetition) else [rep], 1):
                    for u, v in enumerate(comp if isinstance(comp, hl7.Component) else [comp], 1):
                        if str(v):
                            leaves[(name, seen[name], f, r, c, u)] = str(v)
    return leaves


def place(key):
    name, index, f, r, c, u = key
    return f"{name}[{index}]-{f}({r}).{c}.{u}"


def differences(peer, file, number, mine, theirs):
    where = f"#{number} "
    if isinstance(theirs, str):
        return [(peer, file, where + "whole", f"{peer} refuses: {theirs[:80]}")]
    # a segment name that is none: we keep the line as a whole
    odd = {k for k in set(mine) | set(theirs) if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", k[0])}
    keys = sorted(k for k in set(mine) | set(theirs) if k not in odd and mine.get(k) != theirs.get(k))
    found = [(peer, file, where + place(k), f"ours {mine.get(k)!r:.60}, {peer} {theirs.get(k)!r:.60}") for k in keys]
    if len(found) > PER_FILE:
        found = [(peer, file, where + "many", f"{len(found)} places, the first {found[0][2][len(where):]}: {found[0][3]}")]
    return found


def main():
    program, samples, class_path = sys.argv[1:4]
    root = Path(samples) / "hl7v2"
    files = [row["file"] for row in csv.DictReader((root / "index.tsv").open(), delimiter="\t", quoting=csv.QUOTE_NONE)]
    jobs, found, leaves = [], [], 0
    for file in files:
        data = (root / file).read_bytes()
        decoded, raw = ours(program, root / file, False), ours(program, root / file, True)
        for (m, tree), (_, bytes_tree) in zip(decoded, raw):
            if m["readable"]:
                jobs.append((file, m["message"], tree, bytes_tree, text_of(data, m)))
    trees = hapi(class_path, [j[4] for j in jobs]) if class_path else [None] * len(jobs)
    for (file, number, tree, bytes_tree, text), theirs in zip(jobs, trees):
        leaves += len(tree)
        if theirs is not None:
            found += differences("hapi", file, number, tree, theirs)
        found += differences("python-hl7", file, number, bytes_tree, python_hl7(text))
    if os.environ.get("SHOW"):
        for row in found:
            print("\t".join(row))
    known = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            peer, file, where, why = line.split("\t", 3)
            known[(peer, file, where)] = why
    new = [row for row in found if row[:3] not in known]
    gone = [k for k in known if k not in {row[:3] for row in found} and (class_path or k[0] != "hapi")]
    for row in new:
        print("not judged:", "\t".join(row))
    for k in gone:
        print("no difference any more:", "\t".join(k))
    print(f"{len(files)} files, {len(jobs)} messages, {leaves} values; {len(found)} disagreements, {len(new)} of them not judged")
    print(f"{len(jobs) - len(new)} passed, {len(new) + len(gone)} failed")
    return 1 if new or gone else 0


sys.exit(main())
