"""A morning of a practice, as the services' reads would tell it: Tuesday, November 24, 2026, 10:42 in Chicago.

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


def line(n: int, code: str, text: str, units: str, cov: tuple, doc: tuple, aut: tuple, **kw: object) -> dict:
    extra = {
        "number": None,
        "reference": None,
        "reason": None,
        "review_code": None,
        "valid_from": None,
        "valid_until": None,
        "code": None,
        "accepted": False,
        "decided": None,
        "decided_by": None,
        "evidence": None,
        "due": None,
        **dict(kw.get("auth", {})),
    }  # type: ignore[call-overload]
    return {
        "line": n,
        "state": "active",
        "order_no": f"ORD700{n}",
        "code": code,
        "text": text,
        "local": None,
        "modifiers": "",
        "units": units,
        "unit_type": "UN",
        "diagnoses": ["M54.16"],
        "service_date": kw.get("date", "2026-11-25"),
        "place_of_service": "22",
        "coverage": {
            "state": cov[0],
            "tone": cov[1],
            "word": cov[2],
            "fact": "rules 2026.11, rule " + cov[3],
            "proof": f"rule {cov[3]} of rules 2026.11",
            "rule": cov[3],
            "rule_text": "Outpatient MRI of the spine needs prior authorization.",
            "basis": 3,
            "current": True,
        },
        "documentation": {
            "state": doc[0],
            "tone": doc[1],
            "word": doc[2],
            "fact": doc[3],
            "steps": doc[4],
            "done": doc[5],
        },
        "authorization": {
            "state": aut[0],
            "tone": aut[1],
            "word": aut[2],
            "fact": aut[3],
            "steps": 4,
            "done": aut[4],
            **extra,
        },
        "ledger": {
            "authorized": kw.get("authorized"),
            "scheduled": kw.get("scheduled", "0"),
            "used": "0",
            "needed": units,
            "unit_type": "UN",
        },
    }


def big_case() -> dict:
    """The case of three lines that differ in everything."""
    i, r = 0, work_row(0, ROWS[0])
    tasks = [
        {
            "task_id": ident("task 0b"),
            "v": 2,
            "kind": "get_document",
            "state": "open",
            "line": 1,
            "subject": "pt_notes",
            "reason": "Therapy notes of 6 weeks are missing",
            "queue": "authorization",
            "assignee": "l.tran",
            "due": ago(minutes=72),
            "overdue": True,
            "outcome": None,
        },
        {
            "task_id": ident("task 0c"),
            "v": 1,
            "kind": "accept_partial",
            "state": "open",
            "line": 2,
            "subject": "line 2",
            "reason": "One of two levels was approved",
            "queue": "clinician",
            "assignee": None,
            "due": ahead(hours=24),
            "overdue": False,
            "outcome": None,
        },
    ]
    items = [
        ("pt_notes", "PT notes, 6 weeks", "missing", True),
        ("office_note", "Office note, signed", "accepted", True),
        ("order", "Order with diagnosis", "accepted", True),
        ("xray", "X-ray report", "accepted", True),
        ("treatment", "Prior treatment, dates", "accepted", True),
    ]
    return {
        "as_of": iso(NOW),
        "id": r["id"],
        "v": 3,
        "case_no": r["case_no"],
        "case_version": 3,
        "order_no": "GRP-5521",
        "state": "open",
        "stage": "decision",
        "headline": "Info requested",
        "tone": "act",
        "urgency": "routine",
        "patient": {
            "initials": "MR",
            "tail": "4821",
            "family": "Rivera",
            "given": "Marta",
            "mrn": "00484821",
            "birth_date": "1959-03-14",
            "sex": "f",
            "age": 67,
        },
        "facts": {
            "payer": "meridian",
            "payer_name": "Meridian Advantage",
            "lob": "ma",
            "plan": "HMO",
            "member_tail": "2207",
            "ordering": "Dr. Abara",
            "ordering_npi": "1003900010",
            "ordered_at": "2026-11-16T21:12:00Z",
            "site": "lks",
            "region": "IL",
            "coverage_from": "2026-01-01",
            "coverage_until": None,
            "missing": None,
            "pack": "rules 2026.11",
            "channel": "fhir",
            "reference": "RR-5519027",
            "trace": "PP1TRACE",
        },
        "next": {
            "text": "Send therapy notes, 6 weeks",
            "why": "Meridian asked for the notes on Monday; Eastside PT was asked and has not answered",
            "kind": "task",
            "task": ident("task 0b"),
            "owner": "l.tran",
            "queue": "authorization",
            "due": ago(minutes=72),
            "over": True,
            "if_missed": "The payer may close the request",
        },
        "lines": [
            line(
                1,
                "72148",
                "MRI lumbar spine",
                "1",
                ("required", "go", "PA required", "R-2214"),
                ("missing", "act", "Documents missing", "4 of 5; open: PT notes, 6 weeks", 5, 4),
                ("info_requested", "act", "Info requested", "", 3),
                auth={"reason": "Therapy notes, 6 weeks", "reference": "RR-5519027"},
            ),
            line(
                2,
                "62323",
                "Epidural injection, lumbar",
                "2",
                ("required", "go", "PA required", "R-2240"),
                ("complete", "clear", "Complete", "6 of 6", 6, 6),
                ("partial", "act", "Approved in part", "1 of 2 units", 4),
                date="2026-12-04",
                authorized="1",
                scheduled="1",
                auth={
                    "number": "MA-77412",
                    "valid_from": "2026-11-20",
                    "valid_until": "2027-02-17",
                    "reason": "One level per session",
                    "decided": ago(hours=26),
                },
            ),
            line(
                3,
                "97110",
                "Therapy exercise, 15 min",
                "24",
                ("not_required", "clear", "Not required", "R-0442"),
                ("not_needed", "off", "Not needed", "", 0, 0),
                ("not_needed", "off", "Not needed", "", 0),
                date="2026-12-08",
            ),
        ],
        "clocks": [
            {
                "kind": "our_answer",
                "whose": "ours",
                "what": "Answer the payer",
                "state": "running",
                "start": ago(hours=25, minutes=12),
                "due": ago(minutes=72),
                "ended": None,
                "zone": CHICAGO,
                "rule": "24 h",
                "source": "practice",
                "over": True,
                "after_visit": False,
            },
            {
                "kind": "payer_decision",
                "whose": "payer",
                "what": "Payer's decision",
                "state": "running",
                "start": "2026-11-20T20:12:00Z",
                "due": "2026-11-27T20:12:00Z",
                "ended": None,
                "zone": NEW_YORK,
                "rule": "7 calendar days",
                "source": "42 CFR 422.568",
                "over": False,
                "after_visit": True,
            },
        ],
        "checklist": {
            "version": 4,
            "complete": False,
            "must": 5,
            "done": 4,
            "released": "2026-11-18T15:00:00Z",
            "released_by": "policy:complete",
            "items": [
                {
                    "item": k,
                    "line": 1,
                    "title": t,
                    "state": st,
                    "must": m,
                    "owner": "authorization",
                    "due": None,
                    "document_id": ident(k) if st == "accepted" else None,
                    "reason": None,
                }
                for k, t, st, m in items
            ],
        },
        "visits": [
            {
                "visit_id": ident("visit 0"),
                "visit_no": "APT-1",
                "state": "booked",
                "date": "2026-11-25",
                "start": "2026-11-25T13:30:00Z",
                "zone": CHICAGO,
                "site": "lks",
                "provider": "Dr. Osei",
                "colour": "amber",
                "word": "Not yet",
                "tone": "act",
                "reasons": "Line 1: the payer waits for our documents; Line 2: one unit of two is approved",
                "next_step": "Answer the payer",
            }
        ],
        "tasks": tasks,
        "submissions": [
            {
                "submission_id": ident("sub 0"),
                "payer": "meridian",
                "channel": "fhir",
                "kind": "initial",
                "trace": "PP7K2TRACE0001",
                "payer_ref": "RR-5519027",
                "state": "acknowledged",
                "reason": None,
                "started": "2026-11-18T15:00:05Z",
                "received": "2026-11-18T15:00:07Z",
                "ended": None,
            }
        ],
        "claims": [],
    }


def events() -> list[dict]:
    rows = [
        (
            47,
            ago(minutes=72),
            "clocks",
            "timer",
            0,
            "Our limit passed: answer the payer",
            "The lead was told by the system. The case stays with L. Tran.",
            "stop",
            None,
            None,
        ),
        (
            46,
            ago(hours=1, minutes=51),
            "contact",
            "note.add",
            1,
            "Call with Meridian, Dee",
            "Notes must cover 6 weeks in the last 6 months. Step stays open.",
            "go",
            "l.tran",
            "771-20-4403",
        ),
        (
            45,
            ago(hours=18, minutes=37),
            "documents",
            "note.add",
            1,
            "Asked Eastside PT for therapy notes by secure fax",
            "Reminder set for today, 11:00 AM.",
            "go",
            "l.tran",
            "fax page",
        ),
        (
            44,
            ago(hours=25, minutes=14),
            "contact",
            "info.requested",
            1,
            "Meridian asked for information: therapy notes, 6 weeks",
            "The payer's clock does not stop. Closes Friday, noon.",
            "act",
            None,
            "RR-5519027",
        ),
        (
            43,
            ago(hours=26, minutes=28),
            "decisions",
            "authorization.decided",
            2,
            "Approved in part: 1 of 2 units, MA-77412, Nov 20 to Feb 17",
            "One level per session",
            "act",
            None,
            "278 response",
        ),
        (
            42,
            "2026-11-18T15:00:05Z",
            "contact",
            "submission.started",
            0,
            "Sent to Meridian Advantage by fhir",
            None,
            "wait",
            None,
            "PP7K2TRACE0001",
        ),
        (
            41,
            "2026-11-18T14:59:00Z",
            "documents",
            "packet.released",
            0,
            "The packet is released: 5 documents",
            None,
            "go",
            None,
            "policy:complete",
        ),
        (
            40,
            "2026-11-16T21:13:00Z",
            "decisions",
            "requirement.determined",
            3,
            "Authorization is not required",
            "12 visits a year are free of it",
            "clear",
            None,
            "R-0442",
        ),
        (
            39,
            "2026-11-16T21:12:30Z",
            "system",
            "case.opened",
            0,
            "The case was opened from the order",
            None,
            "off",
            None,
            None,
        ),
    ]
    return [
        {
            "seq": s,
            "at": at,
            "kind": k,
            "type": t,
            "line": ln or None,
            "text": text,
            "detail": d,
            "tone": tone,
            "actor": a,
            "evidence": e,
            "record": ident(f"rec {s}"),
        }
        for s, at, k, t, ln, text, d, tone, a, e in rows
    ]


def plain_case(i: int, row: dict) -> dict:
    """Any other case of the list: one line that says what the row says."""
    c = big_case()
    code, text = row["what"]["text"].split(" ", 1)
    tone, word = row["status"]["tone"], row["status"]["word"]
    c.update(
        id=row["id"],
        case_no=row["case_no"],
        order_no=row["order_no"],
        headline=word,
        tone=tone,
        stage=row["status"]["state"],
        urgency=row["urgency"],
        patient={
            **row["patient"],
            "family": "Doe",
            "given": row["patient"]["initials"][0],
            "mrn": "0000" + row["patient"]["tail"],
            "birth_date": "1970-01-01",
        },
        clocks=[],
        claims=[],
        submissions=[],
    )
    c["facts"] = {
        **c["facts"],
        "payer": row["payer"],
        "payer_name": row["payer_name"],
        "lob": row["lob"],
        "site": row["service"]["site"],
        "reference": row["status"]["reference"],
    }
    c["next"] = {
        "text": row["next"]["text"],
        "why": row["next"]["why"],
        "kind": row["next"]["kind"],
        "task": row["next"]["task"],
        "owner": row["owner"]["user"] or row["owner"]["queue"],
        "queue": row["owner"]["queue"],
        "due": row["clock"]["due"] if row["clock"] else None,
        "over": bool(row["clock"] and row["clock"]["over"]),
        "if_missed": None,
    }
    c["lines"] = [
        line(
            1,
            code,
            text,
            "1",
            ("required", "go", "PA required", "R-1180"),
            ("complete", "clear", "Complete", "2 of 2", 2, 2),
            ("x", tone, word, "", 3),
            date=row["service"]["date"],
        )
    ]
    c["checklist"] = {
        **c["checklist"],
        "items": [{**x, "state": "accepted"} for x in c["checklist"]["items"][1:3]],
        "must": 2,
        "done": 2,
        "complete": True,
    }
    kinds = {
        "Correct": "correct_resend",
        "Get the": "get_document",
        "Appeal,": "denied",
        "Accept ": "accept_partial",
        "Send th": "submit_by_hand",
        "Ask for": "visit_window",
        "Decide ": "decide_requirement",
        "Call th": "payer_contact",
        "Complet": "registration",
    }
    c["tasks"] = (
        [
            {
                "task_id": row["next"]["task"],
                "v": 1,
                "kind": kinds.get(row["next"]["text"][:7], "denied"),
                "state": "open",
                "line": 1,
                "subject": None,
                "reason": row["next"]["why"] or "",
                "queue": row["owner"]["queue"],
                "assignee": row["owner"]["user"],
                "due": c["next"]["due"],
                "overdue": False,
                "outcome": None,
            }
        ]
        if row["next"]["task"]
        else []
    )
    c["visits"] = [
        {
            **c["visits"][0],
            "visit_id": ident(f"visit {i}"),
            "date": row["service"]["date"],
            "start": row["service"]["start"],
            "zone": row["service"]["zone"],
            "site": row["service"]["site"],
            "reasons": row["next"]["why"] or "Waiting for the payer",
        }
    ]
    return c


CLAIMS = [
    ("CLM-90418", "lakeshore", "4218.00", ["units_exceeded", "pos"], "198", "GW", "3390", 2, True),
    ("CLM-90377", "meridian", "3960.00", ["date_after"], "197", "WT", "3001", 4, False),
    ("CLM-90402", "prairie", "3412.00", ["code"], "284", "BN", "7715", 1, False),
    ("CLM-90366", "union", "2105.00", ["no_auth"], "197", "GK", "1187", 6, False),
    ("CLM-90425", "meridian", "1940.00", ["provider"], "198", "TD", "5590", 0, False),
    ("CLM-90398", "prairie", "1730.00", ["member_id"], "31", "FO", "8821", 1, False),
]


def claim(i: int) -> dict:
    no, payer, total, reasons, carc, who, tail, age, late = CLAIMS[i]
    return {
        "claim_id": ident(no),
        "claim_no": no,
        "state": "held",
        "result": "mismatch",
        "version": 2,
        "word": "On hold",
        "tone": "act",
        "reasons": reasons,
        "carc": carc,
        "next_step": "Correct the claim or ask the payer for a change",
        "payer": payer,
        "payer_name": PAYERS[payer],
        "site": "ced",
        "total": total,
        "service_date": "2026-11-20",
        "case_id": ident("case 0"),
        "case_no": "C-48213",
        "authorization": "LH-88410",
        "frequency": "1",
        "reported": ago(days=age, hours=2),
        "held": ago(days=age, hours=1),
        "due": "2026-11-30T22:00:00Z",
        "decided": None,
        "by": None,
        "reason": None,
        "patient": {"initials": who, "tail": tail},
        "age_days": age,
        "overdue": late,
        "first": None,
    }


def elements() -> list[dict]:
    def e(code: str, label: str, a: str, b: str, rel: str, **kw: object) -> dict:
        return {
            "claim_line": 1,
            "code": code,
            "label": label,
            "claim": a,
            "auth": b,
            "relation": rel,
            "rule": None,
            "severity": "hold" if rel == "ne" else None,
            "carc": None,
            "hint": None,
            **kw,
        }

    return [
        e(
            "units",
            "Units",
            "50 units",
            "40 units",
            "ne",
            carc="198",
            hint="The dose was raised Nov 18; the approval was not. Ask for 10 more units, or bill 40.",
        ),
        e(
            "pos",
            "Place of service",
            "22 Hospital outpatient",
            "11 Office",
            "ne",
            carc="58",
            hint="The schedule says Cedar; the claim took the default site. Likely a claim error.",
        ),
        e(
            "provider",
            "Rendering provider",
            "1003912216",
            "1003917703",
            "equiv",
            rule="LH-PR-04",
            hint="Approved by group tax ID",
        ),
        e("member_id", "Member ID", "LH4441118", "LH4441118", "eq"),
        e("date", "Date of service", "2026-11-20", "2026-11-18 to 2027-01-16", "eq"),
        e("code", "Code", "J1745", "J1745", "eq"),
        e("dx", "Diagnosis", "K50.90", "K50.90", "eq"),
        e("payer", "Payer", "Lakeshore Health", "Lakeshore Health", "eq"),
    ]
