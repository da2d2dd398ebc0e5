"""What the played day must come to for eligibility and claims, from the public topics, the read API and the files that a
sender finds in its folder."""
import glob
import os


def claim_of(play, topics, key):
    return next((c for c in topics["pa.claim-status.v1"].values() if c["claim_no"] == play.renamed(f"C-{key}")), {})


def full_claim(play, claim):
    return play.request("GET", f"{play.config.api['claims']}/v1/claims/{claim['claim_id']}") if claim else {}


def tasks_of(topics, case_id, kind):
    return [t for t in topics["pa.task.v1"].values() if t.get("case_id") == case_id and t["kind"] == kind and t["state"] != "settled"]


def task_words(play, kind):
    """Reasons of the open tasks of a kind, as their owner reads them."""
    rows = play.request("GET", play.config.api["status"] + "/v1/tasks?limit=200")["rows"]
    return {t.get("case_id"): t["reason"] for t in rows if t["kind"] == kind}


def coverage_of(play, key):
    head = play.find_case(play.renamed(play.case(key).order_no))
    chart = play.request("GET", f"{play.config.api['chart']}/v1/cases/{head['id']}")
    return head["id"], chart["coverages"][0]


def told(play, key):
    """The time line of a case as one text."""
    head = play.find_case(play.renamed(play.case(key).order_no))
    rows = play.request("GET", f"{play.config.api['status']}/v1/cases/{head['id']}/timeline?limit=200")["rows"]
    return " / ".join(e["text"] for e in rows)


def check_eligibility(checks, play):
    log = [e for e in play.request("GET", play.config.payersim + "/_sim/log") if e["op"] == "eligibility"]
    checks.that(bool(log) and not [e for e in log if e.get("planned") is False], "eligibility: every 270 holds to its guide", [e for e in log if e.get("planned") is False][:3])

    def asked(key):
        return [e["verdict"] for e in log if e.get("member") == play.case(key).patient.member]

    words = task_words(play, "registration")
    case_id, coverage = coverage_of(play, "ended")
    checks.that(coverage["standing"] == "inactive" and coverage["ended"] == "2026-10-31", "ended: the coverage shows what the payer said", coverage)
    checks.that("coverage ended on 2026-10-31" in words.get(case_id, ""), "ended: registration is told the day", words.get(case_id))
    case_id, coverage = coverage_of(play, "not-found")
    checks.that(coverage["standing"] == "not_found" and "(75)" in words.get(case_id, ""), "not-found: registration is told why", (coverage, words.get(case_id)))
    _, coverage = coverage_of(play, "asked-again")
    checks.that(asked("asked-again") == ["503", "503", "271"] and coverage["standing"] == "active" and bool(coverage["verified"]),
                "asked-again: asked until the gateway answers", (asked("asked-again"), coverage))
    checks.that(asked("x-core") == ["271"] and asked("ended") == ["271"], "eligibility: each coverage is asked for once", (asked("x-core"), asked("ended")))


def check_answers(checks, play, topics):
    paid = claim_of(play, topics, "paid")
    full = full_claim(play, paid)
    checks.that(paid.get("outcome") == "paid" and paid.get("paid") == "70" and full.get("against_forecast") == "as_forecast",
                "paid: 835 taken, paid as forecast", (paid, full.get("against_forecast")))
    checks.that("is paid: 70" in told(play, "paid"), "paid: the time line tells it", told(play, "paid"))

    denied = claim_of(play, topics, "denied")
    full = full_claim(play, denied)
    number = denied.get("authorization", "?")
    checks.that(denied.get("denial_carc") == "197" and denied.get("denial_rarc") == "M62" and full.get("against_forecast") == "not_forecast",
                "denied: CARC and RARC of the payer beside our forecast", denied)
    checks.that(denied.get("next_step") == f"Appeal with authorization {number}", "denied: the next step is an appeal with the number", denied.get("next_step"))
    words = task_words(play, "claim_denied").get(denied.get("case_id"), "")
    checks.that(number in words and "approved 2026-11-24" in words and "the claim carried it" in words, "denied: the task holds the evidence", words)
    checks.that(bool(full.get("evidence")) and full["evidence"][0]["authorization"] == number and full["lines"][0]["outcome"] == "denied"
                and full["lines"][0]["adjustments"] == ["CO-197=100"], "denied: the claim shows decision and adjustments", full.get("evidence"))
    checks.that(not full.get("used"), "denied: its units are free again", full.get("used"))

    rejected = claim_of(play, topics, "rejected")
    words = task_words(play, "claim_rejected").get(rejected.get("case_id"), "")
    checks.that("A7 164 IL" in words and "MEMBER NUMBER IS WRONG" in words, "rejected: the task says why", words)

    listed = play.request("GET", f"{play.config.api['claims']}/v1/claims/holds?state=denied")["rows"]
    seen = {row["claim_no"]: row["word"] for row in listed}
    checks.that(seen == {play.renamed("C-denied"): "Denied", play.renamed("C-rejected"): "Rejected"}, "claims: the list of what was denied or not taken", seen)

    hospital = full_claim(play, claim_of(play, topics, "hospital"))
    checks.that(hospital.get("kind") == "institutional" and [line["result"] for line in hospital.get("lines", [])] == ["match", "not_compared"],
                "hospital: the service by its code, the supplies by none", hospital.get("lines"))


def check_batch(checks, play, topics):
    checks.that(not claim_of(play, topics, "batch-bad"), "batch: the bad claim is not taken", claim_of(play, topics, "batch-bad"))
    acks = glob.glob(os.path.join(play.config.drop, "lakeside", "billing", "acks", "*batch*.999"))
    text = open(acks[0], encoding="ascii").read() if acks else ""
    checks.that(len(acks) == 1 and "AK9*P*3*3*2" in text and "IK3*CLM" in text, "batch: its 999 names the bad claim and takes the others", (acks, text[:300]))


def check(checks, play, topics):
    check_eligibility(checks, play)
    check_answers(checks, play, topics)
    check_batch(checks, play, topics)
