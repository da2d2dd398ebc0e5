"""Stands in for the services behind the console: their reads and commands over HTTP, with the data of *fixtures.py.

It keeps what was asked (requests, commands, who by) so that a test can look, and can be made slow, broken or empty.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import fixtures as fx
from case_fixtures import big_case, events, plain_case
from claim_fixtures import CLAIMS, claim, elements

VIEWS = ("needs-attention", "past-due", "today", "soon", "payer-asked", "expiring", "unassigned", "mine", "team", "all")


class World:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.rows = [fx.work_row(i, r) for i, r in enumerate(fx.ROWS)]
        self.cases = {r["id"]: big_case() if i == 0 else plain_case(i, r) for i, r in enumerate(self.rows)}
        self.events = {r["id"]: events() for r in self.rows}
        self.claims = {c["claim_id"]: c for c in (claim(i) for i in range(len(CLAIMS)))}
        self.asked: list[dict] = []
        self.commands: list[dict] = []  # as they were decided
        self.held: dict[str, dict] = {}
        self.results: dict[str, tuple[int, dict]] = {}
        self.refuse: dict[str, tuple[int, dict]] = {}  # path or command type -> answer
        self.delay = 0.0

    def in_view(self, row: dict, view: str, user: str) -> bool:
        late = bool(row["clock"] and row["clock"]["over"])
        return {
            "all": True,
            "past-due": late,
            "today": row["group"] in ("past_due", "due_today"),
            "soon": row["group"] == "visit_soon",
            "mine": row["owner"]["user"] == user,
            "unassigned": row["next"]["kind"] == "task" and not row["owner"]["user"],
            "payer-asked": row["next"]["kind"] == "info",
            "team": True,
            "expiring": False,
        }.get(view, row["group"] != "rest")

    def worklist(self, q: dict) -> dict:
        rows = [r for r in self.rows if self.in_view(r, q.get("view", ""), q.get("user", ""))]
        for k in ("site", "payer", "urgency"):
            if q.get(k):
                rows = [r for r in rows if (r["service"]["site"] if k == "site" else r[k]) in q[k].split(",")]
        by = q.get("group") or "due"
        for r in rows:
            r["grp"] = r["group"]
        out = [
            {
                **r,
                "group": {
                    "due": r["grp"],
                    "payer": r["payer"],
                    "site": r["service"]["site"],
                    "owner": r["owner"]["user"] or "",
                }.get(by, "all"),
            }
            for r in rows
        ]
        order = {"past_due": 0, "due_today": 1, "visit_soon": 2, "rest": 3}
        out.sort(
            key=lambda r: (
                order.get(r["group"], 0),
                r["group"],
                r["service"]["date"] if q.get("sort") == "visit" else "",
                -r["priority"]["n"],
            )
        )
        groups: dict[str, int] = {}
        for r in out:
            groups[r["group"]] = groups.get(r["group"], 0) + 1
        return {
            "as_of": fx.iso(fx.NOW),
            "seq": 1,
            "view": q.get("view"),
            "total": len(out),
            "total_exact": True,
            "groups": [{"key": k, "count": n} for k, n in groups.items()],
            "dict": {"payers": fx.PAYERS},
            "rows": out,
            "next": None,
        }

    def counts(self, q: dict) -> dict:
        return {
            "as_of": fx.iso(fx.NOW),
            "views": {v: sum(self.in_view(r, v, q.get("user", "")) for r in self.rows) for v in VIEWS},
            "by_stage": {},
            "claim_holds": len(self.claims),
            "tasks_open": 12,
            "tasks_overdue": 3,
            "visits": {"green": 6, "amber": 9, "red": 2, "grey": 1},
        }

    def matrix(self, q: dict) -> dict:
        cells = []
        for r in self.appointments({})["rows"]:
            cell = next((c for c in cells if c["site"] == r["site"] and c["day"] == r["date"]), None)
            if not cell:
                cell = {"site": r["site"], "day": r["date"], "total": 0, "ready": 0, "counts": {}, "worst": "green"}
                cells.append(cell)
            cell["total"] += 1
            cell["ready"] += r["colour"] == "green"
            cell["counts"][r["colour"]] = cell["counts"].get(r["colour"], 0) + 1
            cell["worst"] = next(k for k in ("red", "grey", "amber", "green") if cell["counts"].get(k))
        return {
            "as_of": fx.iso(fx.NOW),
            "from": q.get("from") or "2026-11-24",
            "days": int(q.get("days") or 8),
            "sites": sorted({c["site"] for c in cells}),
            "cells": cells,
        }

    def appointments(self, q: dict) -> dict:
        tones = {
            "stop": ("red", "Blocked"),
            "act": ("amber", "Not yet"),
            "wait": ("amber", "Not yet"),
            "clear": ("green", "Ready"),
            "none": ("grey", "Unknown"),
        }
        rows = []
        for r in self.rows:
            colour, word = tones[r["status"]["tone"]]
            rows.append(
                {
                    "visit_id": fx.ident("visit " + r["id"]),
                    "v": 1,
                    "visit_no": "APT",
                    "date": r["service"]["date"],
                    "start": r["service"]["start"],
                    "zone": r["service"]["zone"],
                    "site": r["service"]["site"],
                    "provider": "Dr. Osei",
                    "colour": colour,
                    "word": word,
                    "tone": {"red": "stop", "amber": "act", "green": "clear", "grey": "none"}[colour],
                    "why": r["next"]["why"],
                    "next_step": r["next"]["text"] or None,
                    "owner": r["owner"]["user"] or r["owner"]["queue"],
                    "due": None,
                    "case_id": r["id"],
                    "case_no": r["case_no"],
                    "order_no": r["order_no"],
                    "payer": r["payer"],
                    "payer_name": r["payer_name"],
                    "what": r["what"]["text"],
                    "lines": r["what"]["lines"],
                    "patient": {k: r["patient"][k] for k in ("initials", "tail")},
                }
            )
        for k, name in (("site", "site"), ("day", "date"), ("colour", "colour")):
            if q.get(k):
                rows = [r for r in rows if r[name] in q[k].split(",")]
        rows.sort(key=lambda r: (["red", "grey", "amber", "green"].index(r["colour"]), r["start"]))
        return {"as_of": fx.iso(fx.NOW), "total": len(rows), "rows": rows}

    def holds(self, q: dict) -> dict:
        rows = [
            c
            for c in self.claims.values()
            if c["state"] == (q.get("state") or "held")
            and (not q.get("payer") or c["payer"] == q["payer"])
            and (not q.get("reason") or q["reason"] in c["reasons"])
        ]
        groups: dict[str, int] = {}
        for c in rows:
            for k in c["reasons"]:
                groups[k] = groups.get(k, 0) + 1
        return {
            "as_of": fx.iso(fx.NOW),
            "total": len(rows),
            "money": str(sum(float(c["total"]) for c in rows)),
            "groups": [{"key": k, "count": n} for k, n in groups.items()],
            "rows": rows,
            "next": None,
        }

    def read(self, path: str, q: dict) -> dict | None:
        part = path.split("/")[2:]
        if part == ["worklist"]:
            return self.worklist(q)
        if part == ["views", "counts"]:
            return self.counts(q)
        if part == ["readiness", "matrix"]:
            return self.matrix(q)
        if part == ["readiness", "appointments"]:
            return self.appointments(q)
        if part == ["cases"]:
            return {
                "rows": [
                    {"id": r["id"], "case_no": r["case_no"], "headline": r["status"]["word"]}
                    for r in self.rows
                    if q.get("order_no") == r["order_no"] or q.get("case_no") == r["case_no"]
                ]
            }
        if part[0] == "cases" and part[1] not in self.cases:
            return None
        if part[0] == "cases" and len(part) == 2:
            return self.cases[part[1]]
        if part[0] == "cases" and part[2] == "timeline":
            rows = [
                e
                for e in self.events[part[1]]
                if (not q.get("kind") or e["kind"] == q["kind"])
                and (not q.get("line") or e["line"] in (None, int(q["line"])))
            ]
            return {"as_of": fx.iso(fx.NOW), "rows": rows[: int(q.get("limit") or 50)], "next": None}
        if part[0] == "cases" and part[2] == "requirements":
            return {
                "lines": [
                    {
                        "line": 1,
                        "coverage": "required",
                        "rule": "R-2214",
                        "rule_text": "Outpatient MRI of the spine needs prior authorization for members of Meridian Advantage HMO.",
                        "proof": "rule R-2214 of pack rules 2026.11",
                        "source": "Payer list, page 12",
                        "source_date": "2026-10-01",
                        "since": fx.ago(days=8),
                    }
                ]
            }
        if part == ["claims", "holds"]:
            return self.holds(q)
        if part == ["claims"]:
            return {"rows": [c for c in self.claims.values() if c["claim_no"] == q.get("claim_no")]}
        if part[0] == "claims" and part[1] in self.claims:
            c = self.claims[part[1]]
            if len(part) == 2:
                return {**c, "lines": [{"line": 1, "code": "J1745", "units": "50"}], "mismatches": []}
            acts = [("correct_claim", 2), ("ask_payer", 1), ("claim.release", 0), ("claim.write-off", 0)]
            return {
                **c,
                "elements": elements(),
                "forecast": "If sent as is, the likely denial is CARC " + c["carc"],
                "window": {"due": c["due"], "overdue": False},
                "actions": [{"act": a, "text": a, "fixes": n} for a, n in acts] if c["state"] == "held" else [],
            }
        if part == ["quarantine"]:
            return {
                "total": 1,
                "rows": [
                    {
                        "record": "r",
                        "at": fx.ago(hours=3),
                        "sender": "ehr/LAB/NOR",
                        "message_id": "M-1",
                        "format": "hl7",
                        "type": "ORM^O01",
                        "place": "PID-3",
                        "reason": "no patient identifier",
                        "hash": "00",
                    }
                ],
            }
        return None

    def command(self, c: dict) -> tuple[int, dict]:
        """As an owner: the same id has one result, hold_s lets it wait, command.undo takes it back meanwhile."""
        for held in [h for h in self.held.values() if h["goes_at"] <= time.monotonic()]:
            del self.held[held["id"]]
            self.results[held["id"]] = self.decide(held)
        if c["id"] in self.held:
            left = int((self.held[c["id"]]["goes_at"] - time.monotonic()) * 1000)
            return 200, {"id": c["id"], "status": "held", "version": 0, "message": "", "sends_in_ms": left}
        if c["id"] in self.results:
            return self.results[c["id"]]
        if c["type"] == "command.undo":
            held = self.held.get(c["args"]["command_id"])
            if not held or held["by"] != c["by"]:
                return 200, {"id": c["id"], "status": "conflict", "version": 0, "message": "it does not wait any more"}
            del self.held[held["id"]]
            self.results[held["id"]] = (
                200,
                {"id": held["id"], "status": "undone", "version": 0, "message": "it was taken back"},
            )
            return 200, {"id": c["id"], "status": "done", "version": 0, "message": "taken back"}
        if c.get("hold_s"):
            self.held[c["id"]] = {**c, "goes_at": time.monotonic() + c["hold_s"]}
            return self.command(c)
        self.results[c["id"]] = self.decide(c)
        return self.results[c["id"]]

    def decide(self, c: dict) -> tuple[int, dict]:
        self.commands.append(c)
        if c["type"] in self.refuse:
            return self.refuse[c["type"]]
        if c["type"] == "task.assign":
            for r in self.rows:
                if r["next"]["task"] == c["target"]:
                    to = c["args"]["assignee"]
                    r["owner"].update(user=None if to.startswith("queue:") else to, last_at=fx.iso(fx.NOW))
                    return 200, {"id": c["id"], "status": "done", "version": 2, "message": "assigned"}
        if c["type"] == "claim.release":
            self.claims[c["target"]].update(state="released", word="Released", tone="clear")
        if c["type"] == "note.add":
            e = self.events[c["target"]]
            e.insert(
                0,
                {
                    **e[0],
                    "seq": e[0]["seq"] + 1,
                    "at": fx.iso(fx.NOW),
                    "kind": "contact",
                    "type": "note.add",
                    "text": "Call",
                    "detail": c["args"]["text"],
                    "tone": "go",
                    "actor": c["by"],
                    "evidence": None,
                },
            )
        return 200, {"id": c["id"], "status": "done", "version": 2, "message": "done"}


def handler(world: World) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def say(self, status: int, body: dict) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def who(self) -> dict:
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            parts = token.split(".")
            return json.loads(base64.urlsafe_b64decode(parts[1] + "==")) if len(parts) == 3 else {}

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            q = {k: v[0] for k, v in parse_qs(url.query).items()}
            time.sleep(world.delay)
            with world.lock:
                who = self.who()
                world.asked.append({"path": url.path, "q": q, "who": who})
                if not who:
                    return self.say(401, {"title": "no token"})
                if url.path in world.refuse:
                    return self.say(*world.refuse[url.path])
                body = world.read(url.path, q)
                self.say(200, body) if body is not None else self.say(404, {"title": "There is no such thing"})
            return None

        def do_POST(self) -> None:
            c = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            with world.lock:
                self.say(*world.command({**c, "by": self.who().get("sub"), "roles": self.who().get("roles")}))

    return Handler


def serve(world: World) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(world))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    s = serve(World())
    print(s.server_port, flush=True)
    threading.Event().wait()
