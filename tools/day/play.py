#!/usr/bin/env python3
"""Plays the day of a small practice against a running installation, tells it in plain words, and sums it up.

    python3 tools/day/play.py --run .run

Needs only the standard library. The day is virtual: --speed 360 makes an hour pass in ten seconds.
"""
import argparse
import collections
import datetime
import hashlib
import itertools
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases as day_cases
import messages as m

START_HOUR = 7            # local; the day begins
DAY_MINUTES = 600
SETTLE_SECONDS = 60       # real time at most, for what is still under way at the end
CHICAGO_STANDARD = datetime.timezone(datetime.timedelta(hours=-6))
COLOURS = {"green": "32", "amber": "33", "red": "31", "grey": "90"}


PAYERS_ASKED = ("meridian", "prairie", "union", "lakeshore", "carebridge")


def derive(parent, name):
    """The platform's UUIDv8 from a name: the id of a pseudo-person such as "payer:meridian"."""
    b = bytearray(hashlib.sha256(parent + name.encode()).digest()[:16])
    b[6] = 0x80 | (b[6] & 0x0F)
    b[8] = 0x80 | (b[8] & 0x3F)
    return bytes(b)


class Failed(Exception):
    pass


class Config:
    """Addresses and tokens of one installation; every value may be given by the environment."""

    def __init__(self, run):
        env = os.environ.get
        self.run = run
        self.host = "127.0.0.1"
        self.mllp = {"ehr": int(env("PP_MLLP_PORT", 2575)), "ris": int(env("PP_MLLP_RIS_PORT", 2576))}
        self.door = f"http://127.0.0.1:{env('PP_DOOR_PORT', '7100')}"
        self.payersim = env("PP_PAYERSIM_URL", "http://127.0.0.1:7150")
        self.api = {"status": env("PP_STATUS_URL", "http://127.0.0.1:7104"), "submission": env("PP_SUBMISSION_URL", "http://127.0.0.1:7103"),
                    "claims": env("PP_CLAIMS_URL", "http://127.0.0.1:7105"), "chart": env("PP_CHART_URL", "http://127.0.0.1:7107")}
        self.clock = os.path.join(run, "clock")
        self.drop = env("PP_DROP_DIR", os.path.join(run, "drop"))
        self.priorpath = env("PP_BIN", "build/bin") + "/priorpath"


class Play:
    def __init__(self, config, options):
        self.config, self.quiet = config, options.quiet
        self.number = options.day
        self.cases = day_cases.cases()
        for c in self.cases:
            rename(c, self.number)
        self.by_key = {c.key: c for c in self.cases}
        self.day = options.start
        self.speed = options.speed
        tag = f"{self.number:02d}"
        self.ehr = m.Sender("EHR", "LAKESIDE", f"E{tag}")
        self.sched = m.Sender("SCHED", "LAKESIDE", f"S{tag}")
        self.docs = m.Sender("DOCS", "LAKESIDE", f"D{tag}")
        self.lab = m.Sender("LAB", "LAKESIDE", f"L{tag}")
        self.adt = m.Sender("ADT", "LAKESIDE", f"A{tag}")
        self.ris = m.Sender("RIS", "LAKESIDE", f"R{tag}")
        self.controls = itertools.count(self.number * 1000 + 1)
        self.sockets = {}
        self.notes = {}
        self.tokens = {}
        self.problems = []

    # ---- time ----

    def now(self):
        base, real, speed = open(self.config.clock, encoding="ascii").read().split()
        ms = float(base) + (time.time() * 1000 - float(real)) * float(speed)
        return datetime.datetime.fromtimestamp(ms / 1000, CHICAGO_STANDARD)

    def date(self, days):
        return (self.day + datetime.timedelta(days=days)).strftime("%Y-%m-%d")

    def set_clock(self, at, speed):
        text = f"{int(at.timestamp() * 1000)} {int(time.time() * 1000)} {speed}"
        part = self.config.clock + ".part"
        with open(part, "w", encoding="ascii") as f:
            f.write(text)
        os.rename(part, self.config.clock)

    # ---- sending ----

    def say(self, text):
        if not self.quiet:
            print(text, flush=True)

    def connection(self, partner):
        if partner not in self.sockets:
            s = socket.create_connection((self.config.host, self.config.mllp[partner]), timeout=15)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets[partner] = s
        return self.sockets[partner]

    def mllp(self, text, partner="ehr"):
        s = self.connection(partner)
        s.sendall(b"\x0b" + text.encode() + b"\x1c\r")
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            part = s.recv(65536)
            if not part:
                raise Failed("the MLLP listener closed the connection without an answer")
            answer += part
        answer = answer[1:-2].decode()
        if "|AA|" not in answer and "|CA|" not in answer:
            raise Failed(f"not accepted: {answer.splitlines()[1][:80]}")
        return answer

    def garbage(self):
        """Nothing of this may disturb anybody else."""
        port = self.config.mllp["ehr"]
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x0bthis is no message\x1c\r", b"\x0bMSH|^~\\&|HALF|A|MESSAGE"):
            with socket.create_connection((self.config.host, port), timeout=5) as s:
                s.sendall(data)
                s.settimeout(0.3)
                try:
                    s.recv(65536)
                except TimeoutError:
                    pass
        with socket.create_connection((self.config.host, port), timeout=20) as s:
            try:
                s.sendall(b"\x0bMSH|^~\\&|BIG|A|||2026||ORM^O01|BIG1|P|2.5.1\rNTE|1||")
                chunk = b"x" * (1 << 20)
                for _ in range(34):
                    s.sendall(chunk)
                s.sendall(b"\r\x1c\r")
                s.settimeout(2)
                s.recv(65536)
            except OSError:
                pass

    def token(self, roles, user):
        if roles not in self.tokens:
            out = subprocess.run([self.config.priorpath, "token", f"--secrets-dir={self.config.run}/secrets", "--tenant=lakeside", f"--sub={user}",
                                  f"--roles={roles}", "--sites=*"],
                                 capture_output=True, text=True, check=False)
            if out.returncode != 0:
                raise Failed(f"no token: {out.stderr.strip()[:200]}")
            self.tokens[roles] = out.stdout.strip()
        return self.tokens[roles]

    def request(self, method, url, body=None, content_type="application/json", roles="pa,lead,biller,scheduler,clinician", user="day"):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        r = urllib.request.Request(url, data, method=method)
        r.add_header("Content-Type", content_type)
        if not url.startswith(self.config.payersim):
            r.add_header("Authorization", "Bearer " + self.token(roles, user))
        try:
            with urllib.request.urlopen(r, timeout=20) as answer:
                text = answer.read().decode()
                return json.loads(text) if text else {}
        except urllib.error.HTTPError as e:
            text = e.read().decode(errors="replace")
            if e.code == 404 and method == "GET":
                return None
            raise Failed(f"{method} {url}: {e.code} {text[:200]}") from None
        except urllib.error.URLError as e:
            raise Failed(f"{method} {url}: {e.reason}") from None

    def http(self, text, content_type):
        self.request("POST", self.config.door + "/v1/messages", text, content_type, roles="client", user="referrals")

    def drop(self, name, text):
        folder = os.path.join(self.config.drop, "lakeside", "billing")
        os.makedirs(folder, exist_ok=True)
        part = os.path.join(folder, "." + name)
        with open(part, "w", encoding="ascii") as f:
            f.write(text)
        os.rename(part, os.path.join(folder, name))

    def fault(self, payer, mode, count=1):
        self.request("POST", self.config.payersim + "/_sim/fault", {"payer": payer, "mode": mode, "count": count})

    def stray(self, payer, ours, theirs):
        """The payer answers a request that nobody made; ours and theirs: how the interchange names both."""
        self.request("POST", self.config.payersim + "/_sim/stray", {"payer": payer, "from": ["ZZ", ours], "to": ["ZZ", theirs]})

    def subscribe(self):
        """Sees to it that the payers tell us of their decisions."""
        for payer in PAYERS_ASKED:
            person = derive(derive(bytes(16), "lakeside"), f"payer:{payer}")
            self.request("POST", self.config.api["submission"] + "/v1/commands", {
                "id": f"subscribe-{payer}-{self.number}", "type": "payer.subscribe", "target": str(uuid.UUID(bytes=person)),
                "args": {"payer": payer, "org": "1003900002"}}, roles="ops")

    def command(self, owner, kind, order_no, args):
        case = self.find_case(self.renamed(order_no))
        if not case:
            raise Failed(f"no case for order {order_no} yet")
        body = {"id": f"day-{self.number}-{kind}-{order_no}", "type": kind, "target": case["id"], "args": {"case_id": case["id"], **args}}
        answer = self.request("POST", self.config.api[owner] + "/v1/commands", body)
        if answer.get("status", "done") != "done":
            raise Failed(f"{kind}: {answer.get('status')}: {answer.get('message')}")

    def until(self, words, seen):
        """Who acts looks first: waits until `seen` says yes."""
        end = time.time() + SETTLE_SECONDS
        while not seen():
            if time.time() > end:
                raise Failed(f"{words}: not seen within {SETTLE_SECONDS} s")
            time.sleep(0.1)

    # ---- looking ----

    def find_case(self, order_no):
        """Head of the case with this order or group number; None while there is none."""
        found = self.request("GET", f"{self.config.api['status']}/v1/cases?order_no={order_no}")
        return found["rows"][0] if found and found["rows"] else None

    def full_case(self, order_no):
        head = self.find_case(order_no)
        return self.request("GET", f"{self.config.api['status']}/v1/cases/{head['id']}") if head else None

    def authorization(self, order_no):
        """The number that a subscriber of pa.authorization.v1 would print on the claim."""
        case = self.full_case(self.renamed(order_no))
        return next((line["authorization"]["number"] for line in (case or {}).get("lines", []) if line["authorization"]["number"]), None)

    def case(self, key):
        return self.by_key[key]

    def renamed(self, order_no):
        return order_no if self.number == 1 else f"{order_no}-{self.number}"

    def note(self, key, value):
        self.notes[key] = value

    def next_control(self):
        return next(self.controls)

    # ---- playing ----

    def steps(self):
        return sorted(((minute, c, words, act) for c in self.cases for minute, words, act in c.steps), key=lambda s: s[0])

    def run(self):
        rules = [r for c in self.cases for r in c.answers]
        self.request("POST", self.config.payersim + "/_sim/scenario", {"rules": rules, "eligibility": [
            {"when": {"payer": c.patient.payer, "member": c.patient.member}, **e} for c in self.cases for e in c.eligibility]})
        begin = self.day + datetime.timedelta(hours=START_HOUR)
        self.set_clock(begin, self.speed)
        self.subscribe()
        self.say(f"\n{begin:%A, %B} {begin.day}, {begin.year}. {len(self.cases)} cases, one hour passes in {3600 / self.speed:.0f} seconds.\n")
        for minute, c, words, act in self.steps():
            wait = (begin + datetime.timedelta(minutes=minute) - self.now()).total_seconds() / self.speed
            if wait > 0:
                time.sleep(wait)
            try:
                act(self)
                self.say(f"  {self.now():%H:%M}  {c.patient.given[0]}.{c.patient.family[0]}. ··{c.patient.mrn[-4:]:<5} {words}")
            except (Failed, OSError) as e:
                self.problems.append(f"{c.key}: {words}: {e}")
                self.say(f"  {self.now():%H:%M}  {c.patient.given[0]}.{c.patient.family[0]}. ··{c.patient.mrn[-4:]:<5} {words}: FAILED: {e}")
        wait = (begin + datetime.timedelta(minutes=DAY_MINUTES) - self.now()).total_seconds() / self.speed
        if wait > 0:
            time.sleep(wait)
        self.settle()
        self.set_clock(self.now(), 1)

    def settle(self):
        """Waits until nothing has changed for a moment, at most SETTLE_SECONDS."""
        before, since, end = None, time.time(), time.time() + SETTLE_SECONDS
        while time.time() < end:
            picture = json.dumps(self.look(), sort_keys=True)
            if picture != before:
                before, since = picture, time.time()
            elif time.time() - since > 3:
                return
            time.sleep(0.5)

    def look(self):
        return {c.key: self.find_case(self.renamed(c.order_no)) for c in self.cases}


def rename(c, number):
    """Later days are other people with other numbers; messages of the first day stay as they are in cases.py."""
    if number == 1:
        return
    c.patient.mrn = f"{number}{c.patient.mrn}"
    c.patient.member = f"{number}{c.patient.member}"
    for rule in c.answers:
        rule["when"]["member"] = f"{number}{rule['when']['member']}"


def summary(play):
    """Cases by outcome, appointments by readiness, claims, and what needs a person."""
    api = play.config.api
    found = {k: v for k, v in play.look().items() if v}
    print(f"\n{len(found)} of {len(play.cases)} orders are cases:")
    for word, n in collections.Counter(v["headline"] for v in found.values()).most_common():
        print(f"  {n:>3}  {word}")
    counts = play.request("GET", api["status"] + "/v1/views/counts")
    print("\nAppointments: " + ", ".join(f"{n} {paint(colour)}" for colour, n in sorted(counts["visits"].items())))
    holds = play.request("GET", api["claims"] + "/v1/claims/holds")
    print(f"\n{holds['total']} claims are held:")
    for h in holds["rows"]:
        print(f"       {h['claim_no']:<12} {', '.join(h['reasons']).replace('_', ' ')}; likely denial CARC {h['carc'] or '-'}: {h['next_step']}")
    tasks = play.request("GET", api["status"] + "/v1/tasks?limit=200")
    print(f"\n{tasks['total']} tasks need a person:")
    for (queue, kind), n in sorted(collections.Counter((t["queue"], t["kind"]) for t in tasks["rows"]).items()):
        print(f"  {n:>3}  {queue:<14} {kind.replace('_', ' ')}")
    if play.problems:
        print(f"\n{len(play.problems)} steps failed:")
        for p in play.problems:
            print("  " + p)


def paint(colour):
    code = COLOURS.get(colour)
    return f"\033[{code}m{colour}\033[0m" if code and sys.stdout.isatty() else colour


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default=".run", help="folder of the installation")
    parser.add_argument("--speed", type=float, default=360, help="virtual seconds in a real one")
    parser.add_argument("--day", type=int, default=0, help="number of the day; 0 = the next one")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    counter = os.path.join(options.run, "day")
    if options.day == 0:
        options.day = int(open(counter, encoding="ascii").read()) + 1 if os.path.exists(counter) else 1
    start = datetime.datetime(2026, 11, 24, tzinfo=CHICAGO_STANDARD)
    options.start = business_day(start, options.day - 1)
    with open(counter, "w", encoding="ascii") as f:
        f.write(str(options.day))
    play = Play(Config(options.run), options)
    try:
        play.run()
        summary(play)
    except Failed as e:
        sys.exit(f"the day stopped: {e}")
    return 1 if play.problems else 0


def business_day(start, days):
    t = start
    while days:
        t += datetime.timedelta(days=1)
        if t.weekday() < 5 and (t.month, t.day) not in ((11, 26), (12, 25), (1, 1)):
            days -= 1
    return t


if __name__ == "__main__":
    sys.exit(main())
