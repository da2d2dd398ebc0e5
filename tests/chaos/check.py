"""Compares what went in, the log, the tables, the public topics and the payers' books. One line for each check, then
`N passed, N failed`; of what failed, ids and offsets."""
import collections
import time

import account
from account import COMMANDS, DLQ, INBOUND, LOG, PUBLIC, digest
from world import LOG_READERS, PARTITIONS, SCHEMAS, SOURCES

EVIDENCE = 6              # lines of it for one failed check
LATE_SECONDS = 60         # a snapshot of a former owner is made good within 45 s: common/service/late.h
TENANT = "lakeside"
EXCHANGES = ("harbor",)   # payers whose files come in beside what was sent


class Checks:
    def __init__(self, say):
        self.say, self.passed, self.failed = say, 0, 0

    def none(self, words, wrong):
        """Passes when there is nothing in `wrong`."""
        wrong = list(wrong)
        if not wrong:
            self.passed += 1
            self.say(f"PASS {words}")
            return
        self.failed += 1
        self.say(f"FAIL {words}: {len(wrong)}")
        for line in wrong[:EVIDENCE]:
            self.say(f"       {str(line)[:400]}")

    def same(self, words, want, have):
        self.none(words, [f"missing: {x}" for x in sorted(map(str, want - have))] + [f"too many: {x}" for x in sorted(map(str, have - want))])


def doubled(values):
    return [f"{v}: {n} times" for v, n in collections.Counter(values).items() if n > 1]


def rid(text):
    source, shard, incarnation, dest, seq = map(int, text.split("-"))
    return (source, shard, incarnation, dest), seq


# ---- in ----

def check_inbound(c, a, journal):
    sent = {digest(m.body): m for m in journal}
    arrived = collections.defaultdict(list)
    for r in a.inbound:
        if r.type != "inbound.payer" and r.headers["pp_sender"] not in EXCHANGES:
            arrived[r.headers["pp_hash"]].append(r)
    c.none("in: every answered message is in pa.inbound.v1", [f"{m.kind} {m.message_id} of {m.sender}" for h, m in sent.items() if m.accepted and h not in arrived])
    c.none("in: nothing is there that was not sent", [rs[0] for h, rs in arrived.items() if h not in sent])
    c.none("in: bytes are as they were sent", [rs[0] for h, rs in arrived.items() if h in sent and rs[0].raw != sent[h].body.encode()])
    want = {(r.headers["pp_sender"], r.headers["pp_message_id"] or r.headers["pp_hash"], r.headers["pp_hash"]) for r in a.inbound}
    rows = a.rows("receive.message")
    c.same("in: one row of receive.message for each message, none besides", want, {(r["sender"], r["message_id"], r["hash"]) for r in rows})
    c.none("in: every message was used", [f"{r['message_id']} {r['type']} {r['state']}: {r['reason']}" for r in rows if r["state"] != "used"])
    # The facts of a message come from one of its receipts, all of them, once.
    receipts = {r.id: (r.headers["pp_sender"], r.headers["pp_message_id"] or r.headers["pp_hash"], r.headers["pp_hash"]) for r in a.inbound}
    said = collections.defaultdict(collections.Counter)
    for r in a.first.values():
        if rid(r.id)[0][0] == 1:
            said[receipts.get(r.cause, r.cause)][r.cause] += 1
    c.none("in: each message led to its facts exactly once", [f"{k}: row says {r['facts']}, on the log {dict(said[k])}" for r in rows
           for k in [(r["sender"], r["message_id"], r["hash"])] if len(said[k]) > 1 or sum(said[k].values()) != r["facts"]])
    # Order of sending, for each system and patient: given-up messages may come at any time.
    first = {}
    for r in a.inbound:
        first.setdefault(r.headers["pp_hash"], r)
    groups = collections.defaultdict(list)
    for h, m in sent.items():
        if h in first and m.accepted and m.sender:
            groups[(m.sender, m.person.number)].append((m.order, first[h].partition, first[h].offset, m.message_id))
    wrong = []
    for key, items in groups.items():
        items.sort()
        wrong += [f"{key}: {x[3]} before {y[3]}" for x, y in zip(items, items[1:]) if x[1] != y[1] or x[2] >= y[2]]
    c.none(f"in: order kept for each of {len(groups)} (sender, patient)", wrong)
    a.arrived = arrived


def check_order(c, a):
    """Each shard decides in the order of its input: what it says, by sequence, follows from ever later inputs."""
    where = {r.id: (r.topic, r.partition, r.offset) for r in a.inbound}
    where.update({r.id: (r.topic, r.partition, r.offset) for r in a.first.values()})
    where.update({r.id: (r.topic, r.partition, r.offset) for p in a.topics[COMMANDS].values() for r in p})
    chains, strange = collections.defaultdict(list), []
    for r in a.first.values():
        writer, seq = rid(r.id)
        if r.cause.startswith(("timer:", "call:")):
            continue
        if r.cause not in where:
            strange.append(f"{r!r} caused by {r.cause}")
            continue
        topic, partition, offset = where[r.cause]
        chains[(writer, topic)].append((seq, offset, partition, r))
    c.none("log: every fact has a cause that exists", strange)
    foreign = [f"{x[3]!r} in shard {writer[1]} from {topic}/{x[2]}@{x[1]}" for (writer, topic), chain in chains.items() for x in chain if x[2] != writer[1]]
    c.none("log: every shard decides on its own partition only", foreign)
    for source, name in SOURCES.items():
        wrong = []
        for (writer, topic), chain in chains.items():
            if writer[0] != source:
                continue
            chain.sort(key=lambda x: x[0])
            wrong += [f"{x[3]!r} (from @{x[1]}) before {y[3]!r} (from @{y[1]})" for x, y in zip(chain, chain[1:]) if x[1] > y[1]]
        c.none(f"{name}: applied in the order of each partition", wrong)


# ---- the log ----

def check_log(c, a):
    wrong, last, bad = [], collections.defaultdict(int), []
    for partition, records in a.topics[LOG].items():
        seen = collections.defaultdict(int)
        for r in records:
            writer, seq = rid(r.id)
            if writer[3] != partition:
                bad.append(f"{r!r} stands in another partition than it says")
            if seq > seen[writer]:
                if seq != seen[writer] + 1:
                    wrong.append(f"{r!r} follows {seen[writer]}")
                seen[writer] = seq
        last.update(seen)
    c.none("log: dense for each (source, shard, incarnation, partition), first appearances in order", wrong)
    c.none("log: every record in the partition it names", bad)
    c.none(f"log: {len(a.repeats)} repeats, each the same to the byte", [f"{r!r} differs from @{a.first[r.id].offset}" for r in a.repeats if not r.same(a.first[r.id])])
    counters = {}
    for source, name in SOURCES.items():
        for row in a.rows(f"{name}.shard"):
            for dest in range(PARTITIONS):
                n = int.from_bytes(bytes(row["out_seqs"])[8 * dest:8 * dest + 8], "big")
                if n:
                    counters[(source, row["part"], row["incarnation"], dest)] = n
    c.same("log: the writers' counters say what is there", set(counters.items()), set(last.items()))
    c.none("dead letters: none", [f"{r!r} {r.headers.get('dlq_group')} {r.headers.get('dlq_error_code')}: {r.headers.get('dlq_error')}" for p in a.topics[DLQ].values() for r in p])
    a.last = last


def check_readers(c, a):
    for name in SCHEMAS:
        topics = [INBOUND] if name == "receive" else [LOG, COMMANDS]
        wrong = []
        for row in a.rows(f"{name}.shard"):
            for i, topic in enumerate(topics):
                end = len(a.topics[topic][row["part"]])
                if row[f"next_{i}"] != end:
                    wrong.append(f"partition {row['part']} of {topic}: at {row[f'next_{i}']}, end {end}")
            if row["relayed"] != row["batch_no"]:
                wrong.append(f"partition {row['part']}: relayed {row['relayed']} of {row['batch_no']}")
        c.none(f"{name}: everything read, everything said is on the broker", wrong)
        if name != "receive":
            have = {(r["source"], r["shard"], r["incarnation"], r["part"], r["seq"]) for r in a.rows(f"{name}.dedup")}
            c.same(f"{name}: has seen the last of every writer", {(*w, n) for w, n in a.last.items()}, have)
        c.none(f"{name}: nothing parked", [f"{r['topic']}@{r['src_offset']}: {r['reason']}" for r in a.rows(f"{name}.parked")])


# ---- owners ----

def per(records, member):
    found = collections.defaultdict(list)
    for r in records:
        found[r.json()[member]].append(r)
    return found


def ascending(records, member):
    """Versions 1, 2, 3 … in the order of the log."""
    return [r.json()[member] for r in records] == list(range(1, len(records) + 1))


def check_people(c, a, journal):
    """Only an order names record number and member id together. Where it never came (its sender gave up), a claim's patient
    stays a provisional person beside the one that visits and documents name: nothing exact says that they are one."""
    arrived = [m for m in journal if digest(m.body) in a.arrived]
    by_kind = {kind: {m.person.patient.mrn for m in arrived if (m.kind == "claim") == (kind == "claim")} for kind in ("claim", "record")}
    ordered = {m.person.patient.mrn for m in arrived if m.kind == "order"}
    people = [r for r in a.rows("receive.person") if not r["survivor"]]
    provisional = [r for r in people if r["provisional"]]
    alone = by_kind["claim"] - ordered
    c.none("receive: one person for each patient with a record number",
           [] if len(people) - len(provisional) == len(by_kind["record"]) else [f"{len(people) - len(provisional)} persons for {len(by_kind['record'])} patients"])
    c.none("receive: one provisional person for each patient known by a claim only",
           [] if len(provisional) == len(alone) else [f"{len(provisional)} persons for {len(alone)} patients"])


def check_chart(c, a, journal):
    accepted = {m.entity[1] for m in journal if m.kind == "order" and m.accepted}
    possible = {m.entity[1] for m in journal if m.kind == "order"}
    orders = [r["order_no"] for r in a.rows("chart.orders")]
    c.none("chart: every order once", doubled(orders) + [f"lost: {o}" for o in accepted - set(orders)] + [f"never ordered: {o}" for o in set(orders) - possible])
    cases = a.rows("chart.cases")
    c.none("chart: one case for each order or group", doubled(r["order_no"] for r in cases) + doubled((r["person"]) for r in cases))
    opened, changed = per(a.of("case.opened"), "case_id"), per(a.of("case.opened") + a.of("case.changed"), "case_id")
    c.same("chart: one case.opened for each case", {(str(r["case_id"]), 1) for r in cases}, {(k, len(v)) for k, v in opened.items()})
    c.none("chart: versions of each case on the log are 1, 2, 3 … up to its row", [f"{k}: {[x.json()['case_version'] for x in v]}" for k, v in changed.items()
           if not ascending(sorted(v, key=lambda r: r.offset), "case_version")] + [f"{r['case_id']}: row {r['case_version']}, log {len(changed[str(r['case_id'])])}" for r in cases
           if r["case_version"] != len(changed[str(r["case_id"])])])
    visits = [r["visit_no"] for r in a.rows("chart.visit")]
    accepted = {m.entity[1] for m in journal if m.kind == "visit" and m.accepted}
    c.none("chart: every visit once", doubled(visits) + [f"lost: {v}" for v in accepted - set(visits)])
    a.cases = {str(r["case_id"]): r for r in cases}
    check_people(c, a, journal)


def check_requirements(c, a):
    facts = per(a.of("requirement.determined"), "case_id")
    rows = collections.Counter(str(r["case_id"]) for r in a.rows("requirements.determination"))
    cases = {str(r["case_id"]): r for r in a.rows("requirements.cases")}
    c.same("requirements: knows every case at its version", {(k, r["case_version"]) for k, r in a.cases.items()}, {(k, r["case_version"]) for k, r in cases.items()})
    c.none("requirements: determinations of each case: counter, rows and facts agree", [f"{k}: {r['determinations']} counted, {rows[k]} rows, {len(facts[k])} facts"
           for k, r in cases.items() if not r["determinations"] == rows[k] == len(facts[k])])
    c.none("requirements: every version of every case was determined", [f"{k}: determined {sorted({f.json()['case_version'] for f in facts[k]})} of {r['case_version']}"
           for k, r in cases.items() if r["state"] == "open" and r["case_version"] not in {f.json()["case_version"] for f in facts[k]}])


def check_documents(c, a, journal):
    accepted = {m.entity[1] for m in journal if m.kind == "note" and m.accepted}
    rows = [r["document_no"] for r in a.rows("documents.document")]
    c.none("documents: every document once", doubled(rows) + [f"lost: {d}" for d in accepted - set(rows)])
    cases = {str(r["case_id"]): r for r in a.rows("documents.checklist_case")}
    c.same("documents: knows every case at its version", {(k, r["case_version"]) for k, r in a.cases.items()}, {(k, r["case_version"]) for k, r in cases.items()})
    changes, packets = per(a.of("checklist.changed"), "case_id"), per(a.of("packet.released"), "case_id")
    c.none("documents: versions of each checklist on the log are 1, 2, 3 … up to its row", [f"{k}: row {r['version']}, log {[x.json()['version'] for x in changes[k]]}"
           for k, r in cases.items() if not ascending(changes[k], "version") or r["version"] != len(changes[k])])
    c.none("documents: every packet released once", [f"{k}: {r['packets']} counted, {len(packets[k])} on the log" for k, r in cases.items() if r["packets"] != len(packets[k])]
           + doubled(p.json()["packet_id"] for p in a.of("packet.released")))


def check_submission(c, a):
    rows = {str(r["submission_id"]): r for r in a.rows("submission.submission")}
    started = per(a.of("submission.started"), "submission_id")
    c.same("submission: one submission.started for each request", {(k, 1) for k in rows}, {(k, len(v)) for k, v in started.items()})
    used = collections.Counter(r["person"] for r in rows.values())
    counted = {r["person"]: r["value"] for r in a.rows("submission.counter") if r["name"] == "trace"}
    c.none("submission: numbers given out are numbers used", [f"{p}: {counted.get(p, 0)} given, {n} used" for p, n in used.items() if counted.get(p, 0) != n])
    c.none("submission: no number twice", doubled(r["trace"] for r in rows.values()))
    c.none("submission: every call has ended", [f"{r['ref']} {r['state']} at {r['target']}: {r['why']}" for r in a.rows("submission.job") if r["state"] != "done"])
    c.none("submission: no request refused or without an answer", [f"{k} {r['payer']} {r['state']}: {r['reason']}" for k, r in rows.items() if r["state"] in ("sending", "rejected")])
    c.same("submission: knows every case at its version", {(k, r["case_version"]) for k, r in a.cases.items()},
           {(str(r["case_id"]), r["case_version"]) for r in a.rows("submission.case_copy")})


def check_payers(c, a, breaker):
    """The payers' own books: what they hold under each Claim.identifier."""
    rows = {r["trace"]: r for r in a.rows("submission.submission")}
    held = {trace: (payer, record) for payer, claims in a.payers.items() for trace, record in claims.items()}
    c.same("payers: hold every request, and none besides", {t for t, r in rows.items() if r["channel"] in ("fhir", "x12")}, set(held))
    c.none("payers: each request went to its payer", [f"{t}: {p}, not {rows[t]['payer']}" for t, (p, _) in held.items() if t in rows and rows[t]["payer"] != p])
    # By the log, not by our tables: which requests were begun for a line. One that is not a first request names its
    # predecessor and takes its place; another first request is right only for another content.
    content, lines = {}, collections.defaultdict(list)
    for r in a.of("case.opened") + a.of("case.changed"):
        b = r.json()
        for line in b["lines"]:
            content[(b["case_id"], b["case_version"], line["line"])] = tuple(str(line.get(k, "")) for k in ("code", "modifiers", "units", "unit_type", "diagnoses", "place_of_service"))
    for r in a.of("submission.started"):
        b = r.json()
        for line in b["lines"]:
            lines[(b["case_id"], line)].append(b)
    wrong = []
    for (case, line), requests in lines.items():
        firsts = [content.get((case, b["case_version"], line)) for b in requests if b["kind"] == "initial" and b["trace"] in held]
        wrong += [f"case {case} line {line}: {n} first requests for {what}" for what, n in collections.Counter(firsts).items() if n > 1]
    c.none(f"payers: one live submission for each of {len(lines)} lines (by Claim.identifier)", wrong)
    live = collections.Counter((r["case_id"], r["line"]) for r in a.rows("submission.submission_line") if r["state"] in ("sent", "pended", "contact_payer", "unclear", "by_hand"))
    c.none("submission: no line is live in two requests", [f"{k}: {n}" for k, n in live.items() if n > 1])
    final = {"A1": "approved", "A3": "denied", "A4": "pended"}
    wrong = []
    for r in a.rows("submission.submission_line"):
        sub = next(s for s in rows.values() if s["submission_id"] == r["submission_id"])
        answers = held.get(sub["trace"], ("", {"answers": {}}))[1]["answers"]
        said = {final.get(x.get("action"), x.get("action")) for x in answers.values()}
        if r["state"] not in said | {"superseded", "cancelled", "cancelling"}:
            wrong.append(f"{sub['trace']} line {r['line']}: {r['state']}, the payer says {said}")
    c.none("payers: what they decided is what we know", wrong)
    sends = collections.Counter(e["trace"] for e in a.payer_log if e["op"] == "submit" and e.get("trace"))
    asked = sum(1 for e in a.payer_log if e["op"] == "inquire")
    again = {t: n for t, n in sends.items() if n > 1}
    c.say(f"     {len(held)} requests, {asked} inquiries; sent physically more than once under the same identifier: {len(again)} (most: {max(again.values(), default=1)} times)")
    c.none("payers: no request broke a rule of the guide", [e for e in a.payer_log if e.get("verdict") == "400"])
    # Each sending after the first needs an inquiry that said "not found". A frozen instance may still send once.
    unknown = collections.Counter(e["trace"] for e in a.payer_log if e["op"] == "inquire" and e["verdict"] == "none")
    early = [f"{held.get(t, ('?',))[0]} {t}: sent {n} times, {unknown[t]} inquiries said \"not found\"" for t, n in again.items() if n > 1 + unknown[t]]
    if early and len(early) <= breaker.frozen_submission:
        c.say(f"     {len(early)} of them by an instance that woke up")
        early = []
    c.none("payers: nothing in doubt was sent again before an inquiry said \"not found\"", early)


def check_claims(c, a, journal):
    rows = a.rows("claims.claim")
    accepted = {m.entity[1] for m in journal if m.kind == "claim" and m.accepted}
    numbers = [r["claim_no"] for r in rows]
    c.none("claims: every claim once", doubled(numbers) + [f"lost: {n}" for n in accepted - set(numbers)])
    c.same("claims: knows every case at its version", {(k, r["case_version"]) for k, r in a.cases.items()},
           {(str(r["case_id"]), r["case_version"]) for r in a.rows("claims.known_case")})
    released = per(a.of("claim.released"), "claim_id")
    c.none("claims: a claim is released at most once", [f"{k}: {len(v)}" for k, v in released.items() if len(v) > 1])
    c.same("claims: released on the log is released in the table", {str(r["claim_id"]) for r in rows if r["state"] == "released"}, set(released))


def check_status(c, a, notes):
    commands = [r for p in a.topics[COMMANDS].values() for r in p if r.type == "note.add"]
    cases = {str(r["case_id"]): r for r in a.rows("status.case_head")}
    c.same("status: knows every case at its version", {(k, r["case_version"]) for k, r in a.cases.items()}, {(k, r["case_version"]) for k, r in cases.items()})
    events = collections.defaultdict(list)
    for r in a.rows("status.case_event"):
        events[str(r["case_id"])].append(r)
    wrong, order = [], []
    for k, r in cases.items():
        line = sorted(events[k], key=lambda e: e["seq"])
        if [e["seq"] for e in line] != list(range(1, r["event_seq"] + 1)):
            wrong.append(f"{k}: counter {r['event_seq']}, entries {[e['seq'] for e in line][:20]}")
        offsets = [a.first[e["record"]].offset for e in line if e["record"] in a.first]
        if offsets != sorted(offsets):
            order.append(f"{k}: {offsets}")
    c.none("status: the time line of each case is whole", wrong)
    c.none("status: the time line stands in the order of the log", order)
    everything = [e for of in events.values() for e in of]
    c.none("status: each fact stands in the time line once", doubled((str(e["case_id"]), e["record"], e["kind"], e["line"], e["text"]) for e in everything if e["record"]))
    told = {e["record"] for e in everything}
    silent = []
    for kind in ("case.opened", "packet.released", "submission.started"):
        silent += [f"{r!r}" for r in a.of(kind) if r.id not in told]
    c.none("status: every case, packet and request stands in the time line", silent)
    written = collections.Counter(e["detail"] for e in everything if e["type"] == "note.add")
    c.none("status: every command once", [f"{n}: {written[n]} entries" for n, accepted in notes.items() if written[n] > 1 or (accepted and not written[n])]
           + [f"{r!r} without a result" for r in commands if r.id not in {x["command_id"] for x in a.rows("status.command_result")}])
    needed = {r.json()["task_id"] for r in a.of("task.needed")}
    c.none("status: every task that was asked for is there", needed - {str(r["task_id"]) for r in a.rows("status.task")})


# ---- public topics ----

def owners(a):
    """Of each public topic what its owner would say now: {key: {member: value}}; no entry = a tombstone or nothing."""
    text = lambda r, *names: {n: r[n] or "" for n in names}
    heads = {str(r["case_id"]): {"version": r["version"], **text(r, "case_no", "order_no", "payer", "stage", "headline", "tone", "next_step")}
             for r in a.rows("status.case_head") if r["version"]}
    visits = {str(r["visit_id"]): {"version": r["version"], **text(r, "visit_no", "colour", "word", "next_step")} for r in a.rows("status.visit") if r["published"]}
    tasks = {str(r["task_id"]): {"version": r["version"], **text(r, "kind", "state", "queue", "assignee", "reason")} for r in a.rows("status.task") if r["version"]}
    auths = {r["key"]: {"version": r["version"], "authorization": r["authorization_no"], "state": r["state"], "line": r["line"]} for r in a.rows("status.auth_line") if r["version"]}
    claims = {str(r["claim_id"]): {"version": r["version"], **text(r, "claim_no", "state", "result", "carc")} for r in a.rows("claims.claim") if r["version"]}
    lists = {str(r["case_id"]): {"version": r["version"], "complete": r["complete"]} for r in a.rows("documents.checklist_case") if r["version"]}
    found = {"pa.case-status.v1": heads, "pa.readiness.v1": visits, "pa.task.v1": tasks, "pa.authorization.v1": auths, "pa.claim-status.v1": claims, "pa.checklist.v1": lists}
    return {t: {f"{TENANT}/{k}": v for k, v in rows.items()} for t, rows in found.items()}


def differences(a):
    found = {}
    for topic, want in owners(a).items():
        last, wrong = {}, []
        for records in a.topics[topic].values():
            for r in records:
                last[r.key] = r
        have = {k: r for k, r in last.items() if r.raw is not None}
        wrong += [f"{k}: nothing on the topic, the row is at version {w['version']}" for k, w in want.items() if k not in have]
        wrong += [f"{k}: {r!r} version {r.json().get('version')}, but the owner has nothing to say" for k, r in have.items() if k not in want]
        for k, w in want.items():
            b = have[k].json() if k in have else None
            off = {n: (b.get(n, ""), v) for n, v in w.items() if b is not None and b.get(n, "") != v}
            if off:
                wrong.append(f"{k} {have[k]!r}: topic and row: {off}")
        found[topic] = wrong
    return found


def check_public(c, a, world):
    found, began = differences(a), time.time()
    while any(found.values()) and time.time() - began < LATE_SECONDS:
        time.sleep(3)
        a.read_public()
        a.read_tables()
        found = differences(a)
    if time.time() - began > 1:
        c.say(f"     snapshots of former owners were made good after {time.time() - began:.0f} s")
    for topic, wrong in found.items():
        c.none(f"{topic}: the last snapshot of each of {len(owners(a)[topic])} keys is the owner's row", wrong)
    repeats = 0
    for topic in PUBLIC:
        wrong = []
        for records in a.topics[topic].values():
            said, newest = collections.defaultdict(dict), {}
            for r in records:
                version = int(r.headers.get("pp_version") or 0)
                before = said[r.key].get(version)
                if before is not None:
                    repeats += 1
                    if before.raw != r.raw:
                        wrong.append(f"{r.key}: {r!r} says version {version} otherwise than @{before.offset}")
                elif version < newest.get(r.key, 0):
                    wrong.append(f"{r.key}: {r!r} is version {version} after {newest[r.key]}")
                elif version != newest.get(r.key, 0) + 1:
                    wrong.append(f"{r.key}: {r!r} is version {version}, {newest.get(r.key, 0)} came before")
                said[r.key].setdefault(version, r)
                newest[r.key] = max(newest.get(r.key, 0), version)
        c.none(f"{topic}: versions of a key are 1, 2, 3 …, what comes again is the same", wrong)
    c.say(f"     {repeats} snapshots were published again")


def run(world, play, sender, breaker, quiet_seconds, say):
    c, a = Checks(say), account.Account(world, play)
    began = time.time()
    left = account.wait_for_rest(world, play, quiet_seconds, say)
    say(f"     at rest after {time.time() - began:.0f} s")
    play.set_clock(play.now(), 1)
    c.none("the load itself had no fault", sender.errors)
    c.none("the faults could be made", breaker.problems)
    c.none("services, calls and payers come to rest", left)
    for _ in range(3): # a timer may have moved something between the reads
        a.read_tables()
        a.read_topics()
        a.read_payers()
        marks = [r["next_0"] for s in LOG_READERS for r in a.rows(f"{s}.shard")]
        a.read_tables()
        if marks == [r["next_0"] for s in LOG_READERS for r in a.rows(f"{s}.shard")]:
            break
    lost = [m for m in sender.journal if not m.accepted]
    c.none("the load reached every part", [name for name in ("chart.orders", "requirements.determination", "documents.document", "submission.submission", "claims.claim",
                                                            "status.case_event", "status.command_result", "chart.visit") if not a.rows(name)])
    say(f"     {sum(m.accepted for m in sender.journal)} answered, {len(lost)} not answered, {sum(m.tries > 1 for m in sender.journal)} sent more than once; "
        f"{len(a.inbound)} in pa.inbound.v1, {len(a.first)} facts and {len(a.repeats)} repeats on the log")
    check_inbound(c, a, sender.journal)
    check_log(c, a)
    check_order(c, a)
    check_readers(c, a)
    check_chart(c, a, sender.journal)
    check_requirements(c, a)
    check_documents(c, a, sender.journal)
    check_submission(c, a)
    check_payers(c, a, breaker)
    check_claims(c, a, sender.journal)
    check_status(c, a, sender.notes.commands)
    check_public(c, a, world)
    say(f"{c.passed} passed, {c.failed} failed")
    return 1 if c.failed else 0
