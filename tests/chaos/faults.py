"""What is broken, in an order that follows from the seed."""
import os
import random
import signal
import threading
import time

import psycopg

from world import SERVICES, wait_until

SESSION_SECONDS = 10      # session time-out of the consumer groups
# Not the one with an exchange folder: a file that is lost is asked about after a day, which passes at the end of the run. What
# ends submission meets its calls, too.
PAYERS = ["meridian", "prairie", "union", "lakeshore", "carebridge", "northgate"]
JOINABLE = ["receive", "chart", "requirements", "documents", "submission", "claims", "status"]


FILE_PAYER = "harbor"
FILE_MODES = ["drop", "cut", "slow", "down"]
STATES = ["planned", "sending", "doubt", "inquiring"]


def storm_deck(rng):
    """One round of KINDS=storm: submission is killed four times and frozen once at each state of a call."""
    cards = [("storm", f"{act} {state}") for state in STATES for act in ("kill", "kill", "kill", "kill", "freeze")]
    rng.shuffle(cards)
    return cards


def deck(rng):
    """One round: every kind of fault, every service. KINDS=job,second leaves only these."""
    if os.environ.get("KINDS") == "storm":
        return storm_deck(rng)
    cards = [("kill", s) for s in SERVICES] + [("freeze", s) for s in rng.sample(SERVICES, 4)] + [("freeze long", s) for s in rng.sample(SERVICES, 3)]
    cards += [("job", state) for state in STATES] + [("job frozen", rng.choice(["sending", "inquiring"]))]
    cards += [("second", s) for s in rng.sample(JOINABLE, 3)] + [("broker", ""), ("broker frozen", ""), ("database", ""), ("database cut", ""), ("kill all", "")]
    if os.environ.get("KINDS"):
        cards = [c for c in cards if c[0].startswith(tuple(os.environ["KINDS"].split(",")))]
    rng.shuffle(cards)
    return cards


class Faults:
    def __init__(self, world, play, seed, seconds, say):
        self.world, self.play, self.say = world, play, say
        self.rng = random.Random(f"faults {seed}")
        self.begin = time.time()
        self.until = self.begin + seconds
        self.seconds = seconds
        self.threads, self.frozen, self.instances = [], set(), []
        self.frozen_submission = 0 # while there were two
        self.counts = {}
        self.problems = []
        self.lock = threading.Lock()

    def run(self):
        self.background(self.payers) # ended before end() sets the payers right
        cards = []
        while time.time() < self.until:
            cards = cards or deck(self.rng)
            kind, what = cards.pop()
            storm = kind == "storm"
            if not storm:
                self.counts[kind] = self.counts.get(kind, 0) + 1
                self.say(f"{time.time() - self.begin:5.1f} s  {kind} {what}".rstrip())
            try:
                getattr(self, kind.replace(" ", "_"))(what)
            except (OSError, psycopg.Error, RuntimeError) as e:
                self.problems.append(f"{kind} {what}: {e}")
            if storm:
                continue
            # Short runs go through one whole round.
            longest = 1.0 if os.environ.get("KINDS") else min(4.0, self.seconds / 22)
            time.sleep(self.rng.uniform(0.3, max(0.6, longest)))

    def end(self):
        """Everything is allowed to recover now."""
        for t in self.threads:
            t.join(60)
        with self.lock:
            for pid in self.frozen:
                self.signal(pid, signal.SIGCONT)
        for p in self.instances:
            if p.poll() is None:
                p.terminate()
        for p in self.instances:
            try:
                p.wait(20)
            except Exception:
                self.problems.append("a second instance did not end when asked to")
                p.kill()
        for payer in PAYERS + [FILE_PAYER]:
            self.mend(payer)

    def mend(self, payer):
        for _ in range(5):
            try:
                self.fault(payer, "ok")
                return
            except OSError: # the simulator may drop a call while it opens and closes its ports
                time.sleep(0.5)
        self.fault(payer, "ok")

    def abort(self):
        """Nothing may be left frozen or running; no time to wait."""
        for pid in list(self.frozen):
            self.signal(pid, signal.SIGCONT)
        for p in self.instances:
            p.kill()
        os._exit(143)

    # ---- processes ----

    def signal(self, pid, number):
        try:
            if pid:
                os.kill(pid, number)
        except ProcessLookupError:
            pass

    def kill(self, name):
        self.signal(self.world.pid(name), signal.SIGKILL)

    def kill_all(self, _):
        for name in SERVICES:
            self.kill(name)

    def freeze(self, name, seconds=None):
        self.freeze_pid(self.world.pid(name), seconds or self.rng.uniform(0.5, 4))

    def freeze_pid(self, pid, seconds):
        if not pid:
            return
        with self.lock:
            self.frozen.add(pid)
        self.signal(pid, signal.SIGSTOP)
        def thaw():
            time.sleep(seconds)
            self.signal(pid, signal.SIGCONT)
            with self.lock:
                self.frozen.discard(pid)
        self.background(thaw)

    def freeze_long(self, name):
        self.freeze(name, SESSION_SECONDS + self.rng.uniform(1.5, 5))

    def background(self, work):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.threads.append(thread)

    def second(self, name):
        """Another instance joins, and leaves in one of four ways."""
        way = self.rng.choice(["leaves", "is killed", "freezes", "stays while the first freezes"])
        stay, rest = self.rng.uniform(4, 9), SESSION_SECONDS + self.rng.uniform(2, 4)
        self.say(f"         {name}: the second instance {way}")
        self.frozen_submission += name == "submission" and way in ("freezes", "stays while the first freezes")
        process = self.world.second(name)
        self.instances.append(process)
        def live():
            time.sleep(stay)
            if way == "is killed":
                process.kill()
            elif way == "freezes":
                self.freeze_pid(process.pid, rest)
                time.sleep(rest + 1)
            elif way == "stays while the first freezes":
                self.freeze_pid(self.world.pid(name), rest)
                time.sleep(rest + 2)
            if process.poll() is None and way != "is killed":
                process.terminate()
        self.background(live)

    # ---- broker and database ----

    def broker(self, _):
        self.world.part("broker-kill")
        time.sleep(self.rng.uniform(0.2, 3))
        self.world.part("broker-start")

    def broker_frozen(self, _):
        with open(os.path.join(self.world.run, "kafka", "broker.pid"), encoding="ascii") as f:
            pid = int(f.read())
        self.signal(pid, signal.SIGSTOP)
        time.sleep(self.rng.uniform(1, 6))
        self.signal(pid, signal.SIGCONT)

    def database_cut(self, _):
        with self.world.connect() as connection:
            self.world.rows(connection, "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'pp%'")

    def database(self, _):
        self.world.part("database-stop")
        time.sleep(self.rng.uniform(0.2, 3))
        self.world.part("database-start")

    # ---- payers and jobs ----

    def fault(self, payer, mode, count=1, seconds=2.5):
        self.play.request("POST", self.play.config.payersim + "/_sim/fault", {"payer": payer, "mode": mode, "count": count, "seconds": seconds})

    def payers(self):
        """All the time: a payer answers late, breaks off, fails."""
        rng = random.Random(self.rng.random())
        if os.environ.get("KINDS") == "storm":
            return self.payers_in_a_storm(rng)
        while time.time() < self.until:
            try:
                self.fault(rng.choice(PAYERS), rng.choice(["cut", "drop", "error500", "slow"]), rng.randrange(1, 3), rng.uniform(0.2, 2))
                if rng.random() < 0.5:
                    mode = rng.choice(FILE_MODES)
                    self.fault(FILE_PAYER, mode, rng.randrange(1, 3), rng.uniform(0.2, 2))
                    self.counts[f"file {mode}"] = self.counts.get(f"file {mode}", 0) + 1
            except Exception as e:
                self.problems.append(f"payer simulator: {e}")
            time.sleep(rng.uniform(1, 3))

    def job(self, state, act=None):
        """Makes jobs go through `state`, and ends submission at the moment when one is in it."""
        mode = {"planned": "down", "sending": "slow", "doubt": "cut", "inquiring": "cut"}[state]
        # What a dead process left in the table is no state to meet it in.
        wait_until(15, lambda: self.world.is_ready("submission"))
        for payer in PAYERS:
            self.fault(payer, mode, 3)
        try:
            with self.world.connect() as connection:
                seen = lambda wanted: bool(self.world.rows(connection, f"select 1 from submission.job where state = '{wanted}' and (state <> 'planned' or failures > 0) limit 1"))
                if state == "inquiring" and wait_until(5, lambda: seen("doubt"), 0.01):
                    for payer in PAYERS:
                        self.fault(payer, "slow", 3)
                hit = wait_until(5, lambda: seen(state), 0.01) and self.world.is_ready("submission")
            act = act or self.kill
            act("submission")
            key = f"job {state}{'' if hit else ', not met'}"
            self.counts[key] = self.counts.get(key, 0) + 1
        finally:
            if state == "planned":
                time.sleep(0.5)
                for payer in PAYERS:
                    self.fault(payer, "ok")

    def job_frozen(self, state):
        self.job(state, lambda name: self.freeze(name, self.rng.choice([3, SESSION_SECONDS + 3])))

    # ---- many ends of submission ----

    def payers_in_a_storm(self, rng):
        """Calls are at all times in every state: one payer is away, the others are slow, break off or fail."""
        at = 0
        while time.time() < self.until:
            at += 1
            for i, payer in enumerate(PAYERS):
                mode = ["down", "slow", "cut", "slow", "drop", "slow"][(i + at) % len(PAYERS)]
                try:
                    self.fault(payer, mode, 1000, rng.uniform(0.1, 0.4))
                except Exception as e:
                    self.problems.append(f"payer simulator: {e}")
            time.sleep(rng.uniform(0.5, 1.5))

    def seen(self, state):
        """A call that this process, not a dead one, has brought to the state."""
        return bool(self.world.rows(self.watch, f"select 1 from submission.job where state = '{state}' and (state <> 'planned' or failures > 0) limit 1"))

    def storm(self, card):
        act, state = card.split()
        if not getattr(self, "watch", None) or self.watch.closed:
            self.watch = self.world.connect()
        if not wait_until(15, lambda: self.world.is_ready("submission"), 0.02):
            self.problems.append("submission was not ready within 15 s")
            return
        if state in ("doubt", "inquiring", "planned"): # what the takeover itself has left there is met by the others
            time.sleep(self.rng.uniform(0, 0.15))
        hit = wait_until(3, lambda: self.seen(state), 0.004)
        pid = self.world.pid("submission")
        if act == "kill":
            self.signal(pid, signal.SIGKILL)
            wait_until(5, lambda: self.world.pid("submission") != pid, 0.02)
        else:
            seconds = self.rng.uniform(0.2, 1.2)
            self.freeze_pid(pid, seconds)
            time.sleep(seconds)
        key = f"{act} {state}{'' if hit else ', not met'}"
        self.counts[key] = self.counts.get(key, 0) + 1
        if sum(self.counts.values()) % 25 == 0:
            self.say(f"{time.time() - self.begin:5.1f} s  " + ", ".join(f"{n} {k}" for k, n in sorted(self.counts.items())))
