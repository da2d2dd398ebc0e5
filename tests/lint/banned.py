#!/usr/bin/env python3
"""functions that cut, overrun or share state without saying so, and clocks in SQL"""
import re

from _files import blank, c_files, files, finish, show

BANNED = re.compile(r"\b(strcpy|strcat|strncat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|asctime|ctime|gmtime|localtime|alloca)\s*\(")
CLOCK = re.compile(r"\b(now\s*\(\s*\)|current_timestamp|current_date|clock_timestamp\s*\()", re.I)


def lines(path, text, pattern, why):
    for m in pattern.finditer(text):
        yield f"{show(path)}:{text.count(chr(10), 0, m.start()) + 1}: {m.group(0).strip()} {why}"


faults = []
for path in c_files():
    faults += lines(path, blank(path.read_text(encoding="utf-8")), BANNED, "is banned")
# Time is a parameter of every statement of a service: the played day has its own clock.
for path in files(".sql", ".c", under=("services", "common/service")):
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"--[^\n]*", "", text) if path.suffix == ".sql" else "\n".join(
        "".join(re.findall(r'"(?:\\.|[^"\\])*"', row)) for row in blank(text, strings=False).split("\n"))
    faults += lines(path, text, CLOCK, "in SQL: give the time as a parameter")
finish(faults)
