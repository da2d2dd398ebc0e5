#!/usr/bin/env python3
"""Measurements inside an installation of tests/lib/harness.sh; tests/bench/run.sh calls it.

  bench.py null OUT.json     the null chain, then its raw limit          (harness --roles)
  bench.py real OUT.json     the real path, then its raw limit, and MLLP (harness --services, payer stub)

FORM=short (60 s at 10,000 records/s, one run of each) or full (10 minutes, medians of three).
WHOLE=no leaves out claims and the notifications of pended requests: the path as far as the payer's first answer.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import parts

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FULL = os.environ.get("FORM", "short") == "full"
SUSTAIN_S = int(os.environ.get("SUSTAIN_S", 600 if FULL else 60))
WINDOW_S = int(os.environ.get("WINDOW_S", 60 if FULL else 30))
RUNS = int(os.environ.get("RUNS", 3 if FULL else 1))
RAMP_S = int(os.environ.get("RAMP_S", 25))
GOAL = 10000
WHOLE = os.environ.get("WHOLE", "yes") == "yes"
TYPES = "requirement.determined,submission.started,submission.acknowledged,authorization.decided,claim.matched"
LAG_LOW, LAG_HIGH = 3000, 8000 # records behind between which the rate is left alone
NULL = ["chart", "requirements", "documents", "submission", "claims", "status"]
RECORDS_A_CASE = 6


def say(*words):
    print(f"{time.strftime('%H:%M:%S')} ", *words, flush=True)


class Load:
    """A loadgen whose rate can be changed."""

    def __init__(self, world, *args):
        self.process = subprocess.Popen([str(world.bin / "loadgen"), *args, "--control"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        world.helpers[self.process.pid] = "load"

    def rate(self, per_s):
        self.process.stdin.write(f"rate {per_s:.1f}\n")
        self.process.stdin.flush()

    def stop(self):
        try:
            self.process.stdin.write("stop\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        out = self.process.communicate(timeout=60)[0]
        return json.loads(out.strip().splitlines()[-1]) if out.strip() else {}


class Speed:
    """How many messages a second the slowest service got through, over the last seconds."""

    def __init__(self, world, ends, records_a_message):
        self.world, self.ends, self.records_a_message, self.past = world, ends, records_a_message, []
        self.first = ends.get()

    def look(self):
        """(messages/s or None, records behind)"""
        now, applied, at = self.ends.get(), self.world.applied(), time.monotonic()
        behind = max(now[t] - applied[s] for s, t in self.world.inputs.items())
        self.past = [p for p in self.past if at - p[0] < 4] + [(at, applied)]
        at0, applied0 = self.past[0]
        if at - at0 < 2:
            return None, behind
        ratio = self.records_a_message
        if not ratio: # of the real path: as it turns out
            ratio = (now["pa.log.v1"] - self.first["pa.log.v1"]) / max(1, now["pa.inbound.v1"] - self.first["pa.inbound.v1"])
        rates = [(applied[s] - applied0[s]) / (at - at0) / (max(ratio, 1) if t == "pa.log.v1" else 1) for s, t in self.world.inputs.items()]
        return min(rates), behind


def steer(world, ends, load, rate, seconds):
    """Holds the rate where the services just keep up; returns it."""
    speed = Speed(world, ends, RECORDS_A_CASE if "door" not in world.parts else None)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        load.rate(rate)
        time.sleep(0.5)
        done, behind = speed.look()
        if done is None:
            rate *= 1.1 if behind < LAG_LOW else 1
        elif behind > LAG_HIGH:
            rate = max(20, min(rate, done * 0.85))
        elif behind > LAG_LOW:
            rate = max(20, min(rate, done * 1.02))
        else:
            rate = min(rate * 1.1, done * 1.4 + 50)
    return rate


def maximum(world, ends, start, first_rate):
    """Medians of RUNS windows at the rate that the services just keep up with."""
    runs = []
    for n in range(RUNS):
        load = start(f"max{n}")
        rate = steer(world, ends, load, first_rate, RAMP_S)
        with parts.Window(world, ends) as w:
            rate = steer(world, ends, load, rate, WINDOW_S)
        first_rate = rate * 0.9
        result = {**w.figures, "load": load.stop(), "drained_s": parts.drain(world, ends), "rate": round(rate)}
        say(f"  maximum: {result['records_s']} records/s, foreign CPU {result['cpu_foreign_percent_of_one']} %")
        runs.append(result)
    runs.sort(key=lambda r: r["records_s"])
    return {"runs": [r["records_s"] for r in runs], **runs[len(runs) // 2]}


def sustained(world, ends, start, rate):
    load = start("sustain")
    load.rate(rate / 2)
    time.sleep(5)
    load.rate(rate)
    time.sleep(3)
    with parts.Window(world, ends) as w:
        time.sleep(SUSTAIN_S)
    result = {**w.figures, "load": load.stop(), "drained_s": parts.drain(world, ends), "rate": round(rate)}
    say(f"  sustained: {result['records_s']} records/s, lag at the end {result['lag_at_end']}")
    return result


def record_bytes(world):
    """Average bytes of a record of the log: key, value, names and values of headers."""
    from confluent_kafka import Consumer, TopicPartition
    c = Consumer({"bootstrap.servers": world.kafka, "group.id": "bench-size", "enable.auto.commit": False})
    total = n = 0
    for p in range(8):
        low, high = c.get_watermark_offsets(TopicPartition("pa.log.v1", p), timeout=20)
        c.assign([TopicPartition("pa.log.v1", p, max(low, high - 500))])
        for m in c.consume(500, timeout=5):
            if not m.error():
                n += 1
                total += len(m.key() or b"") + len(m.value() or b"") + sum(len(k) + len(v or b"") for k, v in m.headers() or [])
    c.close()
    return total // max(n, 1)


def row_bytes(world, schema):
    size, rows = world.db.execute(
        "select sum(pg_table_size(c.oid)), sum(greatest(s.n_live_tup, 1)) from pg_class c join pg_stat_user_tables s on s.relid = c.oid "
        "where s.schemaname = %s and s.relname not in ('shard', 'outbox', 'dedup')", (schema,)).fetchone()
    return max(40, min(8000, int(size / max(rows, 1))))


def raw(world, figures, shares, rows_schema):
    """The same bytes without our logic. shares: name -> part of the records that it writes."""
    subprocess.run([str(world.bin / "priorpath"), "topics", f"--file={HERE / 'raw-topics.tsv'}", f"--kafka-brokers={world.kafka}"], check=True,
                   stdout=subprocess.DEVNULL)
    world.db.execute("create schema if not exists bench_raw")
    size = record_bytes(world)
    total = figures["log_records_s"]
    processes, told = [], {}
    for name, share in shares.items():
        rows = figures["rows_s"].get(rows_schema.get(name, name), 0) / max(total, 1)
        told[name] = {"share": round(share, 3), "rows_per_record": round(rows, 3), "row_bytes": row_bytes(world, rows_schema.get(name, name)) if rows else 0}
        processes.append(subprocess.Popen(
            [str(world.bin / "bench-raw"), name, world.kafka, world.conninfo, f"{share:.4f}", str(size), f"{rows:.4f}",
             str(told[name]["row_bytes"]), str(WINDOW_S)], stdout=subprocess.PIPE, text=True))
    def ours():
        t = os.times()
        return parts.cpu_of(world.broker) + world.postgres() + t.children_user + t.children_system
    busy, used, began = parts.busy()[0], ours(), time.monotonic()
    results = [json.loads(p.communicate(timeout=WINDOW_S + 60)[0]) for p in processes]
    rate = min(r["read"] / r["seconds"] for r in results)
    seconds, busy, used = time.monotonic() - began, parts.busy()[0] - busy, ours() - used
    say(f"  raw limit of the same bytes: {rate:.0f} records/s")
    return {"records_s": round(rate), "record_bytes": size, "processes": told,
            "cpu_machine_percent": round(busy / seconds / parts.CPUS * 100, 1),
            "cpu_foreign_percent_of_one": round((busy - used) / seconds * 100, 1)}


# ---- the null chain ----

def start_null(world):
    shift = int(os.environ["PORT_SHIFT"])
    secrets = os.environ["PP_TEST_SECRETS"]
    processes = []
    env = {**os.environ, "PP_PACKS_DIR": str(ROOT / "packs"), "PP_LOG_LEVEL": "warn"}
    for i, name in enumerate(NULL):
        base = [str(world.bin / "bench-chain"), name, f"--db-password-file={secrets}/pp_{name}.password",
                f"--db-read-password-file={secrets}/pp_{name}_read.password", f"--db-owner-password-file={secrets}/pp_owner.password",
                f"--api-port={7301 + i + shift}", f"--ops-port={7401 + i + shift}"]
        subprocess.run(base + ["--migrate"], check=True, env=env, stdout=subprocess.DEVNULL)
        log = open(world.dir / f"log/null-{name}.log", "w")
        p = subprocess.Popen(base, env=env, stdout=log, stderr=log)
        processes.append(p)
        world.parts[name], world.ops[name], world.inputs[name] = p.pid, f"http://127.0.0.1:{7401 + i + shift}", "pa.log.v1"
    wait_ready(world)
    return processes


def wait_ready(world, limit_s=60):
    import urllib.request
    end = time.monotonic() + limit_s
    for name, url in world.ops.items():
        while True:
            try:
                with urllib.request.urlopen(url + "/readyz", timeout=2):
                    break
            except OSError:
                if time.monotonic() > end:
                    raise RuntimeError(f"{name} does not get ready") from None
                time.sleep(0.2)


def null_chain(world):
    processes = start_null(world)
    world.used_wal()
    ends = parts.Ends(world, ["pa.log.v1"])
    writers = iter(range(1, 1000))
    first = [0]

    def start(word):
        first[0] += 2000000
        return Load(world, "facts", f"--kafka-brokers={world.kafka}", f"--writer={next(writers)}", f"--first={first[0]}", "--rate=100", "--seconds=86400")

    out = {}
    try:
        say("null chain: idle")
        time.sleep(3)
        with parts.Window(world, ends) as w:
            time.sleep(10)
        out["idle"] = w.figures
        say("null chain: maximum")
        out["maximum"] = maximum(world, ends, start, 800)
        say(f"null chain: {GOAL} records/s for {SUSTAIN_S} s")
        out["sustained"] = sustained(world, ends, start, GOAL / RECORDS_A_CASE)
    finally:
        for p in processes:
            p.send_signal(signal.SIGTERM)
        for p in processes:
            p.wait(60)
        ends.close()
    say("null chain: raw limit")
    shares = {"source": 1 / 6, **{n: 1 / 6 for n in NULL if n != "status"}, "status": 0.0}
    out["raw"] = raw(world, out["maximum"], shares, {})
    return out


# ---- the real path ----

SCHEMAS = {"receive": "pa.inbound.v1", "chart": "pa.log.v1", "requirements": "pa.log.v1", "documents": "pa.log.v1",
           "submission": "pa.log.v1", "claims": "pa.log.v1", "status": "pa.log.v1"}
DOOR_API = 7100
OPS = {"door": 7200, "receive": 7206, "chart": 7207, "requirements": 7201, "documents": 7202, "submission": 7203, "status": 7204, "claims": 7205}


def adopt_services(world):
    shift = int(os.environ["PORT_SHIFT"])
    status = json.loads((world.dir / "status.json").read_text())
    for p in status["processes"]:
        if p["name"] in OPS:
            world.parts[p["name"]] = p["pid"]
            world.ops[p["name"]] = f"http://127.0.0.1:{OPS[p['name']] + shift}"
    world.inputs.update(SCHEMAS)


def publish_packs(world):
    """The packs of the repository with one payer address and without the payers' caps: the stub is to be fast."""
    packs = world.dir / "tmp/packs"
    subprocess.run(["cp", "-r", str(ROOT / "packs"), str(packs)], check=True)
    lines, head = [], None
    for line in (packs / "payers.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            cells = line.split("\t")
            if head is None:
                head = cells
            else:
                row = dict(zip(head, cells + [""] * len(head)))
                if row["channel"] == "fhir":
                    row["base_url"] = "{payersim}/" + row["base_url"].split("/", 1)[1]
                    row["requests_s_max"], row["concurrent_max"] = "10000", "32"
                line = "\t".join(row[h] for h in head)
        elif line.startswith("# version:"):
            line += "-bench"
        lines.append(line)
    (packs / "payers.tsv").write_text("\n".join(lines) + "\n")
    subprocess.run([str(world.bin / "priorpath"), "packs", "publish", f"--dir={packs}"], check=True, stdout=subprocess.DEVNULL)


def broker_times(world):
    """The broker's own time in the records that latencies are taken from."""
    text = (ROOT / "deploy/topics.tsv").read_text().splitlines()
    text = [line + " message.timestamp.type=LogAppendTime" if line.startswith(("pa.log.v1", "pa.inbound.v1")) else line for line in text]
    path = world.dir / "tmp/topics.tsv"
    path.write_text("\n".join(text) + "\n")
    subprocess.run([str(world.bin / "priorpath"), "topics", f"--file={path}"], check=True, stdout=subprocess.DEVNULL)


def watched(world, ends, start, rate, seconds):
    """Latencies at a steady rate of messages."""
    load = start(f"at{rate:.0f}")
    load.rate(rate)
    time.sleep(8)
    watch = subprocess.Popen([str(world.bin / "loadgen"), "watch", f"--kafka-brokers={world.kafka}", f"--types={TYPES}", f"--seconds={seconds}"], stdout=subprocess.PIPE, text=True)
    world.helpers[watch.pid] = "measuring"
    with parts.Window(world, ends) as w:
        out = watch.communicate(timeout=seconds + 60)[0]
    result = {**w.figures, "latency": json.loads(out), "load": load.stop(), "drained_s": parts.drain(world, ends), "messages_s": round(rate)}
    lat = result["latency"]["requirement.determined"]
    say(f"  {rate:.0f} messages/s: requirement known p50 {lat['p50_ms']} ms, p99 {lat['p99_ms']} ms; foreign CPU {result['cpu_foreign_percent_of_one']} %")
    return result


def door_alone(world, ends, address):
    """MLLP with ACK. The services behind take their turn: what they lag is part of the day."""
    out = {}
    for word, connections, rate in (("at2000", 50, 2000), ("maximum", 400, 0)):
        before = ends.ask()
        with parts.Window(world, ends) as w:
            p = subprocess.run([str(world.bin / "loadgen"), "mllp", f"--address={address}", f"--mix={HERE / 'mix.tsv'}", f"--run=d{word[:3]}", f"--connections={connections}",
                                f"--rate={rate}", f"--seconds={max(15, WINDOW_S // 2)}"], stdout=subprocess.PIPE, text=True, check=False)
        result = json.loads(p.stdout.strip().splitlines()[-1])
        result["per_s"] = round(result["accepted"] / result["seconds"])
        out[word] = {**result, "stored": ends.ask()["pa.inbound.v1"] - before["pa.inbound.v1"], "figures": w.figures}
        say(f"  MLLP {connections} connections: {result['per_s']}/s, ACK p50 {result['ack']['p50_ms']} p99 {result['ack']['p99_ms']} ms")
    return out


def claims_options(world, door, secrets):
    """For loadgen: where claims go, and the token of a client, kept in a file."""
    path = world.dir / "tmp/client.token"
    token = subprocess.run([str(world.bin / "priorpath"), "token", f"--secrets-dir={secrets}", "--roles=client", "--sub=billing"],
                           capture_output=True, text=True, check=True).stdout
    path.touch(mode=0o600)
    path.write_text(token)
    return [f"--claims-to={door}/v1/messages", f"--token-file={path}"]


def real_path(world):
    adopt_services(world)
    publish_packs(world)
    broker_times(world)
    world.used_wal()
    shift = int(os.environ["PORT_SHIFT"])
    address = f"127.0.0.1:{2575 + shift}"
    door = f"http://127.0.0.1:{DOOR_API + shift}"
    secrets = os.environ["PP_TEST_SECRETS"]
    whole = ["--pended=20", "--approved=75", f"--door={door}", f"--secrets-dir={secrets}", f"--packs-dir={ROOT / 'packs'}"] if WHOLE else []
    stub = subprocess.Popen([str(world.bin / "payerstub"), f"--port={7150 + shift}", *whole])
    claims = claims_options(world, door, secrets) if WHOLE else []
    world.helpers[stub.pid] = "payer stub"
    ends = parts.Ends(world, ["pa.log.v1", "pa.inbound.v1", "pa.case-status.v1", "pa.readiness.v1", "pa.authorization.v1", "pa.checklist.v1",
                              "pa.task.v1", "pa.measures.v1", "pa.dlq.v1"])
    runs = iter(range(100, 1000))

    def start(word):
        return Load(world, "mllp", f"--address={address}", f"--mix={HERE / 'mix.tsv'}", f"--run=b{next(runs)}", "--connections=100", "--rate=10", "--seconds=86400", *claims)

    out = {"whole": WHOLE}
    try:
        say("real path: idle")
        time.sleep(5)
        with parts.Window(world, ends) as w:
            time.sleep(10)
        out["idle"] = w.figures
        say("real path: latency, one message now and then")
        out["quiet"] = watched(world, ends, start, 10, WINDOW_S)
        say("real path: maximum")
        out["maximum"] = maximum(world, ends, start, 300)
        half = out["maximum"]["load"]["sent"] and out["maximum"]["topics_s"]["pa.inbound.v1"] / 2
        say("real path: half of it")
        out["half"] = watched(world, ends, start, half, WINDOW_S)
        per_message = out["maximum"]["log_records_s"] / max(1, out["maximum"]["topics_s"]["pa.inbound.v1"])
        out["records_per_message"] = round(per_message, 2)
        say(f"real path: {GOAL} records/s for {SUSTAIN_S} s")
        out["sustained"] = sustained(world, ends, start, GOAL / per_message) if out["maximum"]["records_s"] >= GOAL else None
        say("MLLP")
        out["mllp"] = door_alone(world, ends, address)
    finally:
        stub.terminate()
        ends.close()
    out["table_rows"] = dict((f"{s}.{t}", int(n)) for s, t, n in world.db.execute(
        "select schemaname, relname, n_tup_ins + n_tup_upd from pg_stat_user_tables order by 3 desc limit 40"))
    say("real path: raw limit")
    # receive writes the first part of the log; the exact split among the others changes little, since every record is read by all
    shares = {n: 1 / 6 for n in SCHEMAS if n != "status"} | {"status": 0.0}
    out["raw"] = raw(world, out["maximum"], shares, {})
    return out


def machine():
    def first(*cmd):
        try:
            return subprocess.run(cmd, capture_output=True, text=True, check=False).stdout.strip().splitlines()[0]
        except (OSError, IndexError):
            return "?"
    cpu = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
    memory = pathlib.Path("/proc/meminfo").read_text().split()[1]
    return {"cpu": f"{parts.CPUS} x {cpu}", "memory_gb": round(int(memory) / 1e6, 1), "kernel": os.uname().release,
            "postgresql": first("sh", "-c", "$(ls -d /usr/lib/postgresql/*/bin | tail -1)/postgres --version"),
            "librdkafka": first("pkg-config", "--modversion", "rdkafka"), "libuv": first("pkg-config", "--modversion", "libuv"),
            "java": first("sh", "-c", "java -version 2>&1"), "kafka": first("sh", "-c", "sed -n 's/.*kafka_2[.0-9]*-\\([0-9.]*\\)[.]jar/\\1/p' deploy/kafka/jars.sha256"),
            "cc": first("cc", "--version"), "commit": first("git", "rev-parse", "--short", "HEAD"), "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())}


def main():
    verb, path = sys.argv[1:3]
    world = parts.World(os.environ)
    out = {"machine": machine(), "form": "full" if FULL else "short", "window_s": WINDOW_S, "sustain_s": SUSTAIN_S,
           verb: {"null": null_chain, "real": real_path}[verb](world)}
    pathlib.Path(path).write_text(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
