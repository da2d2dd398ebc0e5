#!/usr/bin/env python3
"""report.py FOLDER PAGE: docs/bench-results.md from null.json and real.json of a run of make bench."""
import json
import pathlib
import sys

SERVICES = ["door", "receive", "chart", "requirements", "documents", "submission", "claims", "status"]
GOALS = {"records_s": 10000, "ratio": 0.5, "idle_p99": 50, "half_p99": 250, "ack_p99": 20, "mllp": 10000, "pss_idle": 64, "pss_loaded": 160,
         "turn": 10}


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(str(c) for c in r) + " |" for r in rows] + [""]


def foreign(f):
    return f"{f['cpu_foreign_percent_of_one']:.0f} %"


def met(ok):
    return "met" if ok else "**missed**"


def cpu_rows(f):
    """CPU by part, in percent of one core and in microseconds for each record of the log."""
    rate = max(f["log_records_s"], 1)
    names = ["broker", "database"] + [s for s in SERVICES if s in f["cpu_percent_of_one"]] + ["payer stub", "load", "measuring"]
    return [[n, f"{f['cpu_percent_of_one'][n]:.0f} %", f"{f['cpu_percent_of_one'][n] * 1e4 / rate:.0f} us"] for n in names if n in f["cpu_percent_of_one"]]


def worst(figures, key):
    name = max(figures[key], key=figures[key].get, default="")
    return (figures[key].get(name, 0), name)


def chain(title, d):
    out = [f"## {title}", ""]
    rows = []
    for word, name in (("maximum", "maximum"), ("sustained", "10,000/s asked for")):
        f = d.get(word)
        if not f:
            continue
        rows.append([name, f["seconds"], f["log_records_s"], f["applied_by_slowest_s"], sum(max(0, v) for v in f["lag_at_end"].values()),
                     f"{f['cpu_machine_percent']} %", foreign(f), f["wal_mb_s"], "%.1f (%s)" % worst(f, "longest_turn_ms")])
    out += table(["run", "s", "records/s appended", "records/s applied by the slowest", "records behind at the end", "machine busy", "foreign CPU (of one core)",
                  "WAL MB/s", "longest loop turn, ms"], rows)
    if len(d["maximum"].get("runs", [])) > 1:
        out += [f"Runs of the maximum: {d['maximum']['runs']} records/s; the median is shown.", ""]
    if d.get("raw"):
        ratio = d["maximum"]["records_s"] / max(1, d["raw"]["records_s"])
        out += [f"Raw limit of the same bytes ({d['raw']['record_bytes']} bytes a record, the same rows and row sizes, no logic of ours): "
                f"{d['raw']['records_s']} records/s, foreign CPU {foreign(d['raw'])}; the chain reaches {ratio:.0%} of it.", ""]
    out += ["CPU by part at the maximum, and what that is for each record of the log:", ""]
    out += table(["part", "of one core", "per record"], cpu_rows(d["maximum"]))
    idle, loaded = d["idle"]["pss_mb_peak"], d["maximum"]["pss_mb_peak"]
    out += ["Memory (PSS, MB):", ""] + table(["service", "idle", "loaded"], [[s, idle.get(s, ""), loaded.get(s, "")] for s in SERVICES if s in loaded])
    return out


def latencies(d):
    rows = []
    for word, name in (("quiet", "idle"), ("half", "half load")):
        f = d.get(word)
        for kind, label in (("requirement.determined", "requirement known"), ("submission.started", "submission begun (from the message that completed the packet)"),
                            ("submission.acknowledged", "submitted: the payer has acknowledged the request"),
                            ("authorization.decided", "payer's answer decided"),
                            ("claim.matched", "claim matched (from the 837P)")):
            lat = f and f["latency"].get(kind)
            if lat and lat["n"]:
                rows.append([name, f["messages_s"], label, lat["n"], lat["p50_ms"], lat["p99_ms"], lat["max_ms"], foreign(f)])
    return table(["load", "messages/s", "from the receipt at the door to", "n", "p50 ms", "p99 ms", "max ms", "foreign CPU"], rows)


def goals(null, real):
    rows = []
    def add(what, goal, value, ok):
        rows.append([what, goal, value, met(ok)])
    if null:
        n = null["sustained"]
        add("null chain, sustained", "10,000 records/s", f"{n['records_s']}", n["records_s"] >= 0.99 * GOALS["records_s"])
    if real:
        f = real.get("sustained") or real["maximum"]
        add("real path, sustained", "10,000 records/s", f"{f['records_s']}" + ("" if real.get("sustained") else " (its maximum)"), f["records_s"] >= 0.99 * GOALS["records_s"])
    if null and real:
        ratio = real["maximum"]["records_s"] / max(1, null["maximum"]["records_s"])
        add("real path against the null chain's maximum", "50 %", f"{ratio:.0%}", ratio >= GOALS["ratio"])
    if real:
        for word, label, key in (("quiet", "requirement known, idle, p99", "idle_p99"), ("half", "requirement known, half load, p99", "half_p99")):
            p99 = real[word]["latency"]["requirement.determined"]["p99_ms"]
            add(label, f"{GOALS[key]} ms", f"{p99} ms", p99 <= GOALS[key])
        a, m = real["mllp"]["at2000"], real["mllp"]["maximum"]
        add("MLLP ACK p99, 50 connections, 2,000/s", "20 ms", f"{a['ack']['p99_ms']} ms at {a['per_s']}/s", a["ack"]["p99_ms"] <= GOALS["ack_p99"] and a["per_s"] >= 1950)
        add("MLLP maximum", "10,000/s", f"{m['per_s']}/s on {m['connections']} connections", m["per_s"] >= GOALS["mllp"])
        mem, name = worst(real["idle"], "pss_mb_peak")
        add("memory of a service, idle", "64 MB", f"{mem} MB ({name})", mem <= GOALS["pss_idle"])
        mem, name = worst(real["maximum"], "pss_mb_peak")
        add("memory of a service, loaded", "160 MB", f"{mem} MB ({name})", mem <= GOALS["pss_loaded"])
        turn, name = max(worst(real["maximum"], "longest_turn_ms"), worst(null["maximum"], "longest_turn_ms") if null else (0, ""))
        add("longest loop turn", "10 ms of thread CPU", f"{turn:.1f} ms ({name})", turn <= GOALS["turn"])
    return table(["what", "goal", "measured", ""], rows)


def main():
    folder, page = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    parts = {n: json.loads((folder / f"{n}.json").read_text()) for n in ("null", "real") if (folder / f"{n}.json").exists()}
    if not parts:
        sys.exit(f"{folder}: no figures")
    one = next(iter(parts.values()))
    null, real = parts.get("null", {}).get("null"), parts.get("real", {}).get("real")
    m = one["machine"]
    out = ["# Measured", "", "Written by `make bench` (tests/bench/report.py); docs/bench.md says what is measured how, and what follows.", "",
           f"{one['form']} form, {', '.join(n + ' ' + p['machine']['date'] for n, p in parts.items())}, commit {m['commit']}: windows of {one['window_s']} s, sustained for {one['sustain_s']} s. Machine: {m['cpu']}, {m['memory_gb']} GB, "
           f"Linux {m['kernel']}; {m['postgresql']}, Apache Kafka {m['kafka']}, {m['java']}, librdkafka {m['librdkafka']}, libuv {m['libuv']}, {m['cc']}. "
           "Broker, database, load and payer stub run on the same machine. Foreign CPU is what other processes took meanwhile: where it is not near zero, throughput and "
           "latencies say more about them than about PriorPath, and the CPU for each record is the figure to compare.", ""]
    out += ["## Goals", ""] + goals(null, real)
    if null:
        out += chain("Null chain", null)
    if real:
        out += chain("Real path", real)
        out += [f"A message leads to {real['records_per_message']} records of the log. Case mix: tests/bench/mix.tsv, {'whole' if real.get('whole') else 'without claims and notifications'}.", "", "## Latency of the real path", ""] + latencies(real)
        rows = [[w, r["connections"], r["per_s"], r["ack"]["p50_ms"], r["ack"]["p99_ms"], r["ack"]["max_ms"], r["refused"], foreign(r["figures"])]
                for w, r in real["mllp"].items()]
        out += ["## MLLP, accepted durably", "", "One message in flight on each connection; the services behind the door run too.", ""]
        out += table(["run", "connections", "messages/s", "ACK p50 ms", "ACK p99 ms", "max ms", "refused", "foreign CPU"], rows)
    page.write_text("\n".join(out).rstrip() + "\n")
    print(f"written: {page}")


if __name__ == "__main__":
    main()
