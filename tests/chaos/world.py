"""The installation under test: its processes, broker and database, as somebody outside sees and breaks them."""
import ctypes
import json
import os
import signal
import socket
import subprocess
import time

import confluent_kafka
import psycopg

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SERVICES = ["door", "receive", "chart", "requirements", "documents", "submission", "claims", "status"]
SCHEMAS = ["receive", "chart", "requirements", "documents", "submission", "claims", "status"]
LOG_READERS = SCHEMAS[1:]
SOURCES = {1: "receive", 2: "chart", 3: "requirements", 4: "documents", 5: "submission", 6: "claims", 7: "status"}
PARTITIONS = int(os.environ.get("PP_PARTITIONS", "8"))


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as f:
            return f.read().replace("\0", " ").strip()
    except OSError:
        return ""


class World:
    def __init__(self):
        self.run = os.environ["PP_TEST_DIR"]
        self.brokers = os.environ["PP_KAFKA_BROKERS"]
        self.commands = self.read_commands()

    # ---- processes ----

    def read_commands(self):
        """Command of each process of deploy/services.tsv, filled in as `priorpath run` does."""
        shift, found = int(os.environ["PP_PORT_SHIFT"]), {}
        with open(os.path.join(ROOT, "deploy/services.tsv"), encoding="utf-8") as f:
            for line in f:
                if line.startswith("#") or not line.strip():
                    continue
                name, _, command = line.rstrip("\n").split("\t")
                words = []
                for word in command.split():
                    word = word.replace("{run}", self.run).replace("{bin}", os.environ["PP_BIN_DIR"])
                    while "{" in word:
                        head, rest = word.split("{", 1)
                        port, tail = rest.split("}", 1)
                        word = f"{head}{int(port) + shift}{tail}"
                    words.append(word)
                found[name] = words
        return found

    def pid(self, name):
        """Process number of a service now; 0 while it does not run."""
        try:
            with open(os.path.join(self.run, "status.json"), encoding="utf-8") as f:
                status = json.load(f)
        except (OSError, ValueError):
            return 0
        pid = next((p["pid"] for p in status["processes"] if p["name"] == name), 0)
        return pid if pid and command_of(pid) == " ".join(self.commands[name]) else 0

    def is_ready(self, name):
        try:
            with open(os.path.join(self.run, "status.json"), encoding="utf-8") as f:
                return any(p["name"] == name and p["ready"] for p in json.load(f)["processes"]) and self.pid(name) != 0
        except (OSError, ValueError):
            return False

    def second(self, name):
        """Another instance of a service."""
        words = [w for w in self.commands[name] if not w.startswith(("--api-port=", "--ops-port="))]
        words += ["--instance=1", f"--ops-port={free_port()}"]
        if any(w.startswith("--api-port=") for w in self.commands[name]):
            words.append(f"--api-port={free_port()}")
        log = open(os.path.join(self.run, "log", f"{name}-second.log"), "ab")
        return subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def part(self, what):
        done = subprocess.run([os.path.join(ROOT, "tests/chaos/part.sh"), what], capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"part.sh {what}: {done.stdout[-300:]} {done.stderr[-300:]}")

    # ---- database ----

    def connect(self):
        return psycopg.connect(os.environ["PP_TEST_DB"] + " connect_timeout=5", user=os.environ["PP_TEST_DB_USER"], password=os.environ["PP_TEST_DB_PASSWORD"],
                               autocommit=True)

    def rows(self, connection, sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    # ---- broker ----

    def consumer(self):
        return confluent_kafka.Consumer({"bootstrap.servers": self.brokers, "group.id": "chaos-check", "enable.auto.commit": False, "auto.offset.reset": "earliest",
                                         "enable.partition.eof": True})

    def ends(self, consumer, topic):
        """End offset of each partition."""
        found = {}
        for partition in sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions):
            found[partition] = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=10, cached=False)[1]
        return found

    def read(self, topics):
        """All records of the topics: {topic: {partition: [message]}}."""
        consumer = self.consumer()
        found, assignment = {}, []
        for topic in topics:
            partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            found[topic] = {p: [] for p in partitions}
            assignment += [confluent_kafka.TopicPartition(topic, p, confluent_kafka.OFFSET_BEGINNING) for p in partitions]
        consumer.assign(assignment)
        left = len(assignment)
        while left:
            message = consumer.poll(20)
            if message is None:
                raise RuntimeError("the broker does not answer")
            if message.error():
                if message.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
                    raise RuntimeError(str(message.error()))
                left -= 1
                continue
            found[message.topic()][message.partition()].append(message)
        consumer.close()
        return found


def wait_until(seconds, condition, every=0.05):
    until = time.time() + seconds
    while time.time() < until:
        if condition():
            return True
        time.sleep(every)
    return False
