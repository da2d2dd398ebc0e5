"""The played day, checked end to end: what subscribers of the public topics see, what the read API says, and what the
payer saw. Needs an installation of its own (run.sh). Prints one line for each check and `N passed, N failed`."""
import argparse
import datetime
import json
import os
import subprocess
import sys

import confluent_kafka

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools", "day"))
import check_claims
import play as player

TOPICS = ["pa.case-status.v1", "pa.readiness.v1", "pa.authorization.v1", "pa.claim-status.v1", "pa.checklist.v1", "pa.task.v1"]


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, ok, words, seen=""):
        if ok:
            self.passed += 1
            print(f"PASS {words}")
        else:
            self.failed += 1
            print(f"FAIL {words}: {seen}")


def read_topics(brokers):
    """Last snapshot of each key of each public topic, and every snapshot's (key, version) in order."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "test-day", "enable.auto.commit": False,
                                         "auto.offset.reset": "earliest", "enable.partition.eof": True})
    assignment, last, order = [], {t: {} for t in TOPICS}, {t: [] for t in TOPICS}
    for topic in TOPICS:
        for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            assignment.append(confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING))
    consumer.assign(assignment)
    left = len(assignment)
    while left:
        message = consumer.poll(10)
        if message is None:
            raise SystemExit("the broker does not answer")
        if message.error():
            if message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                left -= 1
                continue
            raise SystemExit(str(message.error()))
        key = message.key().decode()
        if message.value() is None:
            last[message.topic()].pop(key, None)
        else:
            body = json.loads(message.value())
            last[message.topic()][key] = body
            order[message.topic()].append((key, body.get("version", 0)))
    consumer.close()
    return last, order


def check_case(checks, case, play, topics):
    """Expectations of one case against the public snapshots."""
    title = f"{case.key}: {case.title}"
    order_no, want = play.renamed(case.order_no), case.expect
    mine = [s for s in topics["pa.case-status.v1"].values() if s["order_no"] == order_no]
    checks.that(len(mine) == 1, f"{title}: one case", f"{len(mine)} cases for order {order_no}")
    if not mine:
        return
    status = mine[0]
    lines = sorted(status.get("lines", []), key=lambda line: line["line"])
    for axis in ("coverage", "authorization"):
        if axis in want:
            seen = [line[axis] for line in lines]
            checks.that(seen == want[axis], f"{title}: {axis} {', '.join(want[axis])}", seen)
    for line in lines:
        if line["coverage"] in ("not_required", "exempt"):
            checks.that(bool(line.get("proof")), f"{title}: not required only with proof", line)
    if "readiness" in want:
        visits = [r for r in topics["pa.readiness.v1"].values() if r["case_id"] == status["case_id"]]
        if want["readiness"] == ["gone"]:
            checks.that(not visits, f"{title}: the cancelled appointment has no readiness", visits)
        else:
            seen = [v["colour"] for v in visits]
            checks.that(len(seen) == 1 and seen[0] in want["readiness"], f"{title}: readiness {' or '.join(want['readiness'])}", seen)
            checks.that(all(v["colour"] == "green" or (v.get("next_step") and v.get("reasons")) for v in visits),
                        f"{title}: what is not green says why and what is next", visits)
    if "claim" in want:
        check_claim(checks, title, play.renamed(f"C-{case.key}"), want["claim"], topics)
    if "tasks" in want:
        seen = sorted(t["kind"] for t in topics["pa.task.v1"].values() if t.get("case_id") == status["case_id"] and t["state"] != "settled"
                      and t["kind"] != "claim_hold")
        checks.that(seen == sorted(want["tasks"]), f"{title}: open tasks {', '.join(want['tasks']) or 'none'}", seen)
        owned = [t for t in topics["pa.task.v1"].values() if t.get("case_id") == status["case_id"]]
        checks.that(all(t["queue"] and t["due"] for t in owned), f"{title}: every task has an owner and a due time", owned)


def check_claim(checks, title, claim_no, want, topics):
    claims = [c for c in topics["pa.claim-status.v1"].values() if c["claim_no"] == claim_no]
    checks.that(len(claims) == 1 and claims[0]["state"] == want["state"], f"{title}: claim {want['state']}", claims)
    if not claims:
        return
    claim = claims[0]
    for member in ("outcome", "acknowledgement"):
        if member in want:
            checks.that(claim.get(member) == want[member], f"{title}: claim {member} {want[member]}", claim.get(member))
    if "carc" in want:
        checks.that(claim.get("carc") == want["carc"], f"{title}: forecast CARC {want['carc']}", claim.get("carc"))
    if "reason" in want:
        found = [d for d in claim.get("mismatches", []) if d["reason"] == want["reason"]]
        checks.that(bool(found) and bool(found[0].get("claim_value")) and bool(found[0].get("auth_value")),
                    f"{title}: {want['reason']} with both values", claim.get("mismatches"))


def check_payer(checks, play):
    """Exactly one live submission for each line and payer, as the payer counts (by Claim.identifier)."""
    claims = play.request("GET", play.config.payersim + "/_sim/claims")
    log = play.request("GET", play.config.payersim + "/_sim/log")
    refused = [e for e in log if e.get("verdict") == "400"]
    checks.that(not refused, "payers: no request broke a rule of the guide", refused[:3])
    for key, payer in (("cut", "prairie"), ("dropped", "lakeshore"), ("down", "union")):
        trace = trace_of(play, key)
        seen = [e for e in log if e.get("trace") == trace and e["op"] == "submit"]
        live = [t for t in claims[payer] if t == trace]
        checks.that(len(live) == 1, f"{key}: one live submission at the payer", live)
        checks.that(len(seen) == 1, f"{key}: sent {len(seen)} time(s)", seen)
        if key in ("cut", "dropped"):
            asked = [e for e in log if e.get("trace") == trace and e["op"] == "inquire"]
            checks.that(len(asked) >= 1, f"{key}: asked before anything was sent again", asked)
    told = [e for e in log if e["op"] == "notify" and e.get("trace")]
    checks.that(bool(told) and all(e["verdict"].startswith("2") for e in told), "payers: every notification was taken", told[-3:])


def submissions_of(play, key):
    """What the owner says: requests of a case with their lines, oldest first."""
    case = play.find_case(play.renamed(play.case(key).order_no))
    answer = play.request("GET", f"{play.config.api['submission']}/v1/cases/{case['id']}/submissions")
    return answer["submissions"]


def check_x12(checks, play, topics):
    """The X12 channel: the payers' books, our own, and the tasks of what belonged to nobody."""
    claims = play.request("GET", play.config.payersim + "/_sim/claims")
    log = [e for e in play.request("GET", play.config.payersim + "/_sim/log") if e["payer"] in ("northgate", "harbor")]
    broken = [e for e in log if e.get("planned") is False or e["verdict"] in ("400", "401", "500")]
    checks.that(not broken, "x12: no interchange broke a rule of its guide", broken[:3])
    for key in ("x-core", "x-file", "x-lines", "x-pend", "x-pend-core", "x-twice", "x-stray", "x-cut", "x-drop", "x-away"):
        trace = trace_of(play, key)
        seen = [e for e in log if e.get("trace") == trace and e["op"] == "submit"]
        held = [c[trace] for c in claims.values() if trace in c]
        checks.that(len(held) == 1 and held[0]["repeats"] == 0 and len(seen) == 1, f"{key}: sent once, one live submission at the payer", seen)
    asked = [e for e in log if e.get("trace") == trace_of(play, "x-cut") and e["op"] == "inquire"]
    checks.that([e["verdict"] for e in asked] == ["found"], "x-cut: asked by X215 before anything was sent again", asked)
    asked = [e["verdict"] for e in log if e.get("trace") == trace_of(play, "x-drop") and e["op"] in ("inquire", "submit")]
    checks.that(asked == ["none", "278"], "x-drop: asked by X215 before it was sent again", asked)
    again = [e for e in log if e.get("trace") == trace_of(play, "x-later") and e["op"] == "submit"]
    checks.that([e["actions"] for e in again] == [{"1": "error"}, {"1": "A1"}], "x-later: the same request went twice, by itself", again)
    for key, verdict in (("x-999", "999 R"), ("x-ta1", "TA1 R")):
        seen = [e["verdict"] for e in log if e.get("trace") == trace_of(play, key)]
        checks.that(verdict in seen and not any(trace_of(play, key) in c for c in claims.values()), f"{key}: the payer holds nothing", seen)
    corrected = [s for s in submissions_of(play, "x-correct")]
    checks.that([s["state"] for s in corrected] == ["closed", "open"] and [s["lines"][0]["state"] for s in corrected] == ["superseded", "approved"]
                and "AAA 72" in corrected[0]["reason"], "x-correct: refused with its reason, then approved under another number", corrected)
    refused = submissions_of(play, "x-999")
    checks.that(len(refused) == 1 and refused[0]["state"] == "rejected" and "999" in refused[0]["reason"], "x-999: the refusal names its place", refused)
    final = submissions_of(play, "x-final")
    checks.that(len(final) == 1 and final[0]["state"] == "rejected", "x-final: nothing went again", final)
    partial = submissions_of(play, "x-lines")[0]["lines"]
    checks.that([line["authorized_units"] for line in partial] == ["1", "8"] and partial[1]["reason"].startswith("EIGHT VISITS, THEN A NEW PLAN OF CARE"),
                "x-lines: units of each line, and the payer's words as they came", partial)
    check_x12_documents(checks, play, log, claims)
    check_x12_files(checks, play)
    cancelled = submissions_of(play, "x-cancel")
    checks.that([(s["kind"], s["state"]) for s in cancelled] == [("initial", "closed"), ("cancel", "closed")]
                and claims["harbor"][cancelled[0]["trace"]]["cancelled"], "x-cancel: taken back at the payer", cancelled)
    extended = submissions_of(play, "x-extend")
    checks.that([(s["kind"], s["lines"][0]["state"], s["lines"][0]["authorization"], s["lines"][0]["authorized_units"]) for s in extended]
                == [("initial", "superseded", "AUTH-EXTEND", "12"), ("extension", "approved", "AUTH-EXTEND", "24")]
                and extended[1]["lines"][0]["valid_from"] == extended[0]["lines"][0]["valid_from"]
                and extended[1]["lines"][0]["valid_until"] > extended[0]["lines"][0]["valid_until"],
                "x-extend: one number, more units, a later end", extended)
    asked = claims["harbor"].get(extended[-1]["trace"], {})
    checks.that(asked.get("certification") == "4" and "AUTH-EXTEND" in asked.get("references", []),
                "x-extend: UM02 4 with the number that is extended", asked)
    strays = [t for t in topics["pa.task.v1"].values() if t["kind"] == "payer_contact" and not t.get("case_id") and "Harbor Mutual" in t["subject"]]
    checks.that(len(strays) == 1, "x-stray: one task for the answer to nobody, and no decision", strays)
    told = [e for e in log if e["op"] == "tell"]
    checks.that(bool(told) and all(e["verdict"] in ("put", "202") for e in told), "x12: every later decision was taken", told)
    left = [name for name in os.listdir(os.path.join(play.config.run, "exchange/harbor/from-payer")) if name not in ("done", "refused")]
    checks.that(not left and not os.path.exists(os.path.join(play.config.run, "exchange/harbor/from-payer/refused")),
                "x12: no file of the payer is left or refused", left)


def check_x12_files(checks, play):
    """Both sides by the guide checker: what we wrote, and that the simulator's answers are none that only we would read."""
    folder, wrong, n = os.path.join(play.config.run, "exchange/harbor"), [], 0
    for where in ("taken", "from-payer/done"):
        for name in sorted(os.listdir(os.path.join(folder, where))):
            n += 1
            done = subprocess.run([play.config.priorpath, "x12", "check", os.path.join(folder, where, name)], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                wrong.append(f"{where}/{name}: {done.stdout.splitlines()[:2]}")
    checks.that(n > 20 and not wrong, f"x12: {n} files of both sides hold to their guides", wrong[:3])


def check_x12_documents(checks, play, log, claims):
    attached = [e for e in log if e["op"] == "attach"]
    checks.that(bool(attached) and all(e["verdict"] == "999 A" for e in attached), "x12: every 275 was accepted", attached[:3])
    for key in ("x-core", "x-file"):
        mine = [e for e in attached if e["trace"] == trace_of(play, key)]
        checks.that(len(mine) == 1 and not mine[0]["wanted"] and mine[0]["bytes"] > 0, f"{key}: the announced note followed in one 275", mine)
    wanted = [e for e in attached if e["trace"] == trace_of(play, "x-wants") and e["wanted"]]
    number = claims["harbor"][trace_of(play, "x-wants")]["attachments"][-1]
    checks.that(len(wanted) == 1 and wanted[0]["controls"] == [number] and number.startswith("ATT-"), "x-wants: the report carried the payer's number", wanted)


def trace_of(play, key):
    case = play.full_case(play.renamed(play.case(key).order_no))
    return case["facts"]["trace"]


def check_door(checks, play):
    twice = play.notes.get("twice")
    checks.that(bool(twice) and twice[0] == twice[1], "twice: the same message gets the same answer", twice)
    quarantine = play.request("GET", play.config.api["status"] + "/v1/quarantine", roles="ops,lead,registration")
    rows = quarantine["rows"]
    ids = [r["message_id"] for r in rows]
    checks.that(play.renamed("REUSED1") in ids, "reused-id: the second body is kept aside", ids)
    checks.that(len([r for r in rows if r["sender"] == "ehr"]) >= 3, "garbage: bytes are kept for a person, with a reason", rows)
    people = {c.key: play.full_case(play.renamed(c.order_no)) for c in play.cases if c.key in ("ris-1", "ris-2")}
    names = {k: v["patient"]["family"] for k, v in people.items()}
    checks.that(len(set(names.values())) == 2, "ris: one record number, two people, two cases", names)


def check_versions(checks, order):
    for topic, seen in order.items():
        newest, wrong = {}, []
        for key, version in seen:
            if version < newest.get(key, 0):
                wrong.append((key, version))
            newest[key] = max(version, newest.get(key, 0))
        checks.that(not wrong, f"{topic}: versions never go back", wrong[:3])


def main():
    options = argparse.Namespace(quiet=True, speed=float(os.environ.get("SPEED", "480")), day=1,
                                 start=datetime.datetime(2026, 11, 24, tzinfo=player.CHICAGO_STANDARD))
    play = player.Play(player.Config(os.environ["PP_TEST_DIR"]), options)
    checks = Checks()
    play.run()
    for problem in play.problems:
        checks.that(False, "the day", problem)
    topics, order = read_topics(os.environ["PP_KAFKA_BROKERS"])
    for case in play.cases:
        check_case(checks, case, play, topics)
    check_payer(checks, play)
    check_x12(checks, play, topics)
    check_claims.check(checks, play, topics)
    check_door(checks, play)
    check_versions(checks, order)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
