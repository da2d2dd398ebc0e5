"""Faults under load and the account afterwards. run.sh starts it; docs/chaos.md says what it does."""
import argparse
import datetime
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "day"))
import account
import check
import faults
import load
import play as player
import world as worlds

SPEED = 240               # virtual seconds in a real one, until all is sent
DRAIN_SECONDS = 30        # for messages that are begun
QUIET_SECONDS = 150       # for services, jobs and payers to come to rest


def say(text):
    print(text, flush=True)


def main():
    seed, seconds, rate = os.environ["SEED"], float(os.environ["DURATION"]), float(os.environ.get("RATE", "25"))
    say(f"seed {seed}, {seconds:g} s, {rate:g} messages a second")
    world = worlds.World()
    options = argparse.Namespace(quiet=True, speed=SPEED, day=1, start=datetime.datetime(2026, 11, 24, tzinfo=player.CHICAGO_STANDARD))
    play = player.Play(player.Config(world.run), options)
    sender = load.Load(play, f"load {seed}", seconds, rate)
    play.set_clock(play.day + datetime.timedelta(hours=7), SPEED)
    rules = sender.make_people()
    play.request("POST", play.config.payersim + "/_sim/scenario", {"rules": rules})
    play.subscribe()
    breaker = faults.Faults(world, play, seed, seconds, say)
    signal.signal(signal.SIGTERM, lambda *_: breaker.abort())
    try:
        sender.start()
        if os.environ.get("FAULTS") == "no":
            time.sleep(seconds)
        else:
            breaker.run()
    finally:
        breaker.end()
    sender.finish(DRAIN_SECONDS)
    # A file that was lost on its way there or back is asked about after a day of silence.
    account.wait_for_rest(world, play, QUIET_SECONDS, say)
    play.set_clock(play.now() + datetime.timedelta(hours=26), SPEED)
    say(f"sent {len(sender.journal)} messages about {len(sender.people)} people; faults: " + ", ".join(f"{n} {k}" for k, n in sorted(breaker.counts.items())))
    return check.run(world, play, sender, breaker, QUIET_SECONDS, say)


if __name__ == "__main__":
    sys.exit(main())
