"""How a payer that speaks X12 is reached: CAQH CORE style HTTP (MIME multipart, real time) or an exchange folder; and what
its gateway does with an interchange before and after the review desk (review.py) has looked at it."""
import datetime
import email
import email.policy
import http.client
import os
import threading
import time
import urllib.parse
import uuid

import review
import x12

CORE_TYPES = {"278": "X12_278_Response_005010X217E1_2", "inquiry": "X12_278_Response_005010X215E1_2", "999": "X12_999_Response_005010X231A1",
              "ta1": "X12_TA1_Response_00501X231A1"}
CORE_FIELDS = ("PayloadType", "ProcessingMode", "PayloadID", "TimeStamp", "SenderID", "ReceiverID", "CORERuleVersion", "Payload")
CALL_BACK_TRIES = 40


class Gateway:
    """One payer's X12 side. Everything but sending runs under the simulator's lock."""

    def __init__(self, sim, payer, transport, folder="", callback="", secret=""):
        self.sim, self.payer, self.transport, self.folder = sim, payer, transport, folder
        self.callback, self.secret = callback, secret
        self.seen = {}     # sender and ISA13 -> trace of a request: an interchange is taken once
        self.wanted = {}   # attachment control number -> trace
        # A payer's own numbers go on after a restart: a second in which there were more than ten is not waited for.
        self.number = int(time.time()) % 50_000_000 * 10

    def next_control(self):
        self.number += 1
        return self.number

    def now(self):
        return review.stamp(self.sim.clock.now())

    # ---- writing ----

    def envelope(self, isa):
        """Writer of an interchange that goes back to where isa came from."""
        return x12.Writer((isa["to_qual"], isa["to"]), (isa["from_qual"], isa["from"]), self.next_control(), self.now())

    @staticmethod
    def addresses(data):
        """Sender and receiver by their fixed places: also of an interchange that cannot be read."""
        text = data[:x12.ISA_BYTES].decode("latin-1").ljust(x12.ISA_BYTES)
        return {"from_qual": text[32:34], "from": text[35:50].strip(), "to_qual": text[51:53], "to": text[54:69].strip(), "date": text[70:76],
                "time": text[77:81], "control": text[90:99]}

    def ta1(self, isa, verdict, note):
        w = self.envelope(isa)
        w.ta1(isa["control"], isa["date"], isa["time"], verdict, note)
        return ("ta1", w.bytes())

    def ack(self, isa, group, findings):
        w = self.envelope(isa)
        w.group("FA", group["gs"][3], group["gs"][2], "005010X231A1", [("999", x12.acknowledge(group, findings))])
        return ("999", w.bytes())

    def response(self, isa, gs, transaction, version):
        w = self.envelope(isa)
        w.group("HI", gs[1], gs[0], version, [transaction])
        return ("inquiry" if version == review.INQUIRY else "278", w.bytes())

    # ---- taking ----

    def take(self, data):
        """One interchange in; the answers to it as (kind, bytes), and what the scenario wants to be done with them."""
        isa = self.addresses(data)
        try:
            interchange = x12.read(data)
        except x12.Bad as e:
            self.sim.note(payer=self.payer.name, op="submit", verdict="TA1 R", note=e.note, reason=e.words, planned=False)
            return [self.ta1(isa, "R", e.note)], {}
        key = (isa["from"], isa["control"])
        if key in self.seen:
            trace = self.seen[key]
            if trace in self.payer.claims:
                self.payer.claims[trace]["repeats"] += 1
            self.sim.note(payer=self.payer.name, op="submit" if trace else "file", trace=trace, repeat=True, verdict="TA1 R", note="025", planned=True)
            return [self.ta1(isa, "R", "025")], {}
        self.seen[key] = ""
        out, wishes = [], {}
        if interchange.isa[14] == "1":
            out.append(self.ta1(isa, "A", "000"))
        for group in interchange.groups:
            self.take_group(isa, group, key, out, wishes)
        return out, wishes

    def take_group(self, isa, group, key, out, wishes):
        findings, answers = {}, []
        for i, transaction in enumerate(group["transactions"]):
            found = x12.check_transaction(group, transaction)
            kind = transaction["st"][1]
            if found:
                self.refused(kind, found, "")
            elif kind == "275":
                found = self.take_275(transaction)
            else:
                found = self.take_278(isa, group, transaction, key, answers, wishes)
            if found:
                findings[i] = found
        ta1 = wishes.pop("ta1", None)
        if ta1:
            out[:] = [self.ta1(isa, "R", ta1)]
            return
        out.append(self.ack(isa, group, findings))
        out += answers

    def refused(self, kind, findings, trace, planned=False):
        f = findings[0]
        self.sim.note(payer=self.payer.name, op="attach" if kind == "275" else "submit", trace=trace, verdict="999 R", planned=planned,
                      place=f"{f.loop} {f.segment}{f.element or ''}".strip(), reason=f.words)

    def take_278(self, isa, group, transaction, key, answers, wishes):
        request = review.Request(transaction)
        gs = (group["gs"][2], group["gs"][3])
        if request.findings:
            self.refused("278", request.findings, request.trace)
            return request.findings
        if request.bht[2] == "28":
            answers.append(self.response(isa, gs, self.inquire(request), review.INQUIRY))
            return []
        self.seen[key] = request.trace
        rule, known = None, self.payer.claims.get(request.trace)
        if known:
            known["repeats"] += 1
        else:
            rule = self.rule(request)
            reject = rule["answers"][0].get("reject") if rule else None
            if reject:
                return self.reject(request, reject, wishes)
            known = self.record(request, rule, isa, gs)
        self.sim.note(payer=self.payer.name, op="submit", trace=request.trace, repeat=rule is None, verdict="278", lines=known["lines"],
                      actions={str(k): a.get("action", "error") for k, a in known["answers"].items()})
        first = rule["answers"][0] if rule else {}
        wishes["twice"] = wishes.get("twice") or first.get("twice", False)
        if not first.get("silent"):
            answers.append(self.response(isa, gs, self.answer(known), review.REQUEST))
        return []

    def rule(self, request):
        """The first rule that fits any service; one with `times` answers so many requests and then no more."""
        services = request.services() or {1: ("", "1")}
        code = services[min(services)][0]
        found = None
        for r in self.sim.scenario["rules"]:
            if "times" in r and r.get("used", 0) >= r["times"]:
                continue
            if self.sim.fits(r["when"], self.payer.name, code, request.member, bool(request.controls()), request.update):
                found = r
                break
        if found is not None:
            found["used"] = found.get("used", 0) + 1
        return found or {"answers": [{"action": "A4"}]}

    def reject(self, request, reject, wishes):
        """A refusal by the scenario: nothing of the request is kept."""
        if reject == "ta1":
            wishes["ta1"] = "024"
            self.sim.note(payer=self.payer.name, op="submit", trace=request.trace, verdict="TA1 R", note="024", planned=True)
            return []
        um = request.event["UM"][0]
        found = [x12.Finding("5", "UM", um.position, "2000E", "8", 3, 0, "7", "the scenario refuses it")]
        self.refused("278", found, request.trace, planned=True)
        return found

    def record(self, request, rule, isa, gs):
        now = self.sim.clock.now()
        services = request.services() or {1: ("", "1")}
        stamp = self.sim.iso(now)
        record = {"request": request, "isa": isa, "gs": gs, "answers": {}, "repeats": 0, "pending": [], "cancelled": request.cancel,
                  "certification": request.certification, "references": request.references, "received": stamp, "lines": {str(k): v[0] for k, v in services.items()}, "payer_trace": self.payer.next_number("DESK")}
        for n, (code, units) in services.items():
            if request.cancel:
                record["answers"][n] = {"action": "C"}
                continue
            if request.taken_back(n):
                record["answers"][n] = {"action": "C"}
                continue
            mine = self.sim.rule_for(self.payer.name, code, request.member, bool(request.controls()), request.update) if len(services) > 1 else rule
            self.plan(record, n, mine["answers"], code, units, now)
        for control in request.controls():
            self.wanted[control] = request.trace
        if request.cancel:
            for other in self.payer.claims.values():
                if set(request.references) & {a.get("reference") or a.get("number") for a in other["answers"].values()}:
                    other["cancelled"], other["pending"] = True, []
        # What was not considered for a reason of the moment is looked at anew when it comes again.
        if not any(a.get("error", {}).get("followup") in ("P", "R") for a in record["answers"].values()):
            self.payer.claims[request.trace] = record
        return record

    def plan(self, record, n, steps, code, units, now):
        """The first step is the answer, the others follow in their time."""
        record["answers"][n] = self.decide(record["request"].trace, steps[0], code, units, now)
        record["pending"] = [p for p in record["pending"] if p[1] != n]
        at = now
        for step in steps[1:]:
            at += self.sim.seconds(step.get("after", "0s"))
            record["pending"].append((at, n, step, code, units))

    def decide(self, trace, template, code, units, now):
        answer = self.sim.answer_of(self.payer, template, code, units, now)
        if answer.get("wants"):
            answer["attach"] = self.payer.next_number("ATT")
            self.wanted[answer["attach"]] = trace
        return answer

    def answer(self, record, version=review.REQUEST):
        return review.answer_segments(record["request"], record["answers"], record, self.now(), version)

    def inquire(self, inquiry):
        """By our number, else by the payer's."""
        trace, record = inquiry.trace, self.payer.claims.get(inquiry.trace)
        if not record:
            for t, r in self.payer.claims.items():
                if set(inquiry.references) & {a.get("reference") or a.get("number") for a in r["answers"].values()}:
                    trace, record = t, r
        self.sim.note(payer=self.payer.name, op="inquire", trace=trace, verdict="found" if record else "none")
        if not record:
            return review.not_known(inquiry, self.now())
        kind, segments = self.answer(record, review.INQUIRY)
        segments[0][3] = inquiry.bht[3]
        return kind, segments

    def take_275(self, transaction):
        attachment = review.Attachment(transaction)
        trace = next((self.wanted[c] for c in attachment.controls if c in self.wanted), "")
        if not attachment.findings and not trace:
            attachment.findings.append(x12.Finding("5", "TRN", 3, "2000A", "8", 2, 0, "I12", "an attachment of no request that is known"))
        if attachment.findings:
            self.refused("275", attachment.findings, trace)
            return attachment.findings
        record, now = self.payer.claims.get(trace), self.sim.clock.now()
        if not record:  # of a request that was not considered and may come again
            self.sim.note(payer=self.payer.name, op="attach", trace=trace, verdict="999 A", controls=attachment.controls, wanted=False)
            return []
        announced = set(record["request"].controls())
        self.sim.note(payer=self.payer.name, op="attach", trace=trace, verdict="999 A", controls=attachment.controls, bytes=sum(attachment.documents),
                      formats=attachment.formats, wanted=not announced & set(attachment.controls))
        record.setdefault("attachments", []).extend(attachment.controls)
        if announced & set(attachment.controls):
            return []  # they come with the request, whose answer knew of them
        services = record["request"].services()
        for n, answer in list(record["answers"].items()):
            if answer.get("action") == "A4" and answer.get("attach") in attachment.controls:
                code, units = services[n]
                steps = self.sim.rule_for(self.payer.name, code, record["request"].member, True, True)["answers"]
                record["pending"].append((now + 1, n, steps[0], code, units))
        return []

    # ---- answers of their own accord ----

    def tell(self, trace):
        """A decision that nobody has asked for just now."""
        with self.sim.lock:
            record = self.payer.claims[trace]
            kind, data = self.response(record["isa"], record["gs"], self.answer(record), review.REQUEST)
        self.send(kind, data, trace)

    def stray(self, sender, receiver):
        """An answer to a request that was never made."""
        with self.sim.lock:
            isa = {"from_qual": sender[0], "from": sender[1], "to_qual": receiver[0], "to": receiver[1]}
            now = self.now()
            body = [["BHT", "0007", "11", "STRAY", now.strftime("%Y%m%d"), now.strftime("%H%M"), "18"], ["HL", "1", "", "20", "1"],
                    ["NM1", "X3", "2", self.payer.name.upper(), "", "", "", "", "PI", receiver[1]], ["HL", "2", "1", "21", "1"],
                    ["NM1", "1P", "2", "SOMEBODY ELSE", "", "", "", "", "XX", "1003900002"], ["HL", "3", "2", "22", "1"],
                    ["NM1", "IL", "1", "NOBODY", "NO", "", "", "", "MI", "NOMEMBER"], ["HL", "4", "3", "EV", "0"],
                    ["TRN", "2", "NOTOURS4711", "9PRIORPATH"], ["UM", "HS", "I", "1"], ["HCR", "A1", "AUTH-STRAY"]]
            kind, data = self.response(isa, (sender[1], receiver[1]), ("278", body), review.REQUEST)
        self.send(kind, data, "NOTOURS4711")

    def send(self, kind, data, trace):
        if self.transport == "file":
            self.put(kind, data)
            self.sim.note(payer=self.payer.name, op="tell", trace=trace, verdict="put")
        else:
            threading.Thread(target=self.post, args=(data, trace), daemon=True).start()

    def post(self, data, trace):
        """To the address that our partner gave for it, with the agreed header."""
        url = urllib.parse.urlsplit(f"{self.callback}/v1/payers/{self.payer.name}/notify")
        status = "nowhere to send it"
        for attempt in range(CALL_BACK_TRIES if self.callback else 0):
            try:
                connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=10)
                connection.request("POST", url.path, data, {"Content-Type": "application/edi-x12", "X-Payer-Key": self.secret})
                status = connection.getresponse().status
                connection.close()
                if status < 300:
                    self.sim.note(payer=self.payer.name, op="tell", trace=trace, verdict=f"{status}", attempt=attempt + 1)
                    return
            except OSError:
                status = "unreachable"
            if self.sim.stopping.wait(min(0.2 * 2 ** attempt, 5)):
                return
        self.sim.note(payer=self.payer.name, op="tell", trace=trace, verdict=f"given up: {status}")

    # ---- exchange folder ----

    def put(self, kind, data):
        """A file that is whole when it can be seen."""
        name = f"{self.payer.name}-{self.next_control():09d}.{'278' if kind == 'inquiry' else kind}"
        part = os.path.join(self.folder, "from-payer", "." + name + ".part")
        with open(part, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.rename(part, os.path.join(self.folder, "from-payer", name))

    def watch(self):
        """Takes what stands in to-payer, one after the other, until the simulator stops."""
        inbox, taken = os.path.join(self.folder, "to-payer"), os.path.join(self.folder, "taken")
        for folder in (inbox, taken, os.path.join(self.folder, "from-payer")):
            os.makedirs(folder, exist_ok=True)
        while not self.sim.stopping.wait(0.05):
            fault = self.payer.fault
            if fault and fault["mode"] == "down":
                continue
            for name in sorted(os.listdir(inbox)):
                if name.startswith(".") or name.endswith((".part", ".tmp")):
                    continue
                path = os.path.join(inbox, name)
                with open(path, "rb") as f:
                    data = f.read()
                os.rename(path, os.path.join(taken, name))
                try:
                    self.one_file(data)
                except (ValueError, KeyError, IndexError, TypeError, AttributeError) as e:
                    self.sim.note(payer=self.payer.name, op="submit", verdict="TA1 R", note="022", reason=type(e).__name__, planned=False)
                    self.put(*self.ta1(self.addresses(data), "R", "022"))

    def one_file(self, data):
        fault = self.sim.take_fault(self.payer)
        mode = fault["mode"] if fault else ""
        if mode == "drop":
            self.sim.note(payer=self.payer.name, op="file", verdict="lost unread")
            return
        if mode == "error500":
            self.sim.note(payer=self.payer.name, op="file", verdict="TA1 R", note="024", planned=True)
            with self.sim.lock:
                answer = self.ta1(self.addresses(data), "R", "024")
            self.put(*answer)
            return
        if mode == "slow":
            time.sleep(fault.get("seconds", 5))
        with self.sim.lock:
            answers, wishes = self.take(data)
        if mode == "cut":
            self.sim.note(payer=self.payer.name, op="file", verdict="cut")
            return
        for kind, bytes_ in answers:
            self.put(kind, bytes_)
            if wishes.get("twice") and kind == "278":
                self.put(kind, bytes_)

    # ---- CORE ----

    def core(self, content_type, body, cut):
        """A request envelope in; (status, content type, body) out, None when the line is to break."""
        fields = multipart(content_type, body)
        missing = [f for f in CORE_FIELDS if not fields.get(f)]
        if missing:
            self.sim.note(payer=self.payer.name, op="core", verdict="400", reason="missing " + missing[0])
            return self.error(fields, "PayloadTypeIllegal" if missing[0] == "PayloadType" else missing[0] + "Required", missing[0] + " is missing")
        if fields["ProcessingMode"] != "RealTime" or not fields["PayloadType"].startswith("X12_27"):
            self.sim.note(payer=self.payer.name, op="core", verdict="400", reason="PayloadType or ProcessingMode")
            return self.error(fields, "PayloadTypeIllegal", "this payload is not taken here")
        with self.sim.lock:
            answers, wishes = self.take(fields["Payload"].encode("latin-1"))
        if cut:
            self.sim.note(payer=self.payer.name, op="core", verdict="cut")
            return None
        kind, data = next((a for a in answers if a[0] in ("278", "inquiry")), None) or next((a for a in answers if a[0] == "999"), answers[-1])
        if wishes.get("twice"):
            self.send(kind, data, "")
        return self.envelope_out(fields, CORE_TYPES[kind], "Success", "", data)

    def error(self, fields, code, message):
        return self.envelope_out(fields, "CoreEnvelopeError", code, message, b"")

    def envelope_out(self, fields, payload_type, code, message, payload):
        boundary = uuid.uuid4().hex
        out = {"PayloadType": payload_type, "ProcessingMode": "RealTime", "PayloadID": str(uuid.uuid4()),
               "TimeStamp": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "SenderID": fields.get("ReceiverID", ""),
               "ReceiverID": fields.get("SenderID", ""), "CORERuleVersion": "2.2.0", "ErrorCode": code, "ErrorMessage": message}
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in out.items()]
        if payload:
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="Payload"\r\n\r\n'.encode() + payload + b"\r\n")
        return 200, f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


def multipart(content_type, body):
    """name -> text of a multipart/form-data body."""
    message = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    out = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        if name:
            out[name] = part.get_payload(decode=True).decode("latin-1").rstrip("\r\n")
    return out
