#!/usr/bin/env python3
"""the guide compiler refuses what it must: each fault in a small guide must be named with its file and line"""
import subprocess
import sys
import tempfile
from pathlib import Path

from _files import ROOT, finish

FILES = {
    "elements.dict": "143 ID 3 3\n329 AN 4 9\n96 N0 1 10\n127 AN 1 50\n128 ID 2 3\n1250 ID 2 3\n1251 AN 1 35\n"
                     "C040 composite 128! 127! 1250 | P0203\n",
    "segments.dict": "ST 143! 329!\nSE 96! 329!\nREF 128! 127 C040 | R0203\nHL 127! 127 127\nids: ABC\n",
    "codes/states.codes": 'list states snip=5 "states"\nIL  Illinois\nIN WI\n',
    "a.guide": """guide small 005010 st=999 gs=FA
source "made up"
state full
10 ST R1 01!=999 02!
20 loop 2000 S>1 "things"
  rule 4 error second-needed "with G1 a second one" if REF(G1)02 then REF(F8)
  10 REF R1 01!=G1 02!
  20 REF S2 01!=F8|F9 02 03(01!=<states> 02!)
30 SE R1
""",
}
# what is put instead of what, in which file, and what must be said
CASES = [
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF R1 01!=G1 02! 04", "a.guide:7: REF: there is no 04; 3 is the last"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF R1 01!=G1LONG 02!", "a.guide:7: REF: the code G1LONG does not have"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF R1 02!", "a.guide:7: REF: the dictionary demands 01"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF R1 01!=G1 02!(01)", "a.guide:7: REF: element 127 is no composite"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF X1 01!=G1 02!", "a.guide:7: X1: no usage"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF S1 01!=G1 02!", "a.guide:5: the first segment of loop 2000 must be"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF R1 01!=G1 02![60-70]", "a.guide:7: REF: element 127 has 1 to 50"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF R1 01!=G1 02!{D9}", "a.guide:7: {D9}: no format"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 QQQ R1 01!=G1 02!", "a.guide:7: QQQ: segments.dict does not have it"),
    ("a.guide", "10 REF R1 01!=G1 02!", "10 REF R1 02!=G1 01!", "a.guide:7: element 01 stands after 02"),
    ("a.guide", "=<states>", "=<stats>", "a.guide:8: <stats>: there is no such list"),
    ("a.guide", "  20 REF S2", "  5 REF S2", "a.guide:8: position 5 stands after 10"),
    ("a.guide", "  20 REF S2", "    20 REF S2", "a.guide:8: indented too far"),
    ("a.guide", "  20 REF S2", "   20 REF S2", "a.guide:8: indentation is by two blanks"),
    ("a.guide", "30 SE R1", "30 loop 3000 S1 same", "a.guide:9: same: no loop 3000 stands above"),
    ("a.guide", "then REF(F8)", "then REF(ZZ)", "a.guide:6: REF(ZZ) does not stand in loop 2000"),
    ("a.guide", "then REF(F8)", "then NM1", "a.guide:6: NM1: NM1 does not stand in loop 2000"),
    ("a.guide", "then REF(F8)", "REF(F8)", "a.guide:6: then is missing"),
    ("a.guide", "then REF(F8)", "then (REF(F8)", "a.guide:6: a ) is missing"),
    ("a.guide", "then REF(F8)", "then REF(F8) and", "a.guide:6: a test is wanted"),
    ("a.guide", "then REF(F8)", "then 3000", "a.guide:6: there is no loop 3000"),
    ("a.guide", "if REF(G1)02 then REF(F8)", "balance nothing", "a.guide:6: nothing: no balance"),
    ("a.guide", "second-needed", "Second", "a.guide:6: Second: no name of a rule"),
    ("a.guide", "state full", "state half", "a.guide:3: state full or state integrity"),
    ("a.guide", 'source "made up"\n', "", "a.guide:1: guide NAME VERSION"),
    ("a.guide", "gs=FA", "gs=FA of=X", "a.guide:1: what is of=X ?"),
    ("elements.dict", "329 AN 4 9", "329 AN 9 4", "elements.dict:2: the minimum is larger"),
    ("elements.dict", "329 AN 4 9", "143 AN 4 9", "elements.dict:2: 143 stands twice"),
    ("elements.dict", "329 AN 4 9", "329 QQ 4 9", "elements.dict:2: NUMBER TYPE MIN MAX"),
    ("elements.dict", "| P0203", "| P0209", "elements.dict:8: P0209: there are 3 elements"),
    ("segments.dict", "REF 128! 127 C040", "REF 128! 127 C041", "segments.dict:3: there is no element C041"),
    ("segments.dict", "| R0203", "| Q0203", "segments.dict:3: Q0203: no syntax note"),
    ("segments.dict", "ids: ABC", "ids: ABCD", "segments.dict: ids: ABCD is no segment id"),
    ("codes/states.codes", "IN WI", "IN IL", "states.codes:3: the code IL stands twice"),
    ("codes/states.codes", "snip=5", "snip=9", "states.codes:1: list NAME snip"),
]


def compile_it(change=None) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "codes").mkdir()
        for name, text in FILES.items():
            if change and change[0] == name:
                if change[1] not in text:
                    return 0, f"{change[1]} does not stand in {name}"
                text = text.replace(change[1], change[2], 1)
            (root / name).write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, str(ROOT / "tools/gen/guides.py"), folder, str(root / "out.c")],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stderr


faults = []
code, said = compile_it()
if code != 0:
    faults.append(f"the guide without a fault is refused: {said}")
for case in CASES:
    code, said = compile_it(case)
    if code != 1 or case[3] not in said:
        faults.append(f"{case[2]}: wanted \"{case[3]}\", got {code}: {said.strip()}")
finish(faults)
