#!/usr/bin/env python3
"""Makes the C table of the console's files: embed_web.py WEB-FOLDER OUT.c

css/*.css are joined into one sheet in a fixed order. Scripts, the sheet, icons and fonts get a name with their hash, so
that browsers may keep them for ever. Scripts import each other by plain names; the import map in index.html leads those
to the names with hashes. Its own hash goes into the content security policy.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
from pathlib import Path

SHEETS = ("tokens", "base", "parts", "screens", "print")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


def hashed(path: str, data: bytes) -> str:
    stem, dot, end = path.rpartition(".")
    return f"{stem}.{hashlib.sha256(data).hexdigest()[:12]}{dot}{end}"


def array(name: str, data: bytes) -> str:
    rows = [",".join(str(b) for b in data[i : i + 32]) for i in range(0, len(data), 32)]
    return f"static const uint8_t {name}[] = {{\n" + ",\n".join(rows) + "};\n"


def main() -> None:
    web, out = Path(sys.argv[1]), Path(sys.argv[2])
    files: dict[str, bytes] = {}  # plain path -> bytes
    for p in sorted(web.rglob("*")):
        if p.suffix in TYPES and p.suffix != ".css":
            files["/a/" + p.relative_to(web).as_posix()] = p.read_bytes()
    names = {path: hashed(path, data) for path, data in files.items()}
    sheet = "".join((web / "css" / f"{s}.css").read_text(encoding="utf-8") for s in SHEETS)
    sheet = re.sub(r"url\((/a/[^)]+)\)", lambda m: f"url({names[m.group(1)]})", sheet)
    files["/a/app.css"] = sheet.encode()
    names["/a/app.css"] = hashed("/a/app.css", files["/a/app.css"])

    scripts = {p: n for p, n in names.items() if p.endswith(".js")}
    text = json.dumps({"imports": scripts}, separators=(",", ":"))
    page = (web / "index.html").read_text(encoding="utf-8")
    page = re.sub(r'"(/a/[^"]+)"', lambda m: f'"{names[m.group(1)]}"', page)
    page = page.replace("<!-- import map -->", f'<script type="importmap">{text}</script>')
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    table = [("/", "text/html; charset=utf-8", page.encode())]
    table += [(names[p], TYPES[Path(p).suffix], data) for p, data in files.items()]
    parts = ["/* Made by tools/gen/embed_web.py from services/console/web. */\n", '#include "console/assets.h"\n']
    rows = []
    for i, (path, kind, data) in enumerate(table):
        gz = gzip.compress(data, 9, mtime=0)
        small = len(gz) < len(data) * 9 // 10
        parts.append(array(f"file{i}", data))
        if small:
            parts.append(array(f"gz{i}", gz))
        rows.append(
            f'    {{"{path}", "{kind}", file{i}, {f"gz{i}" if small else "NULL"}, {len(data)}, {len(gz) if small else 0}}},\n'
        )
    parts.append("const struct console_asset console_web_assets[] = {\n" + "".join(rows) + "    {0},\n};\n")
    parts.append(f"const char console_web_csp[] = \"'sha256-{digest}'\";\n")
    out.write_text("".join(parts), encoding="utf-8")


main()
