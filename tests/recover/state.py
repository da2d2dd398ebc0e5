"""What services know and what the log holds, to compare two moments; with stock clients, not our own code.

  state.py quiet                 waits until every service has read its topics to the end and nothing moves any more
  state.py save FILE             writes tables and log
  state.py compare FILE SERVICE  compares with now; exit code 1 and the differences, when there are any. FILE then holds now
"""
import collections
import hashlib
import json
import os
import sys
import time

import confluent_kafka as ck
import psycopg

SERVICES = ["receive", "chart", "requirements", "documents", "submission", "claims", "status"]
# Of the runtime, or counted in real time.
NOT_COMPARED = {"shard", "dedup", "outbox", "metric", "job", "schema_migration", "access_log", "recovery", "recovery_fact"}
# Status is a leaf: what it notes of when it heard of a fact is its own, and nobody can know it again. Its versions of public
# snapshots count how often a picture changed on the way, which depends on what came in one batch.
LEAF = {"status"}
LEAF_COLUMNS = {"version", "printed", "event_seq"}
# An input that led to no fact is decided again at the time at which it was said, which is a moment earlier than it was then.
NO_FACT = {("documents", "document", "received"), ("claims", "known_auth", "decided")}
# The payer is asked once more, because nobody knows whether the call went out then. Where no fact holds the time of then, his
# answer counts from today.
ASKED_AGAIN = {("chart", "eligibility", "answered")}
# What was sent then is asked about instead of sent again.
SENT_ONCE = {("submission", "submission", "sends")}
EXCUSED = NO_FACT | ASKED_AGAIN | SENT_ONCE
# Timers that such an input without facts has set: kind 5 forgets an interchange, 60 days after it was answered.
AS = {("submission", "timer", "due"): "case when kind = 5 then null else due end"}
QUIET_S = 3
LIMIT_S = 120


def database():
    return psycopg.connect(os.environ["PP_TEST_DB"], user=os.environ["PP_TEST_DB_USER"], password=os.environ["PP_TEST_DB_PASSWORD"], autocommit=True)


def consumer():
    return ck.Consumer({"bootstrap.servers": os.environ["PP_TEST_KAFKA"], "group.id": "recover-test", "enable.auto.commit": False,
                        "enable.partition.eof": True, "auto.offset.reset": "earliest"})


def partitions(c, topic):
    return sorted(c.list_topics(topic, timeout=10).topics[topic].partitions)


def columns(db, service, table):
    rows = db.execute("select column_name, data_type, is_identity from information_schema.columns where table_schema = %s and table_name = %s"
                      " order by ordinal_position", (service, table)).fetchall()
    leaf = service in LEAF
    return [name for name, kind, identity in rows
            if identity == "NO" and (service, table, name) not in EXCUSED and not (leaf and (kind == "timestamp with time zone" or name in LEAF_COLUMNS))]


def tables(db, service):
    names = db.execute("select table_name from information_schema.tables where table_schema = %s order by 1", (service,)).fetchall()
    result = {}
    for (table,) in names:
        if table in NOT_COMPARED:
            continue
        cols = columns(db, service, table)
        picked = ", ".join(f"({AS.get((service, table, c), c)})::text" for c in cols)
        rows = db.execute(f'select {picked} from "{service}"."{table}"').fetchall()
        result[table] = {"columns": cols, "rows": sorted([v if v is not None else "" for v in r] for r in rows)}
    return result


def log():
    """One entry for each record: what it says, and its id."""
    c = consumer()
    parts = partitions(c, "pa.log.v1")
    c.assign([ck.TopicPartition("pa.log.v1", p, ck.OFFSET_BEGINNING) for p in parts])
    open_parts, records = set(parts), []
    while open_parts:
        m = c.poll(10)
        if m is None:
            sys.exit("the log cannot be read to its end")
        if m.error():
            open_parts.discard(m.partition())
            continue
        h = {k: (v or b"").decode() for k, v in m.headers()}
        what = [(m.key() or b"").decode(), h.get("ce_type", ""), h.get("ce_subject", ""), h.get("pp_cause", ""),
                hashlib.sha256(m.value() or b"").hexdigest()]
        records.append([what, h.get("ce_id", "")])
    c.close()
    return records


def snapshot():
    with database() as db:
        return {"tables": {s: tables(db, s) for s in SERVICES}, "log": log()}


# ---- quiet ----


def behind(db, c):
    """How many records services have still to read; None while that is not known."""
    ends = {t: [c.get_watermark_offsets(ck.TopicPartition(t, p), timeout=10)[1] for p in partitions(c, t)]
            for t in ("pa.log.v1", "pa.commands.v1", "pa.inbound.v1")}
    lag = 0
    for s in SERVICES:
        topics = ["pa.inbound.v1"] if s == "receive" else ["pa.log.v1", "pa.commands.v1"]
        nexts = {p: (a, b) for p, a, b in db.execute(f"select part, next_0, next_1 from {s}.shard").fetchall()}
        for i, t in enumerate(topics):
            lag += sum(max(0, end - nexts.get(p, (0, 0))[i]) for p, end in enumerate(ends[t]))
        lag += db.execute(f"select count(*) from {s}.recovery").fetchone()[0]
        lag += db.execute(f"select count(*) from {s}.job where state <> 'done'").fetchone()[0]
    return lag, sum(sum(e) for e in ends.values())


def quiet():
    c, until = consumer(), time.monotonic() + LIMIT_S
    with database() as db:
        since, last = time.monotonic(), None
        while time.monotonic() < until:
            now = behind(db, c)
            if now != last or now[0] > 0:
                since, last = time.monotonic(), now
            if time.monotonic() - since >= QUIET_S:
                return
            time.sleep(0.2)
    sys.exit(f"not quiet after {LIMIT_S} s: {last[0]} records, calls or partitions are behind")


# ---- compare ----


def differences(before, now, service):
    found = []
    for table, old in before["tables"][service].items():
        new = now["tables"][service][table]
        a, b = (collections.Counter(map(tuple, x["rows"])) for x in (old, new))
        lost, more = list((a - b).elements()), list((b - a).elements())
        if not lost and not more:
            continue
        found.append(f"{service}.{table}: {len(lost)} rows are missing or other, {len(more)} are new or other")
        for x, y in zip(lost[:2], more[:2]):
            found.append("    " + ", ".join(f"{c}: {u!r} -> {v!r}" for c, u, v in zip(old["columns"], x, y) if u != v)[:600])
    return found


def doubled(before, now):
    """Facts that stand on the log more often than before; a repeat with the same id is none, readers skip it."""
    def facts(state):
        return collections.Counter(tuple(w) for w, i in {(tuple(w), i) for w, i in state["log"]} if w[1] != "incarnation.started")
    old, new = facts(before), facts(now)
    return [f"on the log again: {what[1]} about {what[2]}, caused by {what[3]}" + ("" if old[what] else " (with another content)")
            for what in (new - old)]


def main():
    verb = sys.argv[1]
    if verb == "quiet":
        quiet()
    elif verb == "save":
        with open(sys.argv[2], "w", encoding="utf-8") as f:
            json.dump(snapshot(), f)
    else:
        with open(sys.argv[2], encoding="utf-8") as f:
            before = json.load(f)
        now = snapshot()
        found = differences(before, now, sys.argv[3]) + doubled(before, now)
        with open(sys.argv[2], "w", encoding="utf-8") as f:
            json.dump(now, f)
        for line in found:
            print("  " + line)
        sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
