"""A morning of a practice, as the services' reads would tell it: Tuesday, November 24, 2026, 10:42 in Chicago.

Its time, its names and its work list (worklist.tsv); the cases are case_fixtures.py's, the claims claim_fixtures.py's.
Nobody in here exists. The shapes are those of services/*/query*.c.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

NOW = datetime(2026, 11, 24, 16, 42, tzinfo=timezone.utc)
CHICAGO, NEW_YORK = "America/Chicago", "America/New_York"


def iso(t: datetime) -> str:
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(**kw: float) -> str:
    return iso(NOW - timedelta(**kw))


def ahead(**kw: float) -> str:
    return iso(NOW + timedelta(**kw))


def ident(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def read_rows() -> list[dict[str, str]]:
    rows = [
        x for x in (Path(__file__).parent / "worklist.tsv").read_text(encoding="utf-8").split("\n") if x and x[0] != "#"
    ]
    return [dict(zip(rows[0].split("\t"), x.split("\t"))) for x in rows[1:]]


ROWS = read_rows()
PAYERS = {
    "meridian": "Meridian Advantage",
    "prairie": "Prairie Mutual",
    "union": "Union Trust Fund",
    "lakeshore": "Lakeshore Health",
    "carebridge": "CareBridge",
}
# What our clock of a row is about, as status says it.
CLOCKS = {"task": "Our task", "info": "Our answer", "send": "Our limit to send", "visit": "Before the visit"}
ZONES = {"lks": CHICAGO, "nor": CHICAGO, "ced": CHICAGO, "wes": NEW_YORK}


def work_row(i: int, r: dict[str, str]) -> dict:
    due = int(r["due"]) if r["due"] else None
    zone, late = ZONES[r["site"]], due is not None and due < 0
    terms = [t.rsplit(" +", 1) for t in r["reasons"].split("; ") if t]
    clock = None
    if due is not None:
        clock = {
            "due": ahead(minutes=due),
            "what": "Payer's decision" if r["whose"] == "payer" else CLOCKS.get(r["kind"], "Our step"),
            "whose": r["whose"],
            "zone": zone,
            "over": late,
            "rule": None,
        }
    return {
        "id": ident(f"case {i}"),
        "v": 3,
        "case_no": f"C-{48213 + i * 37}",
        "order_no": f"ORD{7000 + i}",
        "group": r["group"],
        "priority": {"n": int(r["prio"]), "reasons": [{"n": int(n), "text": t} for t, n in terms]},
        "service": {
            "date": r["date"],
            "days": (datetime.fromisoformat(r["date"]).date() - NOW.date()).days,
            "start": f"{r['date']}T{r['utc']}:00Z",
            "zone": zone,
            "site": r["site"],
            "colour": "amber",
        },
        "patient": {"initials": r["who"], "tail": r["tail"], "age": int(r["age"]), "sex": r["sex"]},
        "what": {"text": r["what"], "lines": int(r["lines"])},
        "payer": r["payer"],
        "payer_name": PAYERS[r["payer"]],
        "lob": r["lob"],
        "urgency": "urgent" if r["what"].startswith("74177") else "routine",
        "status": {
            "state": r["stage"],
            "tone": r["tone"],
            "word": r["word"],
            "days": int(r["days"]),
            "reference": r["ref"] or None,
        },
        "clock": clock,
        "next": {
            "text": r["next"],
            "why": r["why"] or None,
            "kind": r["kind"],
            "task": ident(f"task {i}") if r["kind"] == "task" else None,
        },
        "owner": {
            "user": r["user"] or None,
            "queue": r["queue"] or None,
            "last_by": r["user"] or None,
            "last_at": ago(minutes=int(r["touched"])),
        },
    }
