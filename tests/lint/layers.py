#!/usr/bin/env python3
"""who may include whom: base <- codec, core <- refs <- io <- service <- services, tools"""
import re
from pathlib import Path

from _files import ROOT, blank, c_files, finish, show

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', re.M)
PURE = {"base", "codec", "core", "refs"}
# Folder of common/ -> folders of common/ it may include. ev.h, generated, belongs to core.
ALLOWED = {
    "base": {"base"},
    "core": {"base", "core"},
    "codec": {"base", "core", "codec"},
    "refs": PURE,
    "io": PURE | {"io"},
    "service": PURE | {"io", "service"},
    "test": PURE | {"test"},
}
# The outside world: only the two outer layers see it.
WORLD = re.compile(r"^(uv\.h|libpq-fe\.h|libpq/|librdkafka/|curl/|microhttpd\.h)")
# Pure code has no clock, file or socket.
IMPURE = re.compile(r"^(time\.h|unistd\.h|fcntl\.h|poll\.h|pthread\.h|signal\.h|dirent\.h|netdb\.h|sys/|netinet/|arpa/)")
JANSSON_OUTSIDE = {"base"}
# Four pure modules of status that must not know each other.
STATUS_MODULES = {"readiness", "clocks", "ledger", "tasks"}


def home(path: Path) -> tuple[str, str]:
    """("common", part) or ("services", name) or ("tools", name) or ("tests", "")."""
    parts = path.parts
    if parts[0] == "services" and parts[1] == "intake":
        return "services", "intake/" + parts[2] if len(parts) > 3 else "intake"
    return parts[0], parts[1] if len(parts) > 2 else ""


def is_decider(path: Path) -> bool:
    """Files of a service that decide: all but main.c; intake's door and receive, and console, are shells."""
    top, name = home(path)
    return top == "services" and name not in ("intake", "intake/door", "intake/receive", "console") and path.name != "main.c"


def fault_of(path: Path, quoted: bool, target: str) -> str:
    top, name = home(path)
    first = target.split("/")[0]
    outer = top == "common" and name in ("io", "service")
    if not quoted:
        if WORLD.match(target) and not outer and top != "tests":
            return "only common/io and common/service see this library"
        if IMPURE.match(target) and ((top == "common" and name in PURE) or is_decider(path)):
            return "pure code has no clock, file or socket"
        if target == "jansson.h" and top == "common" and name in JANSSON_OUTSIDE:
            return "base knows no JSON"
        return ""
    if "/" not in target:
        if target == "ev.h":
            return "base does not know the events" if (top, name) == ("common", "base") else ""
        return ""  # of the same folder
    if first in ALLOWED:
        if top == "common":
            return "" if first in ALLOWED[name] else f"{name} stands below {first}"
        if first == "test" and top != "tests":
            return "only tests use common/test"
        if first in ("io", "service") and is_decider(path) and not (path.name == "service.c" and first == "service"):
            return "what decides has no I/O"
        return ""
    if top == "common":
        return "common knows no service"
    if top == "services" and first != name.split("/")[0] and not (ROOT / path.parent / target).exists():
        return "a service knows no other service"
    return ""


def main() -> None:
    faults = []
    for path in c_files():
        rel = Path(show(path))
        text = blank(path.read_text(encoding="utf-8"), strings=False)
        for m in INCLUDE.finditer(text):
            why = fault_of(rel, m.group(1) == '"', m.group(2))
            stem, target = rel.stem, Path(m.group(2))
            if rel.parts[:2] == ("services", "status") and stem in STATUS_MODULES and target.parts[0] == "status" \
                    and target.stem in STATUS_MODULES - {stem}:
                why = f"{stem} and {target.stem} do not know each other"
            if why:
                line = text.count("\n", 0, m.start()) + 1
                faults.append(f"{rel}:{line}: {m.group(2)}: {why}")
    finish(faults)


main()
