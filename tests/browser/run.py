#!/usr/bin/env python3
"""Runs the tests of test_*.py one after another: every function test_… takes the stage. Names given run only these.

A page that wrote an error to its console, or broke a rule of its content policy, fails its test.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import time
import traceback
from pathlib import Path

import stage as st


def main() -> int:
    p = argparse.ArgumentParser()
    p.add_argument("--browser", required=True)
    p.add_argument("--bin", required=True)
    p.add_argument("--kafka", default="")
    p.add_argument("--shots", default="", help="folder for pictures of a failure")
    p.add_argument("names", nargs="*")
    a = p.parse_args()
    here = Path(__file__).parent
    tests = []
    for f in sorted(here.glob("test_*.py")):
        m = importlib.import_module(f.stem)
        tests += [(f.stem, n, getattr(m, n)) for n in vars(m) if n.startswith("test_")]
    if a.names:
        tests = [t for t in tests if any(n in t[1] or n in t[0] for n in a.names)]
    stage = st.Stage(a.browser, a.bin, a.kafka)
    passed = failed = skipped = 0
    try:
        for module, name, fn in tests:
            if module == "test_live" and not a.kafka:
                skipped += 1
                continue
            stage.fresh()
            began, why = time.monotonic(), ""
            try:
                fn(stage)
                if stage.faults:
                    why = "; ".join(stage.faults[:3])
            except Exception:  # a test may fail in any way; the others go on
                why = traceback.format_exc(limit=-2).strip()
            if why and a.shots:
                for i, page in enumerate(pg for c in stage.browser.contexts for pg in c.pages):
                    page.screenshot(path=f"{a.shots}/{name}-{i}.png")
            for c in stage.browser.contexts:
                c.close()
            passed, failed = passed + (not why), failed + bool(why)
            print(f"{'FAIL' if why else 'PASS'} {name} {time.monotonic() - began:.1f} s", flush=True)
            if why:
                print("    " + why.replace("\n", "\n    "), flush=True)
    finally:
        stage.close()
        shutil.rmtree(stage.dir, ignore_errors=True)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


sys.exit(main())
