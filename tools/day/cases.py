"""The day of a small practice: who is seen, what is sent when, what the payers answer, and what must come of it.

A case is data: patients, timed steps, payers' answers, expectations. play.py plays it; the integration test plays the
same day and checks every expectation from the public topics and the read API.

Times are minutes after 07:00 at the practice (Chicago). `expect` holds, for the orders of a case:
  coverage / authorization   word per line as in pa.case-status.v1
  readiness                  colour per visit; "gone" = no snapshot is left
  claim                      state, and optionally carc or reason
  tasks                      kinds of tasks still open at the end (others may not be)
"""
import copy
import datetime

import messages as m


class Case:
    def __init__(self, key, title, patient, **more):
        self.key, self.title, self.patient = key, title, patient
        self.order_no = more.get("order_no", f"O-{key}")
        self.steps = []      # (minute, words, function(play))
        self.answers = []    # rules for the payer simulator
        self.eligibility = []  # what its eligibility gateway says of this patient; nothing: covered
        self.expect = {}

    def at(self, minute, words, act):
        self.steps.append((minute, words, act))
        return self

    # ---- the usual steps ----

    def orders(self, minute, code, text, dx, **more):
        order_no = more.pop("order_no", self.order_no)
        words = more.pop("words", f"{text} is ordered")
        group = more.pop("group", "")
        return self.at(minute, words, lambda play: play.mllp(m.order(
            play.ehr, self.patient, play.now(), play.renamed(order_no), code, text, dx, group=group and play.renamed(group), **more)))

    def books(self, minute, hour, days=0, code="", trigger="S12", words=None, order_no=None, site="lks"):
        def act(play):
            start = play.day + datetime.timedelta(days=days, hours=hour)
            play.mllp(m.visit(play.sched, self.patient, play.now(), play.renamed(f"V-{self.key}"), play.renamed(order_no or self.order_no), start,
                              trigger, site, code))
        what = {"S12": "visit is booked", "S13": "visit is moved", "S15": "visit is cancelled"}[trigger]
        return self.at(minute, words or what, act)

    def notes(self, minute, kind=("11506-3", "Progress note", "LN"), order_no=None, words=None, completion="AU"):
        def act(play):
            play.mllp(m.document(play.docs, self.patient, play.now(), play.renamed(f"D-{self.key}-{kind[0]}"), play.renamed(order_no or self.order_no), kind,
                                 completion=completion))
        return self.at(minute, words or f"{kind[1].lower()} is signed", act)

    def bills(self, minute, code, units="1", number=True, words="claim is prepared", days=0, drop=False):
        def act(play):
            authorization = play.authorization(self.order_no) if number is True else number or None
            text = m.claim(self.patient, play.now(), play.renamed(f"C-{self.key}"), [(code, units, play.day + datetime.timedelta(days=days))],
                           authorization, control=play.next_control())
            play.drop(play.renamed(f"{self.key}") + ".837", text) if drop else play.http(text, "application/edi-x12")
        return self.at(minute, words, act)

    def payer(self, code, *steps, times=0, **when):
        """What the payer says to this patient's request; times: to so many requests, then the next rule holds."""
        rule = {"when": {"payer": self.patient.payer, "member": self.patient.member, "code": code, **when}, "answers": list(steps)}
        self.answers.append({**rule, "times": times} if times else rule)
        return self

    def expects(self, **what):
        self.expect = what
        return self


MRI = ("72148", "MRI lumbar spine", ["M54.16"])
PTNOTE = ("28579-9", "Physical therapy note", "LN")
IMAGING = ("18748-4", "Imaging report", "LN")


def cases():
    import claims  # which takes its usual services from here
    out = []

    def case(key, title, mrn, family, given, birth, sex, payer="meridian", **more):
        c = Case(key, title, m.Patient(mrn, family, given, birth, sex, payer, more.pop("state", "IL"), more.pop("authority", "LAKE")), **more)
        out.append(c)
        return c

    case("mri", "routine MRI, approved after a pend, claim released", "4821", "KOWALSKI", "ANNA", "1959-03-12", "F") \
        .orders(5, *MRI).notes(9).books(12, 15.5, code="72148").payer("72148", {"action": "A4"}, {"after": "2h", "action": "A1"}) \
        .bills(560, "72148").expects(coverage=["required"], authorization=["approved"], readiness=["green"], claim={"state": "released"})

    case("colon", "nothing required, with proof", "3308", "TURNER", "JOHN", "1955-06-02", "M", "prairie") \
        .orders(8, "45378", "Colonoscopy, diagnostic", ["Z12.11"]).books(15, 14, code="45378").bills(555, "45378", number=None, drop=True) \
        .expects(coverage=["not_required"], readiness=["green"], claim={"state": "released"})

    c = case("two", "two lines, one approved and one denied", "0937", "DIAZ", "KAREN", "1968-01-20", "F")
    c.orders(14, *MRI, order_no="O-two-1", group="O-two").orders(15, "62323", "Epidural injection, lumbar", ["M54.16"], order_no="O-two-2", group="O-two") \
        .notes(20, order_no="O-two-1").notes(21, IMAGING, order_no="O-two-2").books(25, 13, days=3, order_no="O-two") \
        .payer("72148", {"action": "A1"}).payer("62323", {"action": "A3", "reasons": ["0F"], "text": "Six weeks of therapy were not shown."}) \
        .expects(coverage=["required", "required"], authorization=["approved", "denied"], readiness=["red"], tasks=["denied"])

    case("late-note", "the clinical note is missing, arrives, and the request goes out by itself", "5067", "WOLF", "TESSA", "1978-09-09", "F", "lakeshore") \
        .orders(18, "70553", "MRI brain", ["G43.909"]).books(22, 10, days=2).notes(210, words="the missing note is signed") \
        .payer("70553", {"action": "A1"}).expects(coverage=["required"], authorization=["approved"], readiness=["green"], tasks=[])

    c = case("changed", "order changed after the approval; claim under the new code", "7715", "STERN", "ADAM", "1982-04-30", "M")
    c.orders(24, *MRI).notes(28).books(32, 15, code="72148").payer("72148", {"action": "A1"}).payer("72158", {"action": "A4"}) \
        .orders(240, "72158", "MRI lumbar spine, without and with contrast", ["M54.16"], control="XO", words="the order is changed to 72158") \
        .bills(562, "72158", words="claim under the new code").expects(coverage=["required"], readiness=["amber", "red"],
                                                                    claim={"state": "held", "carc": "284", "reason": "code"})

    case("moved", "appointment moved past the authorized window", "6142", "PEREZ", "LUCIA", "1974-02-14", "F", "prairie") \
        .orders(30, *MRI).notes(34).books(38, 11, days=6, code="72148").payer("72148", {"action": "A1", "days": 10}) \
        .books(300, 11, days=20, code="72148", trigger="S13", words="visit is moved by two weeks") \
        .expects(authorization=["approved"], readiness=["red"])

    case("cancelled", "appointment cancelled", "2290", "BAUER", "ROBERT", "1963-11-11", "M", "union") \
        .orders(36, "27447", "Total knee replacement", ["M17.11"]).notes(40).notes(41, IMAGING).books(44, 9, days=9, code="27447") \
        .payer("27447", {"action": "A1"}).books(320, 9, days=9, trigger="S15").expects(authorization=["approved"], readiness=["gone"])

    case("units", "more units billed than authorized", "1183", "GREEN", "CHRIS", "1969-05-05", "M", "carebridge") \
        .orders(42, "97110", "Therapeutic exercise", ["M25.561"], units="12^UN").notes(46).books(50, 16, code="97110") \
        .payer("97110", {"action": "A1", "units": "12"}).bills(565, "97110", units="14") \
        .expects(authorization=["approved"], claim={"state": "held", "carc": "198", "reason": "units_exceeded"})

    case("no-auth", "claim without an authorization", "4476", "ERIKSEN", "MAJA", "1965-08-08", "F", "lakeshore") \
        .orders(48, *MRI).notes(52).books(55, 15).payer("72148", {"action": "A4"}).bills(568, "72148", number=None) \
        .expects(authorization=["pended"], claim={"state": "held", "carc": "197"})

    case("mcr-yes", "a Medicare list code where it applies: a task for a person, recorded by hand", "7001", "HARTMANN", "EVELYN", "1950-01-15", "F", "medicare", state="MI") \
        .orders(54, "L3761", "Elbow brace", ["S53.401A"]).notes(58).notes(59, ("DMEORD", "Standard written order", "")) \
        .at(330, "the specialist records the answer of the Medicare contractor", lambda play: play.command("submission", "decision.record", "O-mcr-yes", {
            "line": 1, "outcome": "approved", "authorization": "UTN12345678901", "valid_from": play.date(0), "valid_until": play.date(120),
            "units": "1", "evidence": "letter of the contractor"})) \
        .expects(coverage=["required"], authorization=["approved"])

    case("mcr-no", "the same code in a state where it does not apply yet", "7002", "IVERSEN", "PAUL", "1949-12-24", "M", "medicare", state="IL") \
        .orders(60, "L3761", "Elbow brace", ["S53.401A"]).expects(coverage=["not_required"])

    case("down", "payer cannot be reached, then comes back", "8101", "JANSEN", "PETRA", "1971-07-17", "F", "union") \
        .at(64, "Union Trust Fund's gateway goes down", lambda play: play.fault("union", "down")) \
        .orders(66, *MRI).notes(68).payer("72148", {"action": "A1"}) \
        .at(110, "Union Trust Fund's gateway comes back", lambda play: play.fault("union", "ok")) \
        .expects(authorization=["approved"])

    case("cut", "the line breaks after the request was sent: inquiry first, one live submission", "8102", "KELLER", "MARK", "1958-03-03", "M", "prairie") \
        .orders(120, *MRI).at(123, "Prairie Mutual's next answer will be lost", lambda play: play.fault("prairie", "cut")) \
        .notes(126).payer("72148", {"action": "A1"}).expects(authorization=["approved"])

    case("dropped", "the line breaks before the payer has read: inquiry says unknown, sent again", "8103", "LARSEN", "IDA", "1988-10-30", "F", "lakeshore") \
        .orders(130, *MRI).at(133, "Lakeshore Health's gateway drops the next call", lambda play: play.fault("lakeshore", "drop")) \
        .notes(136).payer("72148", {"action": "A1"}).expects(authorization=["approved"])

    case("wants", "payer asks for more documents with a due date", "8854", "NOVAK", "SARA", "1986-06-21", "F") \
        .orders(140, "74177", "CT abdomen and pelvis", ["R10.9"]).notes(144) \
        .payer("74177", {"action": "A1"}, update=True).payer("74177", {"action": "A4", "wants": ["11502-2"], "due_in": "3d"}) \
        .at(360, "the laboratory report arrives", lambda play: play.mllp(m.result(play.lab, play.case("wants").patient, play.now(), play.renamed("O-wants")))) \
        .expects(authorization=["approved"], tasks=[])

    case("odd", "a decision with an unknown review code goes to a person", "8104", "MEYER", "OTTO", "1947-09-19", "M", "carebridge") \
        .orders(150, *MRI).notes(154).payer("72148", {"action": "ZZ"}).expects(authorization=["unclear"], tasks=["decision_unclear"])

    case("local", "a local code that nobody has mapped", "8105", "NIELSEN", "LARS", "1991-01-31", "M") \
        .orders(160, "CTHEAD", "CT HEAD", ["R51.9"], system="L").expects(coverage=["incomplete"], tasks=["map_code"])

    case("stranger", "a payer that is not in the directory", "8106", "OLSEN", "BRITT", "1983-03-23", "F", "unknown") \
        .orders(165, *MRI).expects(coverage=["incomplete"], tasks=["unknown_payer"])

    c = case("uninsured", "coverage arrives after the order", "8107", "PETERS", "GINA", "1960-02-02", "F")
    c.orders(170, *MRI, insurance=False).notes(174).payer("72148", {"action": "A1"}) \
        .at(230, "registration finds the insurance card", lambda play, c=c: play.mllp(m.registration(play.adt, c.patient, play.now()))) \
        .expects(coverage=["required"], authorization=["approved"], tasks=[])

    c = case("reversed", "claim, document and visit come before their order", "8108", "QUINN", "EDGAR", "1956-12-01", "M")
    c.at(176, "registration registers the patient", lambda play, c=c: play.mllp(m.registration(play.adt, c.patient, play.now(), "A04"))) \
        .bills(180, "72148", number=None, words="the claim comes first").notes(184).books(188, 16, code="72148").payer("72148", {"action": "A1"}) \
        .orders(250, *MRI, words="the order comes last").expects(authorization=["approved"], readiness=["green"], claim={"state": "released"})

    c = case("twice", "the same message twice", "8109", "ROSSI", "CARLA", "1977-07-07", "F", "prairie")
    def twice(play, c=c):
        text = m.order(play.ehr, c.patient, play.now(), play.renamed(c.order_no), *MRI, message_id=play.renamed("TWICE1"))
        play.note("twice", [play.mllp(text), play.mllp(text)])
    c.at(195, "the ordering system sends one message twice", twice).notes(198).payer("72148", {"action": "A1"}).expects(authorization=["approved"])

    c = case("reused-id", "one message id with another body is flagged", "8110", "SCHULZ", "HANS", "1952-05-25", "M", "prairie")
    c.at(202, "the ordering system uses one message id for two messages", lambda play, c=c: [
        play.mllp(m.order(play.ehr, c.patient, play.now(), play.renamed(c.order_no), "45378", "Colonoscopy, diagnostic", ["Z12.11"], message_id=play.renamed("REUSED1"))),
        play.mllp(m.order(play.ehr, c.patient, play.now(), play.renamed("O-reused-2"), *MRI, message_id=play.renamed("REUSED1")))]) \
        .expects(coverage=["not_required"])

    c = case("garbage", "garbage, an oversized and half a frame on the MLLP port", "8111", "TAYLOR", "RUTH", "1990-10-10", "F", "prairie")
    c.at(205, "somebody sends garbage", lambda play: play.garbage()) \
        .orders(208, "45378", "Colonoscopy, diagnostic", ["Z12.11"]).expects(coverage=["not_required"])

    c = case("merged", "two records of one patient are merged while a case is open", "8112", "UHL", "ERIKA", "1948-08-28", "F")
    survivor = m.Patient("8113", "UHL", "ERIKA", "1948-08-28", "F", "meridian")
    c.orders(215, *MRI).at(225, "registration merges two records", lambda play, c=c, survivor=survivor: play.mllp(m.merge(play.adt, survivor, c.patient, play.now()))) \
        .expects(coverage=["required"], tasks=["get_document", "merge_review"])

    c = case("ris-1", "two systems use one record number for two people: this one", "9001", "VOGEL", "LENA", "1979-01-01", "F", "prairie", authority="")
    c.orders(232, "45378", "Colonoscopy, diagnostic", ["Z12.11"]).expects(coverage=["not_required"])
    d = case("ris-2", "two systems use one record number for two people: the other", "9001", "WAGNER", "TIM", "1999-11-30", "M", "prairie", authority="")
    d.at(234, "the radiology system orders for another patient with the same number", lambda play, d=d: play.mllp(
        m.order(play.ris, d.patient, play.now(), play.renamed(d.order_no), "45378", "Colonoscopy, diagnostic", ["Z12.11"]), "ris")) \
        .expects(coverage=["not_required"])

    c = case("fhir", "an order by FHIR", "8114", "XAVER", "NINA", "1985-05-15", "F", "lakeshore")
    c.at(245, "a referring practice orders an MRI by FHIR", lambda play, c=c: play.http(m.fhir_order(c.patient, play.now(), play.renamed(c.order_no), *MRI), "application/fhir+json")) \
        .at(252, "and sends the note by FHIR", lambda play, c=c: play.http(m.fhir_document(c.patient, play.now(), play.renamed(c.order_no), play.renamed("D-fhir"), "Six weeks of therapy."), "application/fhir+json")) \
        .payer("72148", {"action": "A1"}).expects(coverage=["required"], authorization=["approved"])

    case("partial", "fewer units approved; the clinician accepts", "8115", "YILDIZ", "AYSE", "1972-02-29", "F", "carebridge") \
        .orders(262, "97110", "Therapeutic exercise", ["M25.561"], units="12^UN").notes(266).books(270, 9, days=4, code="97110") \
        .payer("97110", {"action": "A2", "units": "8"}) \
        .at(400, "the clinician accepts eight of twelve units", lambda play: play.command("submission", "decision.accept", "O-partial", {"line": 1})) \
        .expects(authorization=["partial"], readiness=["green", "amber"], tasks=[])

    case("gold", "exempt by a gold card", "8116", "ZIMMER", "FRITZ", "1961-06-16", "M", "lakeshore") \
        .orders(280, "74177", "CT abdomen and pelvis", ["R10.9"]).books(284, 13, days=1, code="74177").expects(coverage=["exempt"], readiness=["green"])

    x12_cases(case)
    claims.eligibility_cases(case)
    claims.claim_cases(case)
    return out


def corrected(patient):
    """The patient with the member number as it stands on the card."""
    p = copy.copy(patient)
    p.member += "7"
    return p


def resend_corrected(play, c):
    tail = corrected(c.patient).member[-4:]
    play.until("the corrected member number", lambda: play.full_case(play.renamed(c.order_no))["facts"]["member_tail"] == tail)
    play.command("submission", "request.resend", c.order_no, {})


def x12_cases(case):
    """Payers that speak X12: Northgate by CORE over HTTP, Harbor Mutual by an exchange folder."""
    case("x-core", "X12 by CORE: approved at once", "8201", "ADLER", "MIRA", "1975-04-04", "F", "northgate") \
        .orders(70, *MRI).notes(74).books(78, 15, code="72148").payer("72148", {"action": "A1"}).bills(570, "72148") \
        .expects(coverage=["required"], authorization=["approved"], readiness=["green"], claim={"state": "released"}, tasks=[])

    case("x-file", "X12 by exchange folder: acknowledged, then approved", "8202", "BRANDT", "OSCAR", "1966-06-06", "M", "harbor") \
        .orders(72, *MRI).notes(76).books(80, 14, code="72148").payer("72148", {"action": "A1"}).bills(572, "72148") \
        .expects(coverage=["required"], authorization=["approved"], readiness=["green"], claim={"state": "released"}, tasks=[])

    c = case("x-lines", "X12: one line approved, the other in part", "8203", "CLAUSEN", "INES", "1959-09-29", "F", "harbor")
    c.orders(82, *MRI, order_no="O-xl-1", group="O-x-lines") \
        .orders(83, "97110", "Therapeutic exercise", ["M25.561"], order_no="O-xl-2", group="O-x-lines", units="12^UN") \
        .notes(90, order_no="O-xl-1").payer("72148", {"action": "A1"}).payer("97110", {"action": "A2", "units": "8", "text": "EIGHT VISITS, THEN A NEW PLAN OF CARE"}) \
        .expects(coverage=["required", "required"], authorization=["approved", "partial"], tasks=["accept_partial"])

    case("x-pend", "X12: pended, and approved hours later by a file of the payer's own", "8204", "DREYER", "PAUL", "1971-12-12", "M", "harbor") \
        .orders(92, *MRI).notes(96).payer("72148", {"action": "A4"}, {"after": "2h", "action": "A1"}).expects(authorization=["approved"], tasks=[])

    case("x-pend-core", "X12 by CORE: pended, and approved hours later by a call of the payer's", "8205", "ENGEL", "RITA", "1984-02-20", "F", "northgate") \
        .orders(98, *MRI).notes(102).payer("72148", {"action": "A4"}, {"after": "2h", "action": "A1"}).expects(authorization=["approved"], tasks=[])

    c = case("x-correct", "X12: member number wrong; a person corrects it, and it goes again", "8206", "FABER", "JON", "1990-03-31", "M", "harbor")
    c.orders(104, *MRI).notes(108).payer("72148", {"error": {"code": "72", "followup": "C", "element": "2010C-NM109"}}) \
        .at(300, "registration corrects the member number", lambda play, c=c: play.mllp(m.registration(play.adt, corrected(c.patient), play.now()))) \
        .at(340, "the specialist sees the new number and sends the request again", lambda play, c=c: resend_corrected(play, c)) \
        .expects(authorization=["approved"], tasks=[])
    c.payer("72148", {"action": "A1"}, member=corrected(c.patient).member)

    case("x-final", "X12: the payer will not consider it", "8207", "GERLACH", "UTE", "1968-08-18", "F", "northgate") \
        .orders(110, *MRI).notes(114).payer("72148", {"error": {"code": "95", "followup": "N", "element": "2010C-NM109"}}) \
        .expects(authorization=["refused"], tasks=["correct_resend"])

    case("x-999", "X12: refused by a 999", "8208", "HUBER", "KURT", "1957-05-17", "M", "harbor") \
        .orders(116, *MRI).notes(122).payer("72148", {"reject": "999"}).expects(authorization=["refused"], tasks=["correct_resend"])

    case("x-ta1", "X12: refused by a TA1", "8209", "IMHOF", "VERA", "1962-10-02", "F", "harbor") \
        .orders(118, *MRI).notes(124).payer("72148", {"reject": "ta1"}).expects(authorization=["refused"], tasks=["correct_resend"])

    case("x-twice", "X12: the same answer twice", "8210", "JUNG", "EMIL", "1979-07-09", "M", "harbor") \
        .orders(128, *MRI).notes(132).payer("72148", {"action": "A1", "twice": True}).expects(authorization=["approved"], tasks=[])

    c = case("x-stray", "X12: an answer to a request that was never made", "8211", "KRAUS", "LENI", "1986-01-16", "F", "harbor")
    c.orders(134, *MRI).notes(138).payer("72148", {"action": "A1"}) \
        .at(200, "Harbor Mutual answers a request of somebody else", lambda play: play.stray("harbor", "LKS001", "95701")) \
        .expects(authorization=["approved"], tasks=[])

    case("x-wants", "X12: the payer asks for a report, which goes in a 275", "8212", "LINDNER", "MAX", "1973-11-23", "M", "harbor") \
        .orders(142, "74177", "CT abdomen and pelvis", ["R10.9"]).notes(146) \
        .payer("74177", {"action": "A1"}, update=True).payer("74177", {"action": "A4", "wants": ["11502-2"]}) \
        .at(364, "the laboratory report arrives", lambda play: play.mllp(m.result(play.lab, play.case("x-wants").patient, play.now(), play.renamed("O-x-wants")))) \
        .expects(authorization=["approved"], tasks=[])

    case("x-cut", "X12 by CORE: the line breaks after the request was sent: inquiry first, one live submission", "8213", "MAURER", "ANKE", "1964-12-30", "F", "northgate") \
        .orders(150, *MRI).at(153, "Northgate's next answer will be lost", lambda play: play.fault("northgate", "cut")) \
        .notes(156).payer("72148", {"action": "A1"}).expects(authorization=["approved"], tasks=[])

    case("x-drop", "X12 by CORE: the line breaks before the payer has read: inquiry says unknown, sent again", "8216", "PAULSEN", "TILDA", "1977-10-05", "F", "northgate") \
        .orders(272, *MRI).at(274, "Northgate's gateway drops the next call", lambda play: play.fault("northgate", "drop")) \
        .notes(276).payer("72148", {"action": "A1"}).expects(authorization=["approved"], tasks=[])

    case("x-away", "X12: nobody fetches the files of the exchange folder for a while", "8217", "RIEDEL", "GEORG", "1955-03-08", "M", "harbor") \
        .at(208, "Harbor Mutual fetches no files", lambda play: play.fault("harbor", "down")) \
        .orders(210, *MRI).notes(214).payer("72148", {"action": "A1"}) \
        .at(262, "Harbor Mutual fetches files again", lambda play: play.fault("harbor", "ok")) \
        .expects(authorization=["approved"], tasks=[])

    c = case("x-extend", "X12: twelve visits approved; twelve more are asked for, and the authorization is extended", "8218", "SAUER", "ILKA", "1987-05-22", "F", "harbor")
    c.orders(174, "97110", "Therapeutic exercise", ["M25.561"], units="12^UN").notes(178) \
        .payer("97110", {"action": "A1", "number": "AUTH-EXTEND", "days": 60}, update=False).payer("97110", {"action": "A1", "number": "AUTH-EXTEND", "days": 120}, update=True) \
        .at(342, "the specialist asks for an extension", lambda play: play.command(
            "submission", "request.extend", "O-x-extend",
            {"lines": [1], "until": f"{play.day + datetime.timedelta(days=120):%Y-%m-%d}", "quantity": "24", "reason": "Twelve more visits are ordered"})) \
        .expects(authorization=["approved"], tasks=[])

    case("x-later", "X12: the payer cannot answer now; it goes again by itself", "8214", "NOLTE", "FINN", "1993-06-26", "M", "harbor") \
        .orders(162, *MRI).notes(166).payer("72148", {"error": {"code": "42", "followup": "P", "element": "2000A"}}, times=1) \
        .payer("72148", {"action": "A1"}).expects(authorization=["approved"], tasks=[])

    c = case("x-cancel", "X12: the order is cancelled while the payer considers it", "8215", "OTT", "HELGA", "1951-04-11", "F", "harbor")
    c.orders(168, *MRI).notes(172).payer("72148", {"action": "A4"}) \
        .orders(330, *MRI, control="CA", words="the order is cancelled").expects()
