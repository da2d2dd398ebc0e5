#!/usr/bin/env python3
"""The page of make bench-codec from what its parts printed: report.py FOLDER PAGE"""
import platform
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def first(pattern: str, text: str, default: str = "?") -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else default


def said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout + done.stderr


def version(pom: str, artifact: str) -> str:
    text = (ROOT / "tests/bench-codec" / pom / "pom.xml").read_text(encoding="utf-8")
    return first(rf"<artifactId>{artifact}</artifactId>\s*<version>([^<]+)<", text[text.index("<dependencies>"):])


def table(data: list[list[str]], unit: str, ours: str, against: str) -> list[str]:
    """Rates of each peer by set, and how much faster ours is."""
    out = [f"| what | set | {unit}/s | MB/s | of {against} |", "|---|---|---|---|---|"]
    base = {row[1]: float(row[3]) for row in data if row[0].lower().startswith(against.lower())}
    for peer, name, rate, mb in data:
        times = f"{float(mb) / base[name]:.1f} x" if base.get(name) else ""
        mark = "**" if peer.lower().startswith(ours.lower()) else ""
        out.append(f"| {mark}{peer}{mark} | {name} | {float(rate):,.0f} | {float(mb):,.1f} | {times} |")
    return out


def main() -> int:
    folder, page = Path(sys.argv[1]), Path(sys.argv[2])
    cpu = first(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    x12 = rows(folder / "x12.tsv")
    rates = [r for r in x12 if len(r) == 4 and not r[0].startswith(("memory", "whole"))]
    memory = [r for r in x12 if r[0] == "memory"]
    whole = [r for r in x12 if r[0] == "whole file"]
    hl7 = [r for r in rows(folder / "hl7.tsv") if len(r) == 4]
    java = first(r"version \"([^\"]+)\"", said("java", "-version"), "none")
    out = ["# Speed of the codecs", "",
           "Written by `make bench-codec`; not to be edited. All peers in one call, on one core, the same files, the median of several",
           "runs of CPU time after a warm-up. The peers are general parsers of high quality in Java. What a peer does is compared with",
           "the same work of ours: in X12 all segments and elements are found and the envelope is checked, in HL7 v2 every value stands",
           "decoded in its place. The full guide validation has no peer here.", "",
           f"Machine: {cpu}, {platform.system()} {platform.release()}; {said('cc', '--version').splitlines()[0]}, -O2; "
           f"Java {java}, serial collector, 512 MB; StAEDI {version('staedi', 'staedi')}, HAPI {version('hapi', 'hapi-base')}.",
           "", "## X12", ""]
    out += table(rates, "segments", "PriorPath", "StAEDI read, control validation")
    if memory:
        out += ["", "Memory, reading and validating a file of claims in pieces of 256 KB (peak of the whole process):", ""]
        out += ["| read | peak |", "|---|---|"] + [f"| {r[1].replace(' read', '')} | {r[2].replace('peak ', '')} |" for r in memory]
    if whole:
        out += ["", "The whole file: " + ", ".join(whole[0][1:]) + "."]
    if hl7:
        out += ["", "## HL7 v2", "",
                "HAPI parses into its generic messages, without validation; the same work of ours is `priorpath-tree`: parse, and every value",
                "of every field, repetition, component and subcomponent decoded. `priorpath-index` parses only, and decodes a value when it",
                "is asked for; `priorpath-views` reads the typed view that the services use, with its findings, which HAPI does not.", ""]
        out += table(hl7, "messages", "PriorPath", "HAPI")
    for part in ("x12", "hl7"):
        path = folder / f"{part}.err"
        notes = [line for line in path.read_text(encoding="utf-8").splitlines() if "left out" in line] if path.exists() else []
        if notes:
            out += ["", *(f"- {line}" for line in notes)]
    page.write_text("\n".join(out) + "\n", encoding="utf-8")
    print("\n".join(out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
