#!/usr/bin/env python3
"""text: nothing unfinished, UTF-8, no blanks at the end of a line, no secrets"""
import re

from _files import files, finish, show

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
BINARY = {".png", ".jpg", ".pdf", ".gz", ".ico", ".woff2", ".bin", ".mllp", ".hl7", ".x12", ".edi"}

faults = []
for path in files():
    if path.suffix in BINARY:
        continue
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        faults.append(f"{show(path)}: not UTF-8")
        continue
    for number, row in enumerate(text.split("\n"), 1):
        if path.suffix == ".c":  # data may hold such a word
            row = re.sub(r'"(?:\\.|[^"\\])*"', '""', row)
        if UNFINISHED.search(row) and path.suffix not in (".json", ".svg"):
            faults.append(f"{show(path)}:{number}: unfinished: {row.strip()[:80]}")
        if SECRET.search(row):
            faults.append(f"{show(path)}:{number}: a private key")
        if row != row.rstrip() and path.suffix in (".c", ".h", ".py", ".sh", ".sql"):
            faults.append(f"{show(path)}:{number}: blanks at the end of the line")
finish(faults)
