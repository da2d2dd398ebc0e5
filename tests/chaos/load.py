"""The load: invented people, what is ordered, written, booked and billed for them, and a journal of what was answered.

Each person belongs to one connection, which has one message in flight and sends it again until it is answered, as
senders do. So for each (sender, patient) the order of sending is known. A few messages are given up after a failure
(they may be in or not), a few are sent twice (they must count once).
"""
import datetime
import heapq
import http.client
import itertools
import json
import os
import random
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "day"))
import messages as m
import play as player

ANSWER_SECONDS = 6        # then the sender connects again and repeats
GIVE_UP = 0.03            # of the failures
TWICE = 0.03
MLLP_CONNECTIONS = 5
FAMILIES = "ADLER BRANDT CASTRO DOYLE EKLUND FABER GRAY HOLM IBSEN JUNG KERN LOPEZ MARSH NAGY OLIVER PETIT QUIST ROMERO STONE TOTH".split()
GIVEN = "ALMA BEN CLARA DANIEL EVA FINN GRETA HUGO IRIS JONAS KAI LENA MILO NORA OSCAR PIA RUBY SAM TARA VERA".split()
PAYERS = ["meridian", "prairie", "union", "lakeshore", "carebridge", "northgate", "harbor"]
MRI = ("72148", "MRI lumbar spine", ["M54.16"])
COLON = ("45378", "Colonoscopy, diagnostic", ["Z12.11"])
IMAGING = ("18748-4", "Imaging report", "LN")


class Message:
    """One thing to send. `sender` and `message_id` are how receive knows it; entity: ("order", number) and the like."""

    def __init__(self, person, kind, entity, sender, message_id, body, channel, content_type=""):
        self.person, self.kind, self.entity = person, kind, entity
        self.sender, self.message_id, self.body, self.channel, self.content_type = sender, message_id, body, channel, content_type
        self.tries, self.accepted, self.given_up, self.order = 0, False, False, 0


class Person:
    def __init__(self, number, rng):
        self.number = number
        self.plan = rng.choices(["plain", "group", "changed", "early", "fhir", "free"], [40, 15, 12, 12, 9, 12])[0]
        payer = rng.choice(["prairie", "meridian"] if self.plan == "free" else PAYERS)
        birth = datetime.date(1940, 1, 1) + datetime.timedelta(days=rng.randrange(22000))
        self.patient = m.Patient(f"{500000 + number}", rng.choice(FAMILIES), rng.choice(GIVEN), birth.isoformat(), rng.choice("FM"), payer)
        self.answer = rng.choices(["approve", "pend", "deny", "wait"], [35, 40, 15, 10])[0]
        self.rng = random.Random(rng.random())

    def rules(self):
        """What the payer answers for this person: all requests alike."""
        steps = {"approve": [{"action": "A1"}], "deny": [{"action": "A3", "reasons": ["0F"], "text": "Not shown."}], "wait": [{"action": "A4"}],
                 "pend": [{"action": "A4"}, {"after": f"{self.rng.randrange(4, 40)}m", "action": "A1"}]}[self.answer]
        return {"when": {"payer": self.patient.payer, "member": self.patient.member}, "answers": steps}


class Writer:
    """Makes the messages of a person; systems number theirs."""

    def __init__(self, play):
        self.play = play
        self.systems = {name: m.Sender(name, "LAKESIDE", name[0]) for name in ("EHR", "SCHED", "DOCS", "ADT")}
        self.controls = itertools.count(1)
        self.lock = threading.Lock()

    def hl7(self, person, system, named, entity, build, **more):
        sender = self.systems[system]
        with self.lock:
            text = build(sender, person.patient, self.play.now(), **more)
        return Message(person, named, entity, f"ehr/{sender.app}/{sender.facility}", text.split("|")[9], text, "mllp")

    def claim(self, person, claim_no, code):
        with self.lock:
            control = next(self.controls)
        text = m.claim(person.patient, self.play.now(), claim_no, [(code, "1", self.play.now() + datetime.timedelta(days=1))], None, control=control)
        return Message(person, "claim", ("claim", claim_no), None, f"LKS001/{control:09d}", text, "http", "application/edi-x12")

    def fhir(self, person, kind, entity, text):
        return Message(person, kind, entity, None, json.loads(text).get("id", ""), text, "http", "application/fhir+json")

    def steps(self, p):
        """[(seconds after the one before, function that makes the message)] for a person."""
        order, n = f"O{p.number}", p.number
        site = p.rng.choice(["lks", "nor", "ced"])
        start = self.play.day + datetime.timedelta(days=p.rng.randrange(2, 25), hours=p.rng.randrange(8, 17))
        service = COLON if p.plan == "free" else MRI

        def ordered(order_no=order, what=service, **more):
            return lambda: self.hl7(p, "EHR", "order", ("order", order_no), m.order, order_no=order_no, code=what[0], text=what[1], dx=what[2], site=site, **more)

        def note(order_no=order, no=f"D{n}", kind=("11506-3", "Progress note", "LN")):
            return lambda: self.hl7(p, "DOCS", "note", ("document", no), m.document, document_no=no, order_no=order_no, kind=kind)

        def visit(trigger="S12", days=0):
            return lambda: self.hl7(p, "SCHED", "visit", ("visit", f"V{n}"), m.visit, visit_no=f"V{n}", order_no=order, start=start + datetime.timedelta(days=days),
                                    trigger=trigger, site=site, code=service[0])

        def billed(code=service[0]):
            return lambda: self.claim(p, f"C{n}", code)

        wait = lambda: p.rng.uniform(0.1, 6)
        plain = [(0, ordered()), (wait(), note()), (wait(), visit())]
        if p.rng.random() < 0.4:
            plain.append((wait(), visit("S13", 3)))
        if p.rng.random() < 0.2:
            plain.append((wait(), visit("S15", 3)))
        if p.plan == "free":
            plain.pop(1)
        if p.plan == "group":
            plain[0:1] = [(0, ordered(f"{order}-1", group=order)), (wait(), ordered(f"{order}-2", ("62323", "Epidural injection, lumbar", ["M54.16"]), group=order))]
            plain[2] = (wait(), note(f"{order}-1"))
            plain.insert(3, (wait(), note(f"{order}-2", f"D{n}i", IMAGING)))
        if p.plan == "changed":
            plain.append((wait() + 3, ordered(what=("72158", "MRI lumbar spine, without and with contrast", ["M54.16"]), control="XO")))
        if p.plan == "early":
            first = (0, lambda: self.hl7(p, "ADT", "registration", ("registration", p.patient.mrn), m.registration, trigger="A04"))
            plain = [first] + p.rng.sample(plain[1:], len(plain) - 1) + [(wait(), ordered())]
        if p.plan == "fhir":
            plain = [(0, lambda: self.fhir(p, "order", ("order", order), m.fhir_order(p.patient, self.play.now(), order, *MRI))),
                     (wait(), lambda: self.fhir(p, "note", ("document", f"D{n}"), m.fhir_document(p.patient, self.play.now(), order, f"D{n}", "Six weeks of therapy."))),
                     (wait(), visit())]
        if p.rng.random() < 0.6:
            plain.append((wait(), billed("72158" if p.plan == "changed" else service[0])))
        if p.rng.random() < 0.15:
            plain.append((wait(), lambda: self.hl7(p, "ADT", "registration", ("registration", p.patient.mrn), m.registration)))
        return plain


class Mllp:
    def __init__(self, host, port):
        self.address, self.socket = (host, port), None

    def send(self, message):
        if not self.socket:
            self.socket = socket.create_connection(self.address, timeout=ANSWER_SECONDS)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(ANSWER_SECONDS)
        self.socket.sendall(b"\x0b" + message.body.encode() + b"\x1c\r")
        answer, until = b"", time.time() + ANSWER_SECONDS
        while not answer.endswith(b"\x1c\r"):
            part = self.socket.recv(65536)
            if not part or time.time() > until:
                raise OSError("no answer")
            answer += part
        text = answer.decode()
        return ("|AA|" in text or "|CA|" in text) and f"|{message.message_id}" in text

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None


class Http:
    def __init__(self, url, token):
        self.host, self.token, self.connection = url.split("//")[1], token, None

    def send(self, message):
        if not self.connection:
            self.connection = http.client.HTTPConnection(self.host, timeout=ANSWER_SECONDS)
        self.connection.request("POST", "/v1/messages", message.body.encode(), {"Content-Type": message.content_type, "Authorization": f"Bearer {self.token}"})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status == 202

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Notes:
    """People at the console: commands, each repeated under its id until it is answered."""

    def __init__(self, load, play, rng):
        self.load, self.play, self.rng = load, play, rng
        self.commands = {}    # id -> accepted

    def run(self):
        while not self.load.ending.is_set():
            time.sleep(self.rng.uniform(0.2, 0.8))
            known = [m.person for m in self.load.journal if m.kind == "order" and m.accepted]
            if known:
                self.write(self.rng.choice(known), f"note-{len(self.commands) + 1}")

    def write(self, person, ident):
        case = None
        while not self.load.ending.is_set():
            try:
                case = case or self.play.find_case(f"O{person.number}")
                if not case:
                    return
                body = {"id": ident, "type": "note.add", "target": case["id"], "args": {"case_id": case["id"], "kind": "note", "text": ident}}
                self.commands.setdefault(ident, False)
                answer = self.play.request("POST", self.play.config.api["status"] + "/v1/commands", body)
                self.commands[ident] = answer.get("status", "done") == "done"
                return
            except (player.Failed, OSError, ValueError, http.client.HTTPException):
                time.sleep(0.3)


class Load:
    def __init__(self, play, seed, seconds, rate):
        self.play, self.seconds, self.rate = play, seconds, rate
        self.rng = random.Random(seed)
        self.writer = Writer(play)
        self.people, self.journal, self.errors = [], [], []
        self.counter = itertools.count(1)
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.threads = []

    def make_people(self):
        """People enough for the rate, and the payers' rules for them."""
        expected, n = 0, 0
        while expected < self.seconds * self.rate:
            n += 1
            p = Person(n, self.rng)
            p.todo = self.writer.steps(p)
            expected += len(p.todo)
            self.people.append(p)
        return [p.rules() for p in self.people]

    def start(self):
        token = self.play.token("client", "referrals")
        self.notes = Notes(self, self.play, random.Random(self.rng.random()))
        self.writing = threading.Thread(target=self.notes.run, daemon=True)
        self.writing.start()
        begin = time.time()
        for i in range(MLLP_CONNECTIONS):
            mine = self.people[i::MLLP_CONNECTIONS]
            channels = {"mllp": Mllp("127.0.0.1", self.play.config.mllp["ehr"]), "http": Http(self.play.config.door, token)}
            thread = threading.Thread(target=self.run, args=(mine, channels, begin, self.rng.random()), daemon=True)
            thread.start()
            self.threads.append(thread)

    def run(self, people, channels, begin, seed):
        rng = random.Random(seed)
        heap, ties = [], itertools.count()
        for p in people: # arrivals are spread over the time less what a person's steps take
            heapq.heappush(heap, (begin + rng.uniform(0, max(1.0, self.seconds - 8)), next(ties), p, 0))
        while heap and not self.ending.is_set():
            due, _, p, at = heapq.heappop(heap)
            if due > time.time():
                time.sleep(max(0.0, min(due - time.time(), 0.5)))
                if due > time.time():
                    heapq.heappush(heap, (due, next(ties), p, at))
                    continue
            try:
                self.deliver(p.todo[at][1](), channels, rng)
            except Exception as e: # a fault of the load itself must be seen
                self.errors.append(f"{type(e).__name__}: {e}")
                return
            if at + 1 < len(p.todo):
                heapq.heappush(heap, (time.time() + p.todo[at + 1][0], next(ties), p, at + 1))

    def deliver(self, message, channels, rng):
        with self.lock:
            message.order = next(self.counter)
            self.journal.append(message)
        channel = channels[message.channel]
        again = 1 if rng.random() < TWICE else 0
        while not self.ending.is_set():
            message.tries += 1
            try:
                good = channel.send(message)
            except (OSError, http.client.HTTPException):
                good = False
            if good:
                message.accepted = True
                if not again:
                    return
                again = 0
                continue
            channel.close()
            if message.accepted:
                return
            if rng.random() < GIVE_UP:
                break
            time.sleep(0.2)
        message.given_up = not message.accepted

    def busy(self):
        return any(t.is_alive() for t in self.threads)

    def finish(self, seconds):
        """Lets what is begun come to an end, then stops."""
        until = time.time() + seconds
        while self.busy() and time.time() < until:
            time.sleep(0.2)
        self.ending.set()
        for t in self.threads + [self.writing]:
            t.join(ANSWER_SECONDS + 2)
