"""The day's cases of eligibility and of what becomes of claims: coverage that has ended, remittances, acknowledgements,
institutional claims, a batch with one bad claim. Files come as a clearing house's do, into its drop folder."""
import os

import billing as b
from cases import MRI

CLEARING = "clearing"


def deliver(play, name, text, partner=CLEARING):
    """A file that is whole when it can be seen."""
    folder = os.path.join(play.config.drop, "lakeside", partner)
    os.makedirs(folder, exist_ok=True)
    part = os.path.join(folder, "." + name)
    with open(part, "w", encoding="ascii") as f:
        f.write(text)
    os.rename(part, os.path.join(folder, name))


def mri_paid(play, charge=100, paid=70, **more):
    """An MRI of the day: the contract takes its part, the patient the rest."""
    rest = charge - paid
    line = {"code": "72148", "charge": charge, "paid": paid, "adjust": [("CO", "45", rest - 10), ("PR", "3", 10)], "date": play.day}
    return {**line, **more}


def remits(c, minute, words, status, line):
    """One claim of the case in a remittance of its own; line: function(play)."""
    def act(play):
        claim = {"p": c.patient, "claim_no": play.renamed(f"C-{c.key}"), "status": status, "lines": [line(play)]}
        deliver(play, play.renamed(c.key) + ".835",
                b.remittance(c.patient.payer, play.now(), play.renamed(f"EFT-{c.key}"), play.next_control(), [claim]))
    return c.at(minute, words, act)


def eligibility_cases(case):
    c = case("ended", "the payer says the coverage has ended", "8301", "ALBRECHT", "MIA", "1970-01-01", "F", "northgate")
    c.orders(58, *MRI).books(62, 13, days=2, code="72148").expects(coverage=["incomplete"], readiness=["red", "amber"], tasks=["registration"])
    c.eligibility.append({"standing": "inactive", "until": "2026-10-31"})

    c = case("not-found", "the payer does not find the member", "8302", "BERGER", "NILS", "1981-05-05", "M", "northgate")
    c.orders(59, *MRI).notes(63).payer("72148", {"action": "A1"}).expects(coverage=["required"], authorization=["approved"], tasks=["registration"])
    c.eligibility.append({"aaa": "75", "followup": "C"})

    c = case("asked-again", "the payer's eligibility gateway is down for a while", "8303", "CONRAD", "EDDA", "1966-07-17", "F", "northgate")
    c.orders(61, *MRI).notes(65).payer("72148", {"action": "A1"}).expects(coverage=["required"], authorization=["approved"], tasks=[])
    c.eligibility.append({"down": 2})


def claim_cases(case):
    c = case("paid", "claim paid as forecast", "8304", "DORN", "KLARA", "1963-02-12", "F")
    c.orders(84, *MRI).notes(88).books(91, 14, code="72148").payer("72148", {"action": "A1"}).bills(540, "72148")
    remits(c, 590, "the payer pays the claim", "1", mri_paid)
    c.expects(authorization=["approved"], readiness=["green"], claim={"state": "released", "outcome": "paid"}, tasks=[])

    c = case("denied", "claim denied for its authorization although it was approved", "8305", "EBERT", "RALF", "1957-10-10", "M", "prairie")
    c.orders(86, *MRI).notes(90).books(93, 15, code="72148").payer("72148", {"action": "A1"}).bills(541, "72148")
    remits(c, 591, "the payer denies the claim: no authorization", "4",
           lambda play: mri_paid(play, paid=0, adjust=[("CO", "197", 100)], remarks=["M62"]))
    c.expects(authorization=["approved"], claim={"state": "released", "outcome": "denied"}, tasks=["claim_denied"])

    c = case("rejected", "claim not taken for processing (277CA)", "8306", "FRANK", "LOTTE", "1974-12-24", "F", "union")
    c.orders(94, *MRI).notes(97).books(99, 13, code="72148").payer("72148", {"action": "A1"}).bills(542, "72148") \
        .at(588, "the clearing house does not take the claim", lambda play, c=c: deliver(play, play.renamed(c.key) + ".277", b.acknowledgement(
            c.patient, play.now(), play.renamed(f"C-{c.key}"), play.next_control(), words="MEMBER NUMBER IS WRONG"))) \
        .expects(authorization=["approved"], claim={"state": "released", "acknowledgement": "rejected"}, tasks=["claim_rejected"])

    c = case("hospital", "institutional claim, matched and released", "8307", "GRAF", "OTTO", "1949-03-03", "M", "carebridge")
    c.orders(101, *MRI).notes(105).books(107, 16, code="72148").payer("72148", {"action": "A1"})
    c.at(543, "the hospital's claim is prepared", lambda play, c=c: deliver(play, play.renamed(c.key) + ".837", b.institutional(
        c.patient, play.now(), play.renamed(f"C-{c.key}"), [("0612", "72148", "1", 1200, play.day), ("0250", "", "3", 300, play.day)], play.next_control(),
        play.authorization(c.order_no)), "billing"))
    c.expects(authorization=["approved"], claim={"state": "released"}, tasks=[])

    batch_cases(case)


def batch_cases(case):
    """Three claims in one file; the second has no charge."""
    made = []
    for i, (key, title, family, given) in enumerate((("batch-1", "a batch of claims: the first", "HAHN", "IDA"),
                                                     ("batch-bad", "a batch of claims: the one that is refused", "IHLE", "JAN"),
                                                     ("batch-3", "a batch of claims: the third", "JOST", "KARL"))):
        c = case(key, title, f"831{i}", family, given, f"196{i}-06-1{i}", "M" if given != "IDA" else "F", "lakeshore")
        c.orders(109 + i, *MRI).notes(113 + i).books(116 + i, 14, code="72148").payer("72148", {"action": "A1"})
        bad = key == "batch-bad"
        c.expects(authorization=["approved"], tasks=[], **({} if bad else {"claim": {"state": "released"}}))
        made.append(c)

    def send(play):
        transactions = []
        for n, c in enumerate(made, 1):
            line = [("72148", "1", play.day)]
            number = play.renamed(f"C-{c.key}")
            transactions.append(b.broken(c.patient, play.now(), number, line, n) if c.key == "batch-bad" else
                                b.professional(c.patient, play.now(), number, line, n, play.authorization(c.order_no)))
        deliver(play, play.renamed("batch") + ".837",
                b.envelope("HC", "005010X222A1", play.next_control(), play.now(), transactions, b.PRACTICE, b.CLEARING), "billing")
    made[0].at(545, "a batch of three claims is prepared, one without its charge", send)
