#!/usr/bin/env python3
"""ceilings: a file has one subject, a function fits on a page"""
import re

from _files import c_files, finish, show

# The aim is 600 and 80 (CONTRIBUTING.md); what passes these ceilings has a second subject.
FILE_LINES_MAX, FUNCTION_LINES_MAX = 700, 100

faults = []
for path in c_files():
    rows = path.read_text(encoding="utf-8").split("\n")
    if len(rows) > FILE_LINES_MAX:
        faults.append(f"{show(path)}: {len(rows)} lines, ceiling {FILE_LINES_MAX}")
    start = 0
    for number, row in enumerate(rows, 1):
        # A body opens at the end of a line that stands in column 0 or continues one, and closes with } in column 0.
        if start == 0 and re.match(r"^[A-Za-z ].*\)\s*\{$", row):
            start = number
        elif row == "}":
            if start and number - start > FUNCTION_LINES_MAX:
                faults.append(f"{show(path)}:{start}: function of {number - start} lines, ceiling {FUNCTION_LINES_MAX}")
            start = 0
finish(faults)
