"""Live updates over a real broker: cells change in place, rows do not move, what is new waits."""

from __future__ import annotations

import json
import time
import urllib.request

import fixtures as fx
from playwright.sync_api import Page
from stage import Console, Stage, until
from test_pages import case_path, text


def live(page: Page) -> None:
    page.wait_for_selector(".live:not(.off) >> text=Live")


def test_a_cell_changes_in_place(s: Stage) -> None:
    page = s.work()
    live(page)
    row = s.world.rows[1]
    y = page.locator(f'.wrow[data-id="{row["id"]}"]').bounding_box()["y"]
    with s.world.lock:
        row["status"] = {**row["status"], "tone": "wait", "word": "Submitted"}
    s.case_hint(row, 5)
    page.wait_for_selector(f'.wrow[data-id="{row["id"]}"] >> text=Submitted')
    assert page.locator(f'.wrow[data-id="{row["id"]}"]').bounding_box()["y"] == y
    assert page.locator(".pill.waiting").count() == 0


def test_new_and_gone_rows_wait(s: Stage) -> None:
    page = s.work()
    live(page)
    order = [r.get_attribute("data-id") for r in page.locator(".wrow").all()]
    gone = s.world.rows[2]["id"]
    new = {**fx.work_row(99, fx.ROWS[0]), "case_no": "C-NEW"}
    with s.world.lock:
        s.world.rows = [new] + [r for r in s.world.rows if r["id"] != gone]
    s.case_hint(new, 1)
    page.wait_for_selector(".pill.waiting >> text=2 changes waiting")
    assert [r.get_attribute("data-id") for r in page.locator(".wrow").all()] == order
    assert "left" in (page.locator(f'.wrow[data-id="{gone}"]').get_attribute("class") or "")
    page.locator("#all").check()
    assert f"{len(fx.ROWS) - 1} selected" in text(page, ".selbar"), "neither what is gone nor what waits"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.wait_for_selector(f'.wrow[data-id="{new["id"]}"]')
    assert page.locator(f'.wrow[data-id="{gone}"]').count() == 0 and page.locator(".pill.waiting").count() == 0


def test_rows_stand_still_under_a_storm(s: Stage) -> None:
    page = s.work()
    live(page)
    page.locator(".wrow").nth(5).hover()
    where = "(() => { const r = document.querySelectorAll('.wrow')[5].getBoundingClientRect(); return [r.x, r.y, r.height]; })()"
    box, n = page.evaluate(where), 0
    for _ in range(50):
        for row in s.world.rows:
            n += 1
            with s.world.lock:
                row["owner"]["last_at"] = fx.iso(fx.NOW)
                row["priority"]["n"] = 10 + (n * 37) % 90
                row["status"]["word"] = ("Submitted", "In review", "Info requested")[n % 3]
            s.case_hint(row, n, flush=False)
        s.producer.flush(5)
        assert page.evaluate(where) == box
        time.sleep(0.08)  # so many in a second, not all at once
    row = s.world.rows[0]
    page.wait_for_selector(f'.wrow[data-id="{row["id"]}"] >> text={row["status"]["word"]}')
    assert page.evaluate(where) == box and page.locator(".wrow").count() == len(fx.ROWS)


def test_an_open_case_follows(s: Stage) -> None:
    page = s.page(path=case_path())
    page.wait_for_selector("table.lines")
    live(page)
    with s.world.lock:
        c = s.world.cases[fx.ident("case 0")]
        c["lines"][0]["authorization"].update(tone="clear", word="Approved", state="approved")
    s.case_hint(s.world.rows[0], 7)
    page.wait_for_selector("#line-1 >> text=Approved")


def test_frozen_until_resumed(s: Stage) -> None:
    page = s.work()
    live(page)
    other = s.work()  # shows when a hint has come
    live(other)
    page.keyboard.press(".")
    page.wait_for_selector("text=Frozen")
    row = s.world.rows[1]
    for version, word in ((8, "Submitted"), (9, "In review")):
        with s.world.lock:
            row["status"] = {**row["status"], "word": word}
        s.case_hint(row, version)
        other.wait_for_selector(f'.wrow[data-id="{row["id"]}"] >> text={word}')
        assert page.locator(f'.wrow[data-id="{row["id"]}"] >> text=/Submitted|In review/').count() == 0
    page.keyboard.press(".")
    page.wait_for_selector(f'.wrow[data-id="{row["id"]}"] >> text=In review')


def released(s: Stage, c: Console) -> Page:
    """The page of the claims, where the first one was just told to be released anyway."""
    page = s.page(user="m.reyes", path="/claims", console=c)
    page.wait_for_selector("table.compare")
    live(page)
    page.keyboard.press("3")
    page.fill("#d-reason", "agreed by phone")
    page.get_by_role("dialog").get_by_role("button", name="Release anyway").click()
    return page


def test_a_held_act_reports_when_it_went(s: Stage) -> None:
    c = Console(s, "--hold=1")
    try:
        page = released(s, c)
        page.wait_for_selector(".said >> text=Stop")
        until(lambda: s.world.commands and s.world.commands[-1]["type"] == "claim.release")
        page.wait_for_selector(".said >> text=CLM-90418 was released")
    finally:
        c.stop()


def test_a_held_act_is_stopped_after_a_restart(s: Stage) -> None:
    c = Console(s, "--hold=20")
    again = None
    try:
        page = released(s, c)
        page.wait_for_selector(".said >> text=/in \\d+ s/")
        c.process.kill()
        c.process.wait()
        again = Console(s, "--hold=20", f"--api-port={c.port}")
        name, value = again.cookie("m.reyes").split("=", 1)
        page.context.add_cookies([{"name": name, "value": value, "url": again.base}])
        page.keyboard.press("z")
        page.wait_for_selector(".said >> text=Stopped. Nothing was sent.")
        assert not s.world.held and not s.world.commands
    finally:
        c.stop()
        if again:
            again.stop()


class Stream:
    def __init__(self, c: Console, user: str, last: str = "") -> None:
        headers = {"Cookie": c.cookie(user), **({"Last-Event-ID": last} if last else {})}
        self.a = urllib.request.urlopen(urllib.request.Request(c.base + "/api/v1/stream", headers=headers), timeout=10)

    def event(self) -> dict:
        e: dict = {}
        while True:
            row = self.a.readline().decode().rstrip("\n")
            if not row and "event" in e:
                return e
            if row.startswith(":") or not row:
                continue
            k, _, v = row.partition(": ")
            e[k] = v


def test_streams_resume_and_keep_others_out(s: Stage) -> None:
    a, okafor = Stream(s.console, "l.tran"), Stream(s.console, "d.okafor")
    assert a.event()["event"] == "hello" and okafor.event()["event"] == "hello"
    until(lambda: json.loads(s.console.ask("/api/v1/me", cookie=s.console.cookie("l.tran"))[2])["live"], 20)
    wes, lks = s.world.rows[5], s.world.rows[0]
    s.case_hint(lks, 2, tenant="elsewhere")
    s.case_hint(wes, 3)
    s.case_hint(lks, 5)
    first = a.event()
    assert json.loads(first["data"]) == {"kind": "case", "id": wes["id"], "v": 3, "case": wes["id"]}, first
    assert json.loads(okafor.event()["data"])["id"] == lks["id"], "Westfield is not a site of this person"
    second = a.event()
    again = Stream(s.console, "l.tran", first["id"])
    assert again.event()["id"] == second["id"]
    s.hint("visit", fx.ident("visit 0"), 4, None)
    gone = [again.event() for _ in range(2)]
    assert [g for g in gone if g["event"] == "gone" and json.loads(g["data"])["id"] == fx.ident("visit 0")], gone
    assert Stream(s.console, "l.tran", "1-1").event()["event"] == "gap"
