#!/usr/bin/env python3
"""Payer simulator: payers by FHIR PAS and by X12 that decide by a scenario and fail on command. See README.md beside this file."""
import argparse
import datetime
import functools
import http.client
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import eligibility
import gateway
import pas

BODY_MAX = 64 * 1024 * 1024
LOG_MAX = 200_000
NOTIFY_TRIES = 40
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Clock:
    """Virtual time from the file that the services share; real time without one."""

    def __init__(self, path):
        self.path = path

    def _read(self):
        try:
            with open(self.path, encoding="ascii") as f:
                base, real, speed = f.read().split()
            return float(base), float(real), float(speed)
        except (OSError, ValueError, TypeError):
            return None

    def now(self):
        state = self._read()
        real_ms = time.time() * 1000
        if not state:
            return real_ms / 1000
        base, real, speed = state
        return (base + (real_ms - real) * speed) / 1000

    def speed(self):
        state = self._read()
        return state[2] if state else 1.0


def first_line(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.readline().strip()


def seconds(text):
    return float(text[:-1]) * UNITS[text[-1]]


def iso(t):
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(t, plus=0):
    return (datetime.datetime.fromtimestamp(t, datetime.timezone.utc) + datetime.timedelta(days=plus)).strftime("%Y-%m-%d")


class Payer:
    def __init__(self, sim, name):
        self.sim, self.name = sim, name
        self.claims = {}         # trace -> {"claim", "answers", "bundle", "repeats", "pending": [...]}
        self.subscriptions = {}  # id -> resource
        self.events = 0
        self.fault = None        # {"mode", "count", "seconds"}
        self.numbers = 0
        self.server = None
        self.gateway = None      # of a payer that speaks X12

    def next_number(self, prefix):
        self.numbers += 1
        return f"{prefix}-{self.name[:2].upper()}{self.numbers:05d}"


class Sim:
    def __init__(self, options):
        self.clock = Clock(options.clock_file)
        self.bind = options.bind
        self.lock = threading.RLock()
        self.log = []
        self.scenario = {"rules": []}
        if options.scenario:
            with open(options.scenario, encoding="utf-8") as f:
                self.scenario = json.load(f)
        self.tokens = {}
        if options.secrets_dir:
            for payer in options.payers.split(","):
                payer = payer.partition(":")[0]
                token = first_line(os.path.join(options.secrets_dir, f"payer-{payer}.token"))
                if token:
                    self.tokens[payer] = token
        self.payers = {}
        for word in options.payers.split(","):
            name, _, transport = word.partition(":")
            self.payers[name] = Payer(self, name)
            if transport:
                self.payers[name].gateway = self.gateway_of(options, self.payers[name], transport)
        self.stopping = threading.Event()
        self.switching = threading.Lock()  # two faults at once must not open and close one listener

    def gateway_of(self, options, payer, transport):
        if transport not in ("core", "file"):
            sys.exit(f"payersim: {payer.name}: a payer speaks X12 by core or by file, not by {transport}")
        folder = ""
        if transport == "file":
            if not options.exchange_dir:
                sys.exit(f"payersim: {payer.name} needs --exchange-dir")
            folder = os.path.join(options.exchange_dir, payer.name)
        secret = first_line(os.path.join(options.secrets_dir, f"payer-{payer.name}-callback")) if options.secrets_dir else ""
        return gateway.Gateway(self, payer, transport, folder, options.callback_url.rstrip("/"), secret)

    iso = staticmethod(lambda t: iso(t))
    seconds = staticmethod(lambda text: seconds(text))

    def take_fault(self, payer):
        with self.lock:
            fault = payer.fault
            if not fault or fault["mode"] == "down":
                return None
            fault["count"] -= 1
            if fault["count"] <= 0:
                payer.fault = None
            return fault

    def note(self, **entry):
        with self.lock:
            entry["n"] = len(self.log) + 1
            entry["at"] = iso(self.clock.now())
            self.log.append(entry)
            del self.log[:-LOG_MAX]

    # ---- deciding ----

    @staticmethod
    def fits(when, payer, code, member, has_documents, update):
        if when.get("payer", payer) != payer or when.get("code", code) != code:
            return False
        if "member" in when and when["member"] != member:
            return False
        if "documents" in when and when["documents"] != has_documents:
            return False
        return "update" not in when or when["update"] == update

    def rule_for(self, payer, code, member, has_documents, update):
        for rule in self.scenario["rules"]:
            if self.fits(rule["when"], payer, code, member, has_documents, update):
                return rule
        return {"answers": [{"action": "A4"}]}

    def answer_of(self, payer, template, code, units, now):
        """Fills a scenario answer with numbers and dates."""
        answer = dict(template)
        if answer.get("action") in ("A1", "A2", "A6"):
            answer.setdefault("number", payer.next_number("AUTH"))
            answer.setdefault("from", day(now))
            answer.setdefault("until", day(now, int(answer.pop("days", 90))))
            answer.setdefault("code", code)
            answer.setdefault("units", units)
        elif answer.get("action") == "A4":
            answer.setdefault("reference", payer.next_number("PEND"))
        if "due_in" in answer:
            answer["due"] = iso(now + seconds(answer.pop("due_in")))
        answer.pop("after", None)
        return answer

    def submit(self, payer, bundle):
        claim, by_url = pas.check_bundle(bundle)
        trace = claim["identifier"][0]["value"]
        now = self.clock.now()
        known = payer.claims.get(trace)
        if known:
            known["repeats"] += 1
            return trace, known["bundle"], True
        member = next((r.get("subscriberId", "") for r in by_url.values() if r["resourceType"] == "Coverage"), "")
        documents = any(r["resourceType"] == "DocumentReference" for r in by_url.values())
        cancel = pas.extension(claim, "extension-certificationType") is not None
        update = bool(claim.get("related"))
        record = {"claim": claim, "answers": {}, "repeats": 0, "pending": [], "cancelled": cancel, "received": iso(now),
                  "lines": {str(k): v[0] for k, v in pas.item_codes(claim).items()}}
        for sequence, (code, units) in pas.item_codes(claim).items():
            if cancel:
                record["answers"][sequence] = {"action": "C"}
                continue
            steps = self.rule_for(payer.name, code, member, documents, update)["answers"]
            record["answers"][sequence] = self.answer_of(payer, steps[0], code, units, now)
            at = now
            for step in steps[1:]:
                at += seconds(step.get("after", "0s"))
                record["pending"].append((at, sequence, step, code, units))
        if cancel and not record["answers"]:
            record["answers"][1] = {"action": "C"}
        record["bundle"] = pas.claim_response(claim, record["answers"], day(now), iso(now))
        payer.claims[trace] = record
        return trace, record["bundle"], False

    def inquire(self, payer, bundle):
        claim = next((e["resource"] for e in bundle.get("entry", []) if e.get("resource", {}).get("resourceType") == "Claim"), None)
        if not claim or not claim.get("identifier"):
            raise pas.Refused("Claim", "is missing")
        traces = [i.get("value") for i in claim["identifier"]]
        for related in claim.get("related") or []:
            traces.append(related.get("reference", {}).get("value"))
        for trace in traces:
            if trace in payer.claims:
                return trace, payer.claims[trace]["bundle"]
        return traces[0], None

    # ---- notifications ----

    def run_pending(self):
        while not self.stopping.wait(0.05):
            now = self.clock.now()
            due = []
            with self.lock:
                for payer in self.payers.values():
                    for trace, record in payer.claims.items():
                        ready = [p for p in record["pending"] if p[0] <= now]
                        if not ready:
                            continue
                        record["pending"] = [p for p in record["pending"] if p[0] > now]
                        for _, sequence, step, code, units in ready:
                            decide = functools.partial(payer.gateway.decide, trace) if payer.gateway else functools.partial(self.answer_of, payer)
                            record["answers"][sequence] = decide(step, code, units, now)
                        due.append((payer, trace, record))
                for payer, trace, record in due:
                    self.refresh(payer, record, now)
            for payer, trace, record in due:
                self.tell(payer, trace, record)

    @staticmethod
    def refresh(payer, record, now):
        if payer.gateway:
            return  # what it says is written when it is sent
        record["bundle"] = pas.claim_response(record["claim"], record["answers"], day(now), iso(now))

    def tell(self, payer, trace, record):
        if payer.gateway:
            payer.gateway.tell(trace)
        else:
            self.notify(payer, trace, record["bundle"])

    def notify(self, payer, trace, bundle):
        with self.lock:
            subscriptions = list(payer.subscriptions.items())
            payer.events += 1
            number = payer.events
        if not subscriptions:
            self.note(payer=payer.name, op="notify", trace=trace, verdict="nobody subscribed")
        for sid, subscription in subscriptions:
            body = pas.notification(sid, number, iso(self.clock.now()), bundle)
            threading.Thread(target=self.deliver, args=(payer, subscription, body, trace), daemon=True).start()

    def deliver(self, payer, subscription, body, trace):
        url = urllib.parse.urlsplit(subscription["channel"]["endpoint"])
        headers = {"Content-Type": "application/fhir+json"}
        for line in subscription["channel"].get("header", []):
            name, _, value = line.partition(":")
            headers[name.strip()] = value.strip()
        data = json.dumps(body).encode()
        for attempt in range(NOTIFY_TRIES):
            try:
                connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=10)
                connection.request("POST", url.path, data, headers)
                status = connection.getresponse().status
                connection.close()
                if status < 300:
                    self.note(payer=payer.name, op="notify", trace=trace, verdict=f"{status}", attempt=attempt + 1)
                    return
            except OSError:
                status = "unreachable"
            if self.stopping.wait(min(0.2 * 2 ** attempt, 5)):
                return
        self.note(payer=payer.name, op="notify", trace=trace, verdict=f"given up: {status}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "payersim"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    @property
    def sim(self):
        return self.server.sim

    def send(self, status, body, headers=()):
        self.send_bytes(status, "application/fhir+json", json.dumps(body).encode(), headers)

    def send_bytes(self, status, content_type, data, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def reset(self):
        """Closes hard, as a network that breaks does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def read_body(self):
        n = int(self.headers.get("Content-Length") or 0)
        if n > BODY_MAX:
            raise pas.Refused("body", "too large")
        return self.rfile.read(n)

    # ---- payer side ----

    def do_POST(self):
        self.dispatch("POST")

    def do_GET(self):
        self.dispatch("GET")

    def dispatch(self, method):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        if path.startswith("/_sim/"):
            return self.control(method, path[6:])
        payer = self.server.payer
        if payer and payer.gateway and path == f"/{payer.name}/core":
            return self.core(payer)
        if payer and payer.gateway and path == f"/{payer.name}/eligibility":
            return self.send_bytes(*eligibility.answer(self.sim, payer, self.headers.get("Content-Type", ""), self.read_body()))
        prefix = f"/{payer.name}/fhir/" if payer else None
        if not payer or not path.startswith(prefix):
            self.read_body()
            return self.send(404, pas.outcome("not-found", "no such payer here"))
        op = path[len(prefix):]
        fault = self.sim.take_fault(payer) if op.startswith("Claim/") else None
        if fault and fault["mode"] == "drop":
            self.sim.note(payer=payer.name, op=op, verdict="dropped unread")
            return self.reset()
        body = self.read_body()
        if fault and fault["mode"] == "error500":
            self.sim.note(payer=payer.name, op=op, verdict="500")
            return self.send(500, pas.outcome("exception", "internal error"))
        if fault and fault["mode"] == "slow":
            time.sleep(fault.get("seconds", 5))
        token = self.sim.tokens.get(payer.name)
        if token and self.headers.get("Authorization") != f"Bearer {token}":
            self.sim.note(payer=payer.name, op=op, verdict="401")
            return self.send(401, pas.outcome("login", "token missing or wrong"))
        try:
            self.operate(method, payer, op, body, cut=bool(fault and fault["mode"] == "cut"))
        except pas.Refused as e:
            self.sim.note(payer=payer.name, op=op, verdict="400", place=e.place, reason=e.reason)
            self.send(400, pas.outcome("invalid", e.reason, e.place))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as e:
            self.sim.note(payer=payer.name, op=op, verdict="400", reason=type(e).__name__)
            self.send(400, pas.outcome("structure", f"body cannot be read: {type(e).__name__}"))

    def core(self, payer):
        """One CORE envelope; faults as on the FHIR side."""
        fault = self.sim.take_fault(payer)
        mode = fault["mode"] if fault else ""
        if mode == "drop":
            self.sim.note(payer=payer.name, op="core", verdict="dropped unread")
            return self.reset()
        body = self.read_body()
        if mode == "error500":
            self.sim.note(payer=payer.name, op="core", verdict="500")
            return self.send_bytes(500, "text/plain", b"internal error\n")
        if mode == "slow":
            time.sleep(fault.get("seconds", 5))
        token = self.sim.tokens.get(payer.name)
        if token and self.headers.get("Authorization") != f"Bearer {token}":
            self.sim.note(payer=payer.name, op="core", verdict="401")
            return self.send_bytes(401, "text/plain", b"token missing or wrong\n")
        answer = payer.gateway.core(self.headers.get("Content-Type", ""), body, cut=mode == "cut")
        return self.send_bytes(*answer) if answer else self.reset()

    def operate(self, method, payer, op, body, cut):
        sim = self.sim
        if method == "GET" and op == "metadata":
            return self.send(200, {"resourceType": "CapabilityStatement", "status": "active", "kind": "instance",
                                   "fhirVersion": "4.0.1", "format": ["application/fhir+json"]})
        if method == "GET" and op.startswith("Subscription/"):
            with sim.lock:
                subscription = payer.subscriptions.get(op.split("/")[1])
            return self.send(200, subscription) if subscription else self.send(404, pas.outcome("not-found", "no such subscription"))
        if method != "POST":
            return self.send(405, pas.outcome("not-supported", "method"))
        if op == "Subscription":
            return self.subscribe(payer, json.loads(body))
        if op == "Claim/$submit":
            with sim.lock:
                trace, answer, repeat = sim.submit(payer, json.loads(body))
                actions = {str(k): a.get("action", "error") for k, a in payer.claims[trace]["answers"].items()}
            sim.note(payer=payer.name, op="submit", trace=trace, repeat=repeat, verdict="cut" if cut else "200",
                     lines=payer.claims[trace]["lines"], actions=actions)
            return self.reset() if cut else self.send(200, answer)
        if op == "Claim/$inquire":
            with sim.lock:
                trace, answer = sim.inquire(payer, json.loads(body))
            sim.note(payer=payer.name, op="inquire", trace=trace, verdict="cut" if cut else "found" if answer else "none")
            if cut:
                return self.reset()
            parts = [{"name": "return", "resource": answer}] if answer else []
            return self.send(200, {"resourceType": "Parameters", "parameter": parts})
        return self.send(404, pas.outcome("not-supported", "operation"))

    def subscribe(self, payer, subscription):
        criteria = subscription.get("_criteria", {}).get("extension", [{}])[0].get("valueString", "")
        pas.need(subscription.get("resourceType") == "Subscription", "Subscription", "the body is no Subscription")
        pas.need(criteria.startswith("org-identifier=") and len(criteria) > 15, "Subscription._criteria", "filter org-identifier=… is missing")
        pas.need(subscription.get("channel", {}).get("endpoint"), "Subscription.channel.endpoint", "is missing")
        sid = str(uuid.uuid4())
        stored = {**subscription, "id": sid, "status": "active"}
        with self.sim.lock:
            # one subscription for each organization: the newest replaces, as a renewal does
            payer.subscriptions = {k: v for k, v in payer.subscriptions.items() if v["_criteria"] != subscription["_criteria"]}
            payer.subscriptions[sid] = stored
        self.sim.note(payer=payer.name, op="subscribe", verdict="201")
        self.send(201, stored, [("Location", f"Subscription/{sid}")])
        body = pas.notification(sid, 0, iso(self.sim.clock.now()))
        threading.Thread(target=self.sim.deliver, args=(payer, stored, body, ""), daemon=True).start()

    # ---- control side ----

    def control(self, method, what):
        sim = self.sim
        body = json.loads(self.read_body() or b"{}") if method == "POST" else {}
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if method == "GET" and what == "log":
            since = int(query.get("since", ["0"])[0])
            with sim.lock:
                return self.send(200, [e for e in sim.log if e["n"] > since])
        if method == "GET" and what == "claims":
            with sim.lock:
                return self.send(200, {name: {t: {k: r[k] for k in ("answers", "repeats", "cancelled", "received", "lines", "attachments", "certification", "references") if k in r}
                                              for t, r in p.claims.items()} for name, p in sim.payers.items()})
        if method == "GET" and what == "health":
            return self.send(200, {"payers": list(sim.payers)})
        if method == "POST" and what == "fault":
            return self.set_fault(body)
        if method == "POST" and what == "scenario":
            with sim.lock:
                sim.scenario = body
            return self.send(200, {"rules": len(body["rules"])})
        if method == "POST" and what == "decide":
            payer = sim.payers[body["payer"]]
            now = sim.clock.now()
            with sim.lock:
                record = payer.claims[body["trace"]]
                codes = record["request"].services() if payer.gateway else pas.item_codes(record["claim"])
                for sequence, answer in body["answers"].items():
                    code, units = codes[int(sequence)]
                    record["answers"][int(sequence)] = sim.answer_of(payer, answer, code, units, now)
                record["pending"] = []
                sim.refresh(payer, record, now)
            sim.tell(payer, body["trace"], record)
            return self.send(200, {})
        if method == "POST" and what == "stray":
            sim.payers[body["payer"]].gateway.stray(body["from"], body["to"])
            return self.send(200, {})
        return self.send(404, {"error": "no such control call"})

    def set_fault(self, body):
        payer = self.sim.payers[body["payer"]]
        mode = body["mode"]
        if mode not in ("down", "cut", "drop", "error500", "slow", "ok"):
            return self.send(400, {"error": f"no such mode: {mode}"})
        with self.sim.switching:
            with self.sim.lock:
                was_down = payer.fault and payer.fault["mode"] == "down"
                payer.fault = None if mode == "ok" else {"mode": mode, "count": int(body.get("count", 1)), "seconds": body.get("seconds", 5)}
            if payer.server is None:
                pass  # an exchange folder: files are left lying
            elif mode == "down" and not was_down:
                payer.server.close_listener()
            elif was_down and mode != "down":
                payer.server.open_listener()
        self.sim.note(payer=payer.name, op="fault", verdict=mode)
        self.send(200, {"payer": payer.name, "mode": mode})


class Listener:
    """One address that can be closed and opened again; a closed one refuses connections."""

    def __init__(self, sim, payer, port):
        self.sim, self.payer, self.port = sim, payer, port
        self.http = None

    def open_listener(self):
        ThreadingHTTPServer.request_queue_size = 256
        ThreadingHTTPServer.daemon_threads = True
        self.http = ThreadingHTTPServer((self.sim.bind, self.port), Handler)
        self.http.sim, self.http.payer = self.sim, self.payer
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close_listener(self):
        self.http.shutdown()
        self.http.server_close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=7150, help="control port; payer n listens on port + n")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on; another than loopback only between containers")
    parser.add_argument("--payers", default="meridian,prairie,union,lakeshore,carebridge,northgate:core,harbor:file",
                        help="in the order of their ports; name:core and name:file speak X12")
    parser.add_argument("--exchange-dir", default="", help="exchange folders: <exchange-dir>/<payer>/to-payer and from-payer")
    parser.add_argument("--callback-url", default="", help="where payers of CORE post decisions that come later")
    parser.add_argument("--scenario", help="JSON file: what is decided")
    parser.add_argument("--clock-file", help="virtual clock shared with the services")
    parser.add_argument("--secrets-dir", help="folder with payer-<id>.token files; without it no token is asked for")
    options = parser.parse_args()
    sim = Sim(options)
    try:
        Listener(sim, None, options.port).open_listener()
        for i, payer in enumerate(sim.payers.values(), 1):
            if payer.gateway and payer.gateway.transport == "file":
                threading.Thread(target=payer.gateway.watch, daemon=True).start()
                continue
            payer.server = Listener(sim, payer, options.port + i)
            payer.server.open_listener()
    except OSError as e:
        sys.exit(f"payersim: port {options.port} or one of the {len(sim.payers)} above it cannot be used: {e.strerror}")
    signal.signal(signal.SIGTERM, lambda *_: sim.stopping.set())
    signal.signal(signal.SIGINT, lambda *_: sim.stopping.set())
    print(f"payersim: {len(sim.payers)} payers, control on port {options.port}", flush=True)
    sim.run_pending()


if __name__ == "__main__":
    main()
