"""What the machine does while something is measured: CPU by part, memory, loop turns, records, lag."""
import os
import pathlib
import threading
import time
import urllib.request

import psycopg
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

TICKS = os.sysconf("SC_CLK_TCK")
CPUS = os.cpu_count()
WAL_FILES = 64 # of 16 MB: min_wal_size of deploy/postgres/postgresql.conf


def cpu_of(pid):
    """Seconds of CPU that a process has used; 0 when it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def busy():
    """Seconds of CPU that the whole machine has used, and those that its host kept from it."""
    f = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (f[0] + f[1] + f[2] + f[5] + f[6]) / TICKS, f[7] / TICKS


def pss_mb(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def children(pid):
    out = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                out.append(int(stat.parent.name))
        except (OSError, IndexError):
            continue
    return out


class World:
    """Broker, database and processes of one installation (tests/lib/harness.sh)."""

    def __init__(self, harness_env):
        e = harness_env
        self.dir = pathlib.Path(e["PP_TEST_DIR"])
        self.bin = pathlib.Path(e["PP_TEST_BIN"])
        self.kafka = e["PP_TEST_KAFKA"]
        self.conninfo = f'{e["PP_TEST_DB"]} user={e["PP_TEST_DB_USER"]} password={e["PP_TEST_DB_PASSWORD"]}'
        self.postmaster = int((self.dir / "pg/data/postmaster.pid").read_text().split()[0])
        self.broker = int((self.dir / "kafka/broker.pid").read_text())
        self.db = psycopg.connect(self.conninfo, autocommit=True)
        self.parts = {}     # name -> pid of a measured process
        self.ops = {}       # name -> address of its /metrics
        self.inputs = {}    # schema -> topic that it reads
        self.helpers = {}   # pid -> name: part of the measurement, not of what is measured
        self.gone = {}      # CPU of database backends that have ended

    def postgres(self):
        total = cpu_of(self.postmaster)
        for pid in children(self.postmaster):
            self.gone[pid] = max(cpu_of(pid), self.gone.get(pid, 0))
        return total + sum(self.gone.values())

    def cpu(self):
        out = {name: cpu_of(pid) for name, pid in self.parts.items()}
        out["broker"] = cpu_of(self.broker)
        out["database"] = self.postgres()
        for pid, name in self.helpers.items():
            out[name] = out.get(name, 0) + cpu_of(pid)
        return out

    def memory(self):
        return {name: round(pss_mb(pid), 1) for name, pid in self.parts.items()}

    def turns(self):
        """Longest loop turn of each service since the last time it was asked, ms."""
        out = {}
        for name, url in self.ops.items():
            try:
                with urllib.request.urlopen(url + "/metrics", timeout=5) as r:
                    text = r.read().decode()
            except OSError:
                continue
            for line in text.splitlines():
                if line.startswith("pp_loop_turn_longest_seconds"):
                    out[name] = float(line.split()[-1]) * 1000
        return out

    def applied(self):
        """Records that each service has taken, as in its database."""
        text = " union all ".join(f"select '{s}', coalesce(sum(next_0), 0) from {s}.shard" for s in self.inputs)
        return {name: int(n) for name, n in self.db.execute(text)} if text else {}

    def wal(self):
        return int(self.db.execute("select pg_current_wal_lsn() - '0/0'").fetchone()[0])

    def used_wal(self):
        """Files of the write-ahead log are there for use again, as after the first hour of an installation: a cluster that
        was just made writes each of them twice, first with zeros."""
        for _ in range(WAL_FILES):
            self.db.execute("select pg_logical_emit_message(false, 'bench', '')")
            self.db.execute("select pg_switch_wal()")
        self.db.execute("checkpoint")

    def rows(self):
        """Rows written in each schema."""
        return {s: int(n) for s, n in self.db.execute(
            "select schemaname, sum(n_tup_ins + n_tup_upd) from pg_stat_user_tables where relname not in "
            "('shard', 'outbox', 'dedup') group by 1")}


class Ends(threading.Thread):
    """How many records the topics hold, a few times a second."""

    def __init__(self, world, topics, every_s=0.25):
        super().__init__(daemon=True)
        self.admin = AdminClient({"bootstrap.servers": world.kafka})
        known = self.admin.list_topics(timeout=30).topics
        self.wanted = {TopicPartition(t, p): OffsetSpec.latest() for t in topics for p in known[t].partitions}
        self.now, self.every_s, self.stopping = self.ask(), every_s, threading.Event()
        self.start()

    def ask(self):
        out = {"at": time.monotonic()}
        for tp, future in self.admin.list_offsets(self.wanted, request_timeout=30).items():
            out[tp.topic] = out.get(tp.topic, 0) + future.result().offset
        return out

    def run(self):
        while not self.stopping.wait(self.every_s):
            try:
                self.now = self.ask()
            except KafkaException as e: # a busy broker may be slow
                print("  ends of topics:", e, flush=True)

    def get(self):
        return self.now

    def close(self):
        self.stopping.set()
        self.join()


class Sampler(threading.Thread):
    """Asks for loop turns every two seconds, and sees backends before they end."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.longest, self.peak, self.stopping = world, {}, {}, threading.Event()
        world.turns()
        self.start()

    def run(self):
        while not self.stopping.wait(2):
            for name, ms in self.world.turns().items():
                self.longest[name] = max(ms, self.longest.get(name, 0))
            for name, mb in self.world.memory().items():
                self.peak[name] = max(mb, self.peak.get(name, 0))

    def stop(self):
        self.stopping.set()
        self.join()


class Window:
    """Figures of a span of time: use as a context; `figures` afterwards."""

    def __init__(self, world, ends):
        self.world, self.ends = world, ends

    def snap(self):
        w = self.world
        return {"t": time.monotonic(), "cpu": w.cpu(), "busy": busy(), "applied": w.applied(), "ends": self.ends.ask(),
                "wal": w.wal(), "rows": w.rows()}

    def __enter__(self):
        self.sampler = Sampler(self.world)
        self.a = self.snap()
        return self

    def __exit__(self, *_):
        b = self.snap()
        a, w = self.a, self.world
        self.sampler.stop()
        seconds = b["t"] - a["t"]
        end_seconds = b["ends"]["at"] - a["ends"]["at"]
        cpu = {k: (v - a["cpu"].get(k, 0)) / seconds * 100 for k, v in b["cpu"].items()}
        whole = (b["busy"][0] - a["busy"][0]) / seconds * 100
        log = (b["ends"]["pa.log.v1"] - a["ends"]["pa.log.v1"]) / end_seconds
        applied = {s: (n - a["applied"][s]) / seconds for s, n in b["applied"].items()}
        slowest = min((v for s, v in applied.items() if w.inputs[s] == "pa.log.v1"), default=0)
        self.figures = {
            "seconds": round(seconds, 1),
            "log_records_s": round(log),
            "applied_by_slowest_s": round(slowest),
            "records_s": round(min(log, slowest)),
            "topics_s": {t: round((n - a["ends"][t]) / end_seconds) for t, n in b["ends"].items() if t != "at"},
            "lag_at_end": {s: b["ends"][t] - b["applied"][s] for s, t in w.inputs.items()},
            "cpu_percent_of_one": {k: round(v, 1) for k, v in sorted(cpu.items())},
            "cpu_machine_percent": round(whole / CPUS, 1),
            "cpu_foreign_percent_of_one": round(whole - sum(cpu.values()), 1),
            "cpu_stolen_percent_of_one": round((b["busy"][1] - a["busy"][1]) / seconds * 100, 1),
            "wal_mb_s": round((b["wal"] - a["wal"]) / seconds / 1e6, 2),
            "rows_s": {s: round((n - a["rows"].get(s, 0)) / seconds) for s, n in b["rows"].items()},
            "longest_turn_ms": {k: round(v, 2) for k, v in self.sampler.longest.items()},
            "pss_mb_peak": {k: round(v, 1) for k, v in self.sampler.peak.items()},
        }
        return False


def lag(world, ends):
    """Greatest number of records that a service is behind."""
    now, applied = ends.get(), world.applied()
    return max((now[t] - applied[s] for s, t in world.inputs.items()), default=0)


def drain(world, ends, limit_s=120):
    """Waits until every service has taken everything; seconds, or None when it did not."""
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        if lag(world, ends) <= 0:
            return round(time.monotonic() - began, 1)
        time.sleep(0.25)
    return None
