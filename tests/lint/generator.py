#!/usr/bin/env python3
"""the generator refuses what it must: each fault is put into a copy of schemas/, and must be named with its place"""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from _files import ROOT, finish

ORDER = "schemas/events/order.reported.json"


def edit(path: str, change):
    """A change of the JSON of one file."""
    def apply(root: Path) -> None:
        node = json.loads((root / path).read_text(encoding="utf-8"))
        change(node)
        (root / path).write_text(json.dumps(node), encoding="utf-8")
    return apply


def member(name: str, schema: dict):
    return edit(ORDER, lambda n: n["properties"].update({name: schema}))


def replace(path: str, old: str, new: str):
    def apply(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old}"
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")
    return apply


def service(text: str):
    def apply(root: Path) -> None:
        (root / "services/documents").mkdir(parents=True)
        (root / "services/documents/service.c").write_text(text, encoding="utf-8")
    return apply


# What is broken, and what the error must hold.
FAULTS = [
    ("number", member("price", {"type": "number"}), f"{ORDER}: /properties/price/type: must be"),
    ("no length", member("note", {"type": "string"}), f"{ORDER}: /properties/note: needs maxLength"),
    ("pattern", member("note", {"type": "string", "maxLength": 3, "pattern": "x"}), "/properties/note/pattern: is outside"),
    ("oneOf", edit(ORDER, lambda n: n.update(oneOf=[])), f"{ORDER}: /oneOf: is outside the schema subset"),
    ("format", member("at", {"type": "string", "format": "uri"}), "/properties/at/format: must be one of"),
    ("enum case", member("kind", {"type": "string", "enum": ["New"]}), "/properties/kind/enum/0: must be lower case"),
    ("no items limit", member("l", {"type": "array", "items": {"type": "integer"}}), "/properties/l: needs maxItems"),
    ("list of lists", member("l", {"type": "array", "maxItems": 2, "items": {"type": "array", "maxItems": 2,
                                                                             "items": {"type": "integer"}}}), "inside an array"),
    ("member name", member("orderNo", {"type": "integer"}), "/properties/orderNo: names are lower case"),
    ("required", edit(ORDER, lambda n: n["required"].append("nothing")), "/required/4: is not a property"),
    ("$ref outside", member("x", {"$ref": "../events/case.opened.json"}), "/properties/x/$ref: must name a file of schemas/types"),
    ("$ref to nothing", member("x", {"$ref": "../types/nothing.json"}), "there is no schemas/types/nothing.json"),
    ("cycle", edit("schemas/types/code.json", lambda n: n["properties"].update(x={"$ref": "order_service.json"})), "refers to itself"),
    ("$id", edit(ORDER, lambda n: n.update({"$id": "https://priorpath.dev/other.json"})), f"{ORDER}: /$id: must be"),
    ("title", edit(ORDER, lambda n: n.update(title="order.told")), f"{ORDER}: /title: must be order.reported"),
    ("not JSON", replace(ORDER, "{", "{{"), f"{ORDER}: not JSON"),
    ("twice", replace("schemas/catalogue.tsv", "visit.reported\t", "order.reported\t"), "is not the title of"),
    ("same C name", edit("schemas/types/case_line.json", lambda n: n["properties"]["state"]["enum"].append("count")),
     "EV_CASE_LINE_STATE_COUNT is also made by"),
    ("unknown reader", replace("schemas/catalogue.tsv", "intake\tdocuments\tphi", "intake\tpapers\tphi"), "readers papers are not services"),
    ("public reader", replace("schemas/catalogue.tsv", "status\tsubscribers", "status\tclaims"), "is read by subscribers"),
    ("lost schema", lambda root: shutil.copy(root / ORDER, root / "schemas/events/order.lost.json"), "order.lost.json: is not in the catalogue"),
    ("no example", lambda root: shutil.rmtree(root / "schemas/examples/order.reported"), "order.reported: has no valid-*.json and no invalid"),
    ("bad example", edit("schemas/examples/order.reported/valid-cancelled.json", lambda n: n.update(action="stop")),
     "valid-cancelled.json: /action: is not one of the values allowed"),
    ("good bad example", lambda root: shutil.copy(root / "schemas/examples/order.reported/valid-cancelled.json",
                                                  root / "schemas/examples/order.reported/invalid-x.json"), "must break exactly one rule, breaks 0"),
    ("reader without handler", service("static const enum ev_type reads[] = {EV_DOCUMENT_REPORTED};\n.reads = reads,"),
     "services/documents/service.c: .reads lacks EV_CASE_OPENED"),
    ("handler without reader", service("static const enum ev_type r[] = {EV_CLAIM_HELD};\n.reads = r,"), "documents lists EV_CLAIM_HELD in .reads"),
    ("old documents", replace(ORDER, "Placer order number", "The placer's number"), "docs/events.md: is not what the schemas say"),
]


def run(root: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-B", ROOT / "tools/gen/gen.py", "--root", root, "--out", root / "out", "--check", "--docs-check"],
                          capture_output=True, text=True, timeout=60, check=False)


def copy(to: str) -> Path:
    root = Path(to)
    shutil.copytree(ROOT / "schemas", root / "schemas")
    subprocess.run([sys.executable, "-B", ROOT / "tools/gen/gen.py", "--root", root, "--docs"], timeout=60, check=True)
    return root


def main() -> None:
    faults = []
    with tempfile.TemporaryDirectory() as to:
        done = run(copy(to))
        if done.returncode != 0:
            faults.append(f"refused what is good: {done.stderr}")
    for name, apply, expected in FAULTS:
        with tempfile.TemporaryDirectory() as to:
            root = copy(to)
            apply(root)
            done = run(root)
            if done.returncode == 0 or expected not in done.stderr:
                faults.append(f"{name}: expected \"{expected}\", was: {done.stderr.strip()[:300] or 'nothing'}")
    finish(faults)


main()
