"""Eligibility: 270 in, 271 out (005010X279A1), in real time by CORE. Written from the published structure, by its own reader
(x12.py). Every member is covered, unless the scenario says otherwise:

    "eligibility": [{"when": {"payer": "northgate", "member": "NO00008221"}, "standing": "inactive", "until": "2026-10-31"}]

standing: active (from, until, plan, authorization: service type -> Y, N or U in EB11) or inactive; or "aaa": code and
"followup"; or "down": so many requests are answered by 503 first."""
import gateway
import x12

GUIDE, TYPE = "005010X279A1", "X12_270_Request_005010X279A1"
ANSWERS = {"271": "X12_271_Response_005010X279A1", "999": "X12_999_Response_005010X231A1", "ta1": "X12_TA1_Response_00501X231A1"}
LOOPS = {"20": "2000A", "21": "2000B", "22": "2000C", "23": "2000D"}
PARENTS = {"20": "", "21": "20", "22": "21", "23": "22"}


class Question:
    """One person of a 270."""

    def __init__(self, transaction):
        self.findings, self.levels, self.last = [], {}, None
        self.bht = next((s for s in transaction["segments"] if s.id == "BHT"), None)
        ids, level = {}, None
        for s in transaction["segments"]:
            if s.id == "HL":
                ids[s[1]] = s[3]
                if s[3] not in PARENTS or ids.get(s[2], "") != PARENTS[s[3]]:
                    self.complain(s, s[3], "8", 3, "7", "HL03 and HL02 make no tree")
                level = self.levels.setdefault(s[3], {})
                self.last = s[3]
            if level is not None:
                level.setdefault(s.id, []).append(s)
        if not self.findings:
            self.demand()

    def complain(self, segment, level, code, element=0, element_code="", words=""):
        self.findings.append(x12.Finding("5", segment.id, segment.position, LOOPS.get(level, ""), code, element, 0, element_code, words))

    def need(self, level, name, words, test=lambda s: True):
        found = next((s for s in self.levels.get(level, {}).get(name, []) if test(s)), None)
        if not found:
            place = self.levels.get(level, {}).get("HL", [None])[0]
            self.findings.append(x12.Finding("5", name, (place.position if place else 1) + 1, LOOPS.get(level, ""), "3", words=words))
        return found

    def demand(self):
        if not self.bht or self.bht[1] != "0022" or self.bht[2] != "13" or not self.bht[3]:
            self.findings.append(x12.Finding("5", "BHT", self.bht.position if self.bht else 2, "", "8", 1, 0, "7", "BHT is none of a real-time question"))
        self.payer = self.need("20", "NM1", "no payer", lambda s: s[1] == "PR" and s[9])
        self.provider = self.need("21", "NM1", "no provider", lambda s: s[1] == "1P" and s[8] == "XX" and len(s[9]) == 10)
        self.member = self.need("22", "NM1", "no member", lambda s: s[1] == "IL" and s[8] == "MI" and s[9])
        self.trace = self.need(self.last, "TRN", "no number of the asker", lambda s: s[1] == "1" and s[2] and len(s[3]) == 10)
        self.need(self.last, "EQ", "no question")
        self.need(self.last, "DMG", "no birth date", lambda s: s[1] == "D8" and len(s[2]) == 8)


def rule_for(sim, payer, member):
    """The first rule that fits; a rule that is down has so many times to be so."""
    for rule in sim.scenario.get("eligibility", []):
        when = rule["when"]
        if when.get("payer", payer) == payer and when.get("member", member) == member:
            return rule
    return {"standing": "active"}


def says(rule):
    """Segments of the person's level, after NM1: AAA alone, or dates and benefits."""
    if "aaa" in rule:
        return [["AAA", "N", "", rule["aaa"], rule.get("followup", "C")]], []
    dates = [["DTP", code, "D8", rule[key].replace("-", "")] for code, key in (("346", "from"), ("347", "until")) if rule.get(key)]
    if rule["standing"] == "inactive":
        return [], dates + [["EB", "6", "", "30"]]
    benefits = [["EB", "1", "IND", "30", "HM", rule.get("plan", "HMO GOLD")]]
    for service_type, needed in rule.get("authorization", {}).items():
        benefits.append(["EB", "1", "IND", service_type] + [""] * 7 + [needed])
    return [], dates + benefits


def answer_segments(question, rule, now):
    """271 of one question."""
    refusal, benefits = says(rule)
    who = question.levels[question.last]
    out = [["BHT", "0022", "11", question.bht[3], now.strftime("%Y%m%d"), now.strftime("%H%M")],
           ["HL", "1", "", "20", "1"], question.payer.elements, ["HL", "2", "1", "21", "1"], question.provider.elements,
           ["HL", "3", "2", "22", "1" if question.last == "23" else "0"]]
    trace = ["TRN", "2", question.trace[2], question.trace[3]]
    if question.last == "23":
        out += [question.member.elements, ["HL", "4", "3", "23", "0"], trace, who["NM1"][0].elements]
    else:
        out += [trace, question.member.elements]
    return ("271", out + refusal + [who["DMG"][0].elements] + benefits)


def answer(sim, payer, content_type, body):
    """A CORE envelope in; (status, content type, body) out."""
    desk = payer.gateway
    fields = gateway.multipart(content_type, body)
    missing = [f for f in gateway.CORE_FIELDS if not fields.get(f)]
    if missing or fields["ProcessingMode"] != "RealTime" or fields["PayloadType"] != TYPE:
        sim.note(payer=payer.name, op="eligibility", verdict="400", reason="missing " + missing[0] if missing else "PayloadType or ProcessingMode")
        return desk.error(fields, missing[0] + "Required" if missing else "PayloadTypeIllegal", "this payload is not taken here")
    with sim.lock:
        return take(sim, payer, fields, fields["Payload"].encode("latin-1"))


def take(sim, payer, fields, data):
    desk = payer.gateway
    isa = desk.addresses(data)

    def out(kind, bytes_):
        return desk.envelope_out(fields, ANSWERS[kind], "Success", "", bytes_)

    try:
        interchange = x12.read(data)
        group, = interchange.groups
        transaction, = group["transactions"]
    except (x12.Bad, ValueError) as e:
        note = getattr(e, "note", "022")
        sim.note(payer=payer.name, op="eligibility", verdict="TA1 R", note=note, planned=False)
        return out(*desk.ta1(isa, "R", note))
    if group["gs"][1] != "HS" or group["gs"][8] != GUIDE or transaction["st"][1] != "270" or transaction["st"][3] != GUIDE:
        findings = [x12.Finding("1", words="GS01, GS08 and ST are none of a 270")]
        question = None
    else:
        question = Question(transaction)
        findings = question.findings
    if findings:
        sim.note(payer=payer.name, op="eligibility", verdict="999 R", planned=False, place=f"{findings[0].loop} {findings[0].segment}", reason=findings[0].words)
        return out(*desk.ack(isa, group, {0: findings}))
    member = question.member[9]
    rule = rule_for(sim, payer.name, member)
    if rule.get("down", 0) > 0:
        rule["down"] -= 1
        sim.note(payer=payer.name, op="eligibility", trace=question.trace[2], member=member, verdict="503")
        return 503, "text/plain", b"try again later\n"
    word = rule.get("aaa") or rule.get("standing", "active")
    sim.note(payer=payer.name, op="eligibility", trace=question.trace[2], member=member, verdict="271", said=word)
    w = desk.envelope(isa)
    w.group("HB", group["gs"][3], group["gs"][2], GUIDE, [answer_segments(question, {"standing": "active", **rule}, desk.now())])
    return out("271", w.bytes())
