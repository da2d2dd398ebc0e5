"""The review desk of a payer that speaks X12: 278 requests (X217), inquiries (X215) and 275 attachments in; 278 answers,
999 and TA1 out. Written from the published structure, by its own reader (x12.py)."""
import datetime

import x12

REQUEST, INQUIRY = "005010X217", "005010X215"
BIRTH_WORDS = {"D8"}
LEVELS = {"20": "2000A", "21": "2000B", "22": "2000C", "23": "2000D", "EV": "2000E", "SS": "2000F"}


class Request:
    """A 278 as a payer understands it."""

    def __init__(self, transaction):
        self.findings = []
        self.umo, self.requester, self.subscriber, self.dependent, self.event = {}, {}, {}, {}, {}
        self.lines = []
        self.bht = next((s for s in transaction["segments"] if s.id == "BHT"), None)
        self.read(transaction["segments"])
        if not self.findings:
            self.demand()

    def complain(self, segment, code, element=0, element_code="", loop=None, words=""):
        self.findings.append(x12.Finding("5", segment.id, segment.position, self.loop if loop is None else loop, code, element, 0, element_code, words))

    def read(self, segments):
        self.loop, level, ids = "", None, {}
        if not segments or segments[0].id != "BHT":
            self.findings.append(x12.Finding("5", "BHT", 2, "", "3", words="no BHT"))
            return
        if segments[0][1] != "0007":
            self.complain(segments[0], "8", 1, "7", words="BHT01 is not 0007")
        if segments[0][2] not in ("13", "01", "36", "28"):
            self.complain(segments[0], "8", 2, "7", words="BHT02")
        for s in segments[1:]:
            if s.id == "HL":
                ids[s[1]] = s[3]
                parents = {"20": (None,), "21": ("20",), "22": ("21",), "23": ("22",), "EV": ("22", "23"), "SS": ("EV",)}.get(s[3])
                self.loop = LEVELS.get(s[3], "2000")
                if not parents:
                    self.complain(s, "8", 3, "7", words="HL03")
                elif (ids.get(s[2]) if s[2] else None) not in parents:
                    self.complain(s, "8", 2, "I12", words="HL02 names another level than the one above")
                level = {"20": self.umo, "21": self.requester, "22": self.subscriber, "23": self.dependent, "EV": self.event}.get(s[3])
                if s[3] == "SS":
                    level = {}
                    self.lines.append(level)
                level["hl"] = s
                continue
            if level is None:
                self.complain(s, "1", words="a segment before the first HL")
                continue
            level.setdefault(s.id, []).append(s)

    def first(self, level, name):
        return next(iter(level.get(name, [])), None)

    def need(self, level, loop, name, words, test=lambda s: True):
        found = next((s for s in level.get(name, []) if test(s)), None)
        if not found:
            place = level.get("hl")
            self.findings.append(x12.Finding("5", name, (place.position if place else 2) + 1, loop, "3", words=words))
        return found

    def demand(self):
        """What every request must hold."""
        payer = self.need(self.umo, "2010A", "NM1", "no reviewer", lambda s: s[1] == "X3")
        if payer and not payer[9]:
            self.complain(payer, "8", 9, "1", loop="2010A")
        provider = self.need(self.requester, "2010B", "NM1", "no requester", lambda s: s[1] in ("1P", "FA"))
        if provider and (provider[8] != "XX" or len(provider[9]) != 10):
            self.complain(provider, "8", 9, "7", loop="2010B")
        who = self.need(self.subscriber, "2010C", "NM1", "no subscriber", lambda s: s[1] == "IL")
        if who and (who[8] != "MI" or not who[9]):
            self.complain(who, "8", 9, "1", loop="2010C")
        person = self.dependent or self.subscriber
        if self.bht[2] == "28":
            return
        birth = self.need(person, "2010D" if self.dependent else "2010C", "DMG", "no birth date")
        if birth and (birth[1] not in BIRTH_WORDS or len(birth[2]) != 8):
            self.complain(birth, "8", 2, "8")
        trace = self.need(self.event, "2000E", "TRN", "no trace", lambda s: s[1] == "1")
        if trace and (not trace[2] or len(trace[3]) != 10):
            self.complain(trace, "8", 3 if trace[2] else 2, "4", loop="2000E")
        um = self.need(self.event, "2000E", "UM", "no UM")
        if um and (um[1] not in ("AR", "HS", "IN", "SC") or um[2] not in ("1", "2", "3", "4", "I", "N", "R", "S")):
            self.complain(um, "8", 1, "7", loop="2000E")
        if self.bht[2] == "01" and um and um[2] != "3":
            self.complain(um, "8", 2, "I12", loop="2000E")
        if self.bht[2] == "13" and um and um[2] in ("S", "4", "R", "3") and not self.event.get("REF"):
            self.findings.append(x12.Finding("5", "REF", um.position + 1, "2000E", "I9", words="a change without the number of what it changes"))
        for line in self.lines:
            service = next((line[k][0] for k in ("SV1", "SV2", "SV3") if k in line), None)
            if not service:
                self.findings.append(x12.Finding("5", "SV1", line["hl"].position + 1, "2000F", "3", words="a service level without a service"))
        if not self.lines and um and um[2] == "I" and um[1] == "HS":
            self.findings.append(x12.Finding("5", "HL", um.position + 1, "2000F", "3", words="no service"))

    # ---- what it says ----

    @property
    def trace(self):
        return next((s[2] for s in self.event.get("TRN", []) if s[1] == "1"), "")

    @property
    def member(self):
        nm1 = next((s for s in self.subscriber.get("NM1", []) if s[1] == "IL"), None)
        return nm1[9] if nm1 else ""

    @property
    def certification(self):
        um = self.first(self.event, "UM")
        return um[2] if um else ""

    @property
    def cancel(self):
        um = self.first(self.event, "UM")
        return self.bht[2] == "01" or bool(um and um[2] == "3")

    @property
    def update(self):
        um = self.first(self.event, "UM")
        return bool(um and um[2] in ("S", "4", "R"))

    @property
    def references(self):
        return [s[2] for s in self.event.get("REF", []) if s[1] in ("BB", "NT")]

    def taken_back(self, n):
        """A service that a changed request no longer asks for."""
        um = self.first(self.lines[n - 1], "UM") if n <= len(self.lines) else None
        return bool(um and um[2] == "3")

    def controls(self):
        """Attachment control numbers that the request announces."""
        return [s[6] for level in [self.event] + self.lines for s in level.get("PWK", []) if s[6]]

    def services(self):
        """number -> (code, quantity); the number is the place of the service among its siblings."""
        out = {}
        for n, line in enumerate(self.lines, 1):
            if "SV1" in line:
                out[n] = (line["SV1"][0].part(1, 2), line["SV1"][0][4] or "1")
            elif "SV2" in line:
                out[n] = (line["SV2"][0].part(2, 2) or line["SV2"][0][1], line["SV2"][0][5] or "1")
            else:
                out[n] = (line["SV3"][0].part(1, 2), line["SV3"][0][6] or "1")
        return out


# ---- answers ----

def d8(text):
    return text.replace("-", "")


def window(answer):
    out = []
    if answer.get("from"):
        out.append(["DTP", "102", "D8", d8(answer["from"])])
        out.append(["DTP", "007", "RD8", f"{d8(answer['from'])}-{d8(answer['until'])}"])
    return out


def review(answer):
    out = []
    if answer.get("action"):
        out.append(["HCR", answer["action"], answer.get("number", ""), "^".join(answer.get("reasons", []))])
    return out


def event_action(answers):
    """One HCR for the whole event: what all lines say, else certified in part, pended while any line is."""
    actions = [a.get("action", "") for a in answers.values()]
    if len(set(actions)) == 1:
        return actions[0]
    return "A4" if "A4" in actions else "A2"


def aaa(error):
    return ["AAA", "N", "", error["code"], error.get("followup", "")]


def element_loop(error):
    """"2010C-NM109" -> 2010C"""
    return error.get("element", "2000E").split("-")[0]


def names(level, wanted):
    nm1 = next((s for s in level.get("NM1", []) if s[1] in wanted), None)
    return [nm1.elements[:]] if nm1 else []


def copied(level, name):
    return [s.elements[:] for s in level.get(name, [])]


def what_is_asked(level):
    """UM as an answer has it: it says nothing of prognosis, release of information and delay."""
    return [s.elements[:7] for s in level.get("UM", [])]


def answer_segments(request, answers, state, now, version):
    """Body of the 278 that answers a request: answers by service number; one with "error" refuses the whole."""
    error = next((a["error"] for a in answers.values() if "error" in a), None)
    pended = any(a.get("action") == "A4" for a in answers.values())
    where = element_loop(error) if error else ""
    out = [["BHT", "0007", "11", request.bht[3], now.strftime("%Y%m%d"), now.strftime("%H%M"), "19" if pended else "18"]]
    number = iter(range(1, 1000))
    hl = {}

    def level(key, parent, code, child):
        hl[key] = next(number)
        out.append(["HL", str(hl[key]), str(hl[parent]) if parent else "", code, "1" if child else "0"])

    def refuse(*loops):
        if error and where in loops:
            out.append(aaa(error))

    # What is refused above the event ends there: nothing is said below, and our number comes back in BHT03 alone.
    above = (("umo", None, "20", request.umo, ("X3",), ("2000A", "2010A")),
             ("provider", "umo", "21", request.requester, ("1P", "FA"), ("2000B", "2010B")),
             ("subscriber", "provider", "22", request.subscriber, ("IL",), ("2000C", "2010C")),
             ("dependent", "subscriber", "23", request.dependent, ("QC",), ("2000D", "2010D")))
    patient = ""
    for key, parent, code, said, roles, loops in above:
        if not said:
            continue
        level(key, parent, code, where not in loops)
        refuse(loops[0])
        out.extend(names(said, roles))
        refuse(loops[1])
        if where in loops:
            return ("278", out)
        out.extend(copied(said, "DMG"))
        patient = key
    level("event", patient, "EV", bool(request.lines) and not error)
    for s in request.event.get("TRN", []):
        out.append(["TRN", "2" if s[1] == "1" else s[1]] + s.elements[2:])
    if state.get("payer_trace"):
        out.append(["TRN", "1", state["payer_trace"], "9PAYERDESK"])
    refuse("2000E", "2000F", "2010E", "2010F")
    out.extend(what_is_asked(request.event))
    if not error:
        event_answers(request, answers, out, level)
    elif error.get("text"):
        out.append(["MSG", error["text"][:264]])
    return ("278", out)


def event_answers(request, answers, out, level):
    action = event_action(answers)
    one = answers[min(answers)] if len(answers) == 1 else {}
    number = answers[min(answers)].get("number", "") if action in ("A1", "A6") else one.get("number", "")
    out.extend(review({"action": action, "number": number, "reasons": one.get("reasons", []) if not request.lines else []}))
    references = list(dict.fromkeys(a["reference"] for a in answers.values() if a.get("reference")))
    out.extend(["REF", "NT", r] for r in references[:1])
    if not request.lines and one:
        out.extend(window(one))
    out.extend(copied(request.event, "HI"))
    if not request.lines and one.get("text"):
        out.append(["MSG", one["text"][:264]])
    for n, line in enumerate(request.lines, 1):
        answer = answers.get(n)
        if not answer:
            continue
        level(f"line{n}", "event", "SS", False)
        out.extend(["TRN", "2"] + s.elements[2:] for s in line.get("TRN", []) if s[1] == "1")
        out.extend(what_is_asked(line))
        out.extend(review(answer))
        if answer.get("reference"):
            out.append(["REF", "NT", answer["reference"]])
        out.extend(copied(line, "DTP"))
        out.extend(window(answer))
        wants = answer.get("wants", [])
        if wants:
            out.append(["HI"] + [f"LOI:{code}" for code in wants])
        out.append(service(line, answer))
        out.extend(["PWK", "77", "EL", "", "", "AC", answer["attach"]] for _ in wants[:1])
        if answer.get("text"):
            out.append(["MSG", answer["text"][:264]])


def service(line, answer):
    """The service as it is granted: code and quantity of the answer where it grants something else."""
    name = next(k for k in ("SV1", "SV2", "SV3") if k in line)
    s = line[name][0]
    e = s.elements[:]
    code, quantity, unit = {"SV1": (1, 4, 3), "SV2": (2, 5, 4), "SV3": (1, 6, 0)}[name]
    if answer.get("action") in ("A1", "A2", "A6"):
        if answer.get("code") and s.part(code, 2) != answer["code"]:
            parts = s.parts(code)
            e[code] = ":".join([parts[0], answer["code"]])
        if answer.get("units"):
            while len(e) <= quantity:
                e.append("")
            e[quantity] = str(answer["units"])
            if unit and not e[unit]:
                e[unit] = "UN"
    return e


def not_known(request, now):
    """Answer to an inquiry that finds nothing."""
    out = [["BHT", "0007", "11", request.bht[3], now.strftime("%Y%m%d"), now.strftime("%H%M"), "18"],
           ["HL", "1", "", "20", "1"]] + names(request.umo, ("X3",)) + [["HL", "2", "1", "21", "1"]] + names(request.requester, ("1P", "FA"))
    out += [["HL", "3", "2", "22", "1"]] + names(request.subscriber, ("IL",)) + [["HL", "4", "3", "EV", "0"]]
    out += [["TRN", "2"] + s.elements[2:] for s in request.event.get("TRN", []) if s[1] == "1"]
    return ("278", out + [["AAA", "N", "", "AA", "N"]])


class Attachment:
    """A 275: which request it belongs to, and its documents."""

    def __init__(self, transaction):
        self.findings, self.controls, self.documents, self.formats = [], [], [], []
        segments = transaction["segments"]
        if not segments or segments[0].id != "BGN":
            self.findings.append(x12.Finding("5", "BGN", 2, "", "3", words="no BGN"))
        seen = False
        for s in segments:
            if s.id == "LX":
                seen = True
            elif s.id == "TRN" and seen:
                self.controls.append(s[2])
            elif s.id == "CAT":
                self.formats.append(s[2])
            elif s.id in ("BIN", "BDS"):
                data = s[2] if s.id == "BIN" else s[3]
                if not data:
                    self.findings.append(x12.Finding("5", s.id, s.position, "2110", "8", 2, 0, "1", "an empty document"))
                self.documents.append(len(data))
        if not self.controls:
            self.findings.append(x12.Finding("5", "TRN", 3, "2000A", "3", words="no attachment control number"))
        if not self.documents:
            self.findings.append(x12.Finding("5", "BIN", len(segments) + 1, "2110B", "3", words="no document"))


def stamp(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc)
