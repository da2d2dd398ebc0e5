"""X12 files of the claim side through door and receive: drop folder and HTTP, answers (999, TA1), a large file in steps
with an end of receive in the middle, repeats, and remittances that come before their claim. Needs a whole installation
(run.sh)."""
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import confluent_kafka

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
GOLDEN = os.path.join(ROOT, "tests", "x12", "golden")
SHIFT = int(os.environ.get("PORT_SHIFT", 0))
DOOR, RECEIVE = f"http://127.0.0.1:{7100 + SHIFT}", f"http://127.0.0.1:{7108 + SHIFT}"
RUN = os.environ["PP_TEST_DIR"]
TENANT = "lakeside"
CLAIMS = 3000
passed = failed = 0


def that(ok, words, seen=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(f"PASS {words}" if ok else f"FAIL {words}: {seen}", flush=True)


def token():
    out = subprocess.run([os.environ["PP_TEST_BIN"] + "/priorpath", "token", f"--secrets-dir={RUN}/secrets", f"--tenant={TENANT}",
                          "--sub=biller", "--roles=client,biller"], capture_output=True, text=True, check=True)
    return out.stdout.strip()


def call(url, body=None, kind="application/edi-x12"):
    request = urllib.request.Request(url, data=body, headers={"Authorization": "Bearer " + TOKEN, "Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as e:
        return e.code, e.read()
    except OSError:
        return 0, b""  # not up


def wait(what, seconds=60, pause=0.2):
    end = time.time() + seconds
    while True:
        seen = what()
        if seen or time.time() > end:
            return seen
        time.sleep(pause)


def drop(partner, name, text):
    folder = os.path.join(RUN, "drop", TENANT, partner)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".part"), "w", encoding="ascii") as f:
        f.write(text)
    os.rename(os.path.join(folder, name + ".part"), os.path.join(folder, name))
    return os.path.join(folder, "acks", name + ".999"), hashlib.sha256(text.encode()).hexdigest()


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def golden(name, control=1):
    """The good interchange of a guide, under a number of its own: the same number with other bytes is refused."""
    return read(os.path.join(GOLDEN, name + ".x12")).replace("*000000001", f"*{control:09d}")


def many_claims():
    """One interchange of CLAIMS claims in transactions of 500, the second of which does not add up."""
    out, n = ["ISA*00*          *00*          *ZZ*BIG            *ZZ*RECEIVER       *260105*1200*^*00501*000000501*0*T*:",
              "GS*HC*BIG*RECEIVER*20260105*1200*1*X*005010X222A1"], 0
    for st in range(1, CLAIMS // 500 + 1):
        body = [f"ST*837*{st:04d}*005010X222A1", f"BHT*0019*00*BIG{st}*20260105*1200*CH", "NM1*41*2*CLINIC*****46*SUB01",
                "PER*IC*ANA REYES*TE*2175550100", "NM1*40*2*PLAN*****46*NHP01", "HL*1**20*1", "NM1*85*2*CLINIC*****XX*1234567893",
                "N3*1 OAK STREET", "N4*SPRINGFIELD*IL*627011234", "REF*EI*123456789"]
        for k in range(500):
            body += [f"HL*{k + 2}*1*22*0", "SBR*P*18*GRP77******CI", f"NM1*IL*1*BIG*J{n}****MI*B{n:07d}", "N3*1 ELM STREET",
                     "N4*SPRINGFIELD*IL*62704", "DMG*D8*19710203*F", "NM1*PR*2*MERIDIAN*****PI*MA1101",
                     f"CLM*BIG{n}*90***11:B:1*Y*A*Y*Y", "HI*ABK:J45909", "LX*1",
                     f"SV1*HC:94640*{91 if st == 2 and k == 7 else 90}*UN*1***1", "DTP*472*D8*20251210"]
            n += 1
        out += body + [f"SE*{len(body) + 1}*{st:04d}"]
    return "~\n".join(out + [f"GE*{CLAIMS // 500}*1", "IEA*1*000000501"]) + "~\n"


def facts(consumer):
    """What the log holds of our claims so far: (type, key, body). A record that comes again after a kill has its id again
    and counts once, as its readers count it."""
    seen, ids, parts = [], set(), consumer.list_topics("pa.log.v1", timeout=10).topics["pa.log.v1"].partitions
    consumer.assign([confluent_kafka.TopicPartition("pa.log.v1", p, confluent_kafka.OFFSET_BEGINNING) for p in parts])
    left = len(parts)
    while left:
        m = consumer.poll(10)
        if m is None:
            raise SystemExit("the broker does not answer")
        if m.error():
            left -= m.error().code() == confluent_kafka.KafkaError._PARTITION_EOF
            continue
        headers = dict(m.headers() or [])
        kind, ident = headers.get("ce_type", b"").decode(), headers.get("ce_id")
        if ident in ids:
            continue
        ids.add(ident)
        if kind in ("claim.reported", "remittance.reported", "claim-acknowledgement.reported"):
            body = json.loads(m.value())
            if body["claim_no"].startswith(("PAT-", "BIG")):
                seen.append((kind, m.key(), body))
    return seen


def numbers(seen, kind):
    return [body["claim_no"] for k, _, body in seen if k == kind]


def ack(digest):
    status, body = call(f"{RECEIVE}/v1/inbound/{digest}/acknowledgement")
    return json.loads(body) if status == 200 else None


def pid_of(name):
    """Process number of a service now, as its supervisor says; 0 while it does not run."""
    try:
        status = json.loads(read(os.path.join(RUN, "status.json")))
    except (OSError, ValueError):
        return 0
    return next((p["pid"] for p in status["processes"] if p["name"] == name), 0)


def main():
    global TOKEN
    TOKEN = token()
    consumer = confluent_kafka.Consumer({"bootstrap.servers": os.environ["PP_TEST_KAFKA"], "group.id": "test-x12", "enable.partition.eof": True,
                                         "enable.auto.commit": False})
    # What comes back before the claim waits.
    paid_path, paid = drop("lockbox", "paid.835", golden("835"))
    that(wait(lambda: os.path.exists(paid_path)), "a 999 stands in acks/ of the sender's folder", paid_path)
    that("AK9*A*1*1*1" in read(paid_path), "it accepts the 835", read(paid_path))
    that(not numbers(facts(consumer), "remittance.reported"), "a remittance whose claim nobody knows is not said")
    status, body = call(f"{DOOR}/v1/messages", golden("837p").encode())
    digest = json.loads(body).get("hash", "")
    that(status == 202, "837P by HTTP is taken", body)
    that(wait(lambda: ack(digest)), "its answer can be fetched", digest)
    seen = wait(lambda: (lambda s: s if len(numbers(s, "remittance.reported")) == 2 else None)(facts(consumer))) or []
    that(sorted(numbers(seen, "remittance.reported")) == ["PAT-1", "PAT-2"], "both remittances are said when their claims come",
         numbers(seen, "remittance.reported"))
    keys = {body["claim_no"]: key for kind, key, body in seen if kind == "claim.reported" and body["claim_no"].startswith("PAT-")}
    that(all(keys.get(b["claim_no"]) == k for kind, k, b in seen if kind == "remittance.reported"), "each under the person of its claim")
    status, body = call(f"{RECEIVE}/v1/inbound/{digest}/acknowledgement/bytes")
    that(status == 200 and b"AK1*HC*" in body, "the bytes of the answer by GET", (status, body[:80]))
    that(call(f"{RECEIVE}/v1/inbound/{'0' * 64}/acknowledgement")[0] == 404, "a message that has none: 404")
    # A claim that is known: at once.
    drop("lockbox", "status.277", golden("277ca", 2))
    seen = wait(lambda: (lambda s: s if len(numbers(s, "claim-acknowledgement.reported")) == 2 else None)(facts(consumer))) or []
    that(len(numbers(seen, "claim-acknowledgement.reported")) == 2, "277CA: one fact for each claim")
    # The same file again says nothing; a bad one is refused by its 999, the rest of the file goes on.
    drop("lockbox", "again.835", golden("835"))
    other_path, other = drop("lockbox", "other.835", golden("835").replace("EFT-77", "EFT-78"))
    bad_path, bad = drop("office", "claims.837", read(os.path.join(ROOT, "tests", "fixtures", "x12", "claims.837")))
    that(wait(lambda: os.path.exists(bad_path)) and "AK9*P*3*3*1" in read(bad_path), "one of three transactions is accepted")
    row = ack(bad) or {}
    that((row.get("accepted"), row.get("rejected"), row.get("written"), row.get("state")) == (1, 2, True, "partly_refused"),
         "the row says so", row)
    ta1_path, _ = drop("office", "envelope.837", golden("837p", 3).replace("IEA*1*", "IEA*7*"))
    that(wait(lambda: os.path.exists(ta1_path)) and "~TA1*" in read(ta1_path), "a bad envelope is answered by a TA1")
    # A large file goes in steps, and receive is killed between two of them.
    text = many_claims()
    big_path, big = drop("office", "big.837", text)
    reading = wait(lambda: (ack(big) or {}).get("state") == "reading", 120, 0.02)
    before = pid_of("receive")
    if before:
        os.kill(before, signal.SIGKILL)
    that(reading and before, "receive is killed while it reads a file", (reading, before))
    that(wait(lambda: pid_of("receive") not in (0, before)), "and comes again")
    that(wait(lambda: os.path.exists(big_path), 120) and f"AK9*P*{CLAIMS // 500}*{CLAIMS // 500}*{CLAIMS // 500 - 1}" in read(big_path),
         f"a file of {len(text) >> 10} KB is answered")
    done = wait(lambda: (ack(big) or {}).get("state") not in (None, "reading"), 60)
    that(done and ack(big)["state"] == "partly_refused", "and read to its end", ack(big))
    seen = facts(consumer)
    mine = [n for n in numbers(seen, "claim.reported") if n.startswith("BIG")]
    that(len(mine) == CLAIMS - 500 and len(set(mine)) == len(mine), "each claim of it once", (len(mine), len(set(mine))))
    that(numbers(seen, "remittance.reported").count("PAT-1") == 1, "a repeated file says nothing again")
    that(not os.path.exists(other_path) and ack(other) is None, "the same number with other bytes is not answered as taken")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
