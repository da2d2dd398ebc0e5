"""What there is after the load, read with stock clients: topics, tables, the payers' own books."""
import hashlib
import json
import os
import time

import confluent_kafka
import psycopg

from world import LOG_READERS, SCHEMAS

INBOUND, LOG, COMMANDS, DLQ = "pa.inbound.v1", "pa.log.v1", "pa.commands.v1", "pa.dlq.v1"
PUBLIC = ["pa.case-status.v1", "pa.readiness.v1", "pa.authorization.v1", "pa.claim-status.v1", "pa.checklist.v1", "pa.task.v1"]


class Record:
    def __init__(self, message):
        self.topic, self.partition, self.offset = message.topic(), message.partition(), message.offset()
        self.key = (message.key() or b"").decode()
        self.raw = message.value()
        self.headers = {k: (v or b"").decode(errors="replace") for k, v in message.headers() or []}
        self.id, self.type, self.cause = (self.headers.get(h, "") for h in ("ce_id", "ce_type", "pp_cause"))
        self.body = None

    def json(self):
        if self.body is None:
            self.body = json.loads(self.raw) if self.raw else {}
        return self.body

    def same(self, other):
        return self.key == other.key and self.raw == other.raw and self.headers == other.headers

    def __repr__(self):
        return f"{self.topic}/{self.partition}@{self.offset} {self.type} {self.id}"


class Account:
    def __init__(self, world, play):
        self.world, self.play = world, play

    def read_topics(self):
        found = self.world.read([INBOUND, LOG, COMMANDS, DLQ] + PUBLIC)
        self.topics = {t: {p: [Record(m) for m in messages] for p, messages in parts.items()} for t, parts in found.items()}
        self.inbound = [r for p in sorted(self.topics[INBOUND]) for r in self.topics[INBOUND][p]]
        # Facts: the first appearance of each identity counts, the others are repeats.
        self.first, self.repeats = {}, []
        for part in self.topics[LOG].values():
            for r in part:
                if r.id in self.first:
                    self.repeats.append(r)
                else:
                    self.first[r.id] = r
        self.facts = {}
        for r in self.first.values():
            self.facts.setdefault(r.type, []).append(r)
        for of_type in self.facts.values():
            of_type.sort(key=lambda r: (r.partition, r.offset))

    def read_public(self):
        found = self.world.read(PUBLIC)
        for t, parts in found.items():
            self.topics[t] = {p: [Record(m) for m in messages] for p, messages in parts.items()}

    def read_tables(self):
        with self.world.connect() as connection:
            self.tables = {}
            for schema, table in self.world.rows(connection, "select schemaname, tablename from pg_tables where schemaname = any(array['"
                                                 + "','".join(SCHEMAS) + "']) and tablename <> 'outbox'"):
                with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
                    cursor.execute(f'select * from "{schema}"."{table}"')
                    self.tables[f"{schema}.{table}"] = cursor.fetchall()

    def read_payers(self):
        self.payers = self.play.request("GET", self.play.config.payersim + "/_sim/claims")
        self.payer_log = self.play.request("GET", self.play.config.payersim + "/_sim/log")

    def rows(self, name):
        return self.tables[name]

    def of(self, kind):
        return self.facts.get(kind, [])


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def unrest(world, play):
    """What is not at rest yet, in words; empty when all is done."""
    waits = []
    try:
        consumer = world.consumer()
        ends = {t: world.ends(consumer, t) for t in (INBOUND, LOG, COMMANDS)}
        consumer.close()
        with world.connect() as connection:
            for schema in SCHEMAS:
                first, second = (INBOUND, None) if schema == "receive" else (LOG, COMMANDS)
                shards = {r[0]: r[1:] for r in world.rows(connection, f"select part, next_0, next_1, relayed, batch_no from {schema}.shard")}
                for part, end in ends[first].items():
                    row = shards.get(part)
                    if not row:
                        waits.append(f"{schema} has never taken partition {part}")
                        continue
                    if row[0] != end or (second and row[1] != ends[second][part]):
                        waits.append(f"{schema} is at {row[0]}, {row[1]} of partition {part}, which ends at {end}, {ends[second][part] if second else 0}")
                    if row[2] != row[3]:
                        waits.append(f"{schema} has {row[3] - row[2]} batches of partition {part} not known to be on the broker")
            for state, target, why, n in world.rows(connection, "select state, target, why, count(*) from submission.job where state <> 'done' group by 1, 2, 3"):
                waits.append(f"{n} calls to {target} are {state}: {why}")
        waits += payers_unrest(play)
    except (confluent_kafka.KafkaException, psycopg.Error, OSError) as e:
        waits.append(f"cannot look: {e}")
    return waits


def payers_unrest(play):
    """Answers that a payer will still give or tell."""
    told, given, waits = set(), set(), []
    for e in play.request("GET", play.config.payersim + "/_sim/log"):
        if e["op"] in ("notify", "tell") and e.get("trace"):
            (told if e["verdict"].startswith("2") or e["verdict"] == "put" else given).add(e["trace"])
    if given - told:
        waits.append(f"payers: {len(given - told)} notifications not taken")
    for way in ("to-payer", "from-payer"):
        files = [n for n in os.listdir(os.path.join(play.config.run, "exchange/harbor", way)) if n not in ("done", "refused")]
        if files:
            waits.append(f"exchange folder: {len(files)} files in {way}")
    return waits


def wait_for_rest(world, play, seconds, say):
    """Until nothing has moved for a few looks, at most so many seconds. Returns what is left."""
    until, still, before, left = time.time() + seconds, 0, None, ["never looked"]
    told = time.time()
    while time.time() < until:
        left = unrest(world, play)
        consumer = world.consumer()
        try:
            picture = json.dumps(world.ends(consumer, LOG)) + json.dumps(world.ends(consumer, INBOUND))
        except confluent_kafka.KafkaException as e:
            picture = str(e) + str(time.time())
        consumer.close()
        still = still + 1 if not left and picture == before else 0
        before = picture
        if still >= 5:
            return []
        if left and time.time() - told > 10:
            told = time.time()
            say(f"       waiting: {left[0]}" + (f" and {len(left) - 1} more" if len(left) > 1 else ""))
        time.sleep(1)
    return left or ["the log still grows"]
