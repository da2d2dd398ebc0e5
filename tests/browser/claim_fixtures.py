"""The claims that are held that morning, and one comparison of a claim with its authorization."""

from __future__ import annotations

from fixtures import PAYERS, ago, ident

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
