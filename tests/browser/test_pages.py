"""What people see and do: lists, a case, claims, keys, undo, states."""

from __future__ import annotations

import re

import fixtures as fx
from playwright.sync_api import Page
from stage import Console, Stage, until

B32 = "0123456789abcdefghjkmnpqrstvwxyz"


def short(ident: str) -> str:
    n = int(ident.replace("-", ""), 16)
    return "".join(B32[(n >> (5 * i)) & 31] for i in reversed(range(26)))


def case_path(i: int = 0) -> str:
    return "/case/" + short(fx.ident(f"case {i}"))


def text(page: Page, sel: str) -> str:
    return page.locator(sel).first.inner_text()


def holds(page: Page, expression: str) -> None:
    """Waits for it. Not by the browser's own polling, which the content policy forbids."""
    until(lambda: page.evaluate(expression))


def current(page: Page) -> str:
    return page.locator('.wrow[aria-current="true"]').get_attribute("data-id") or ""


def test_signing_in(s: Stage) -> None:
    page = s.page(user="", path="/work?view=today")
    page.get_by_role("button", name="L. Tran").click()
    page.wait_for_selector(".wrow")
    assert "Today’s work" in text(page, "h1") and page.url.endswith("/work?view=today")
    assert text(page, ".me .names").startswith("L. Tran")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("[data-user]")


def test_work_list_rows(s: Stage) -> None:
    page = s.work()
    assert page.locator(".wrow").count() == len(fx.ROWS)
    row = page.locator(".wrow").first
    said = row.inner_text().replace("\n", " ")
    for part in (
        "98",
        "Wed Nov 25 · 1 d",
        "7:30 AM · Lakeside",
        "M.R. ··4821",
        "67 F",
        "MRI lumbar spine",
        "72148 · 3 lines",
        "Meridian Advantage",
        "Info requested",
        "RR-5519027",
        "1 h 12 min over",
        "Our answer, 9:30 AM CT",
        "Send therapy notes",
        "18 min",
    ):
        assert part in said, (part, said)
    assert [g.inner_text().split("\n")[0] for g in page.locator(".ghead").all()] == [
        "Past due",
        "Due today",
        "Visit in 3 days or less, not ready",
        "Rest",
    ]
    assert "late" in (row.get_attribute("class") or "")
    assert text(page, ".views a[aria-current] .n") == str(len(fx.ROWS))
    assert row.bounding_box()["height"] == 45


def test_everything_fits_at_1280(s: Stage) -> None:
    page = s.work(size=(1280, 720))
    grid = page.locator(".grid")
    assert grid.evaluate("e => e.scrollWidth <= e.clientWidth"), "scrolls sideways"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for cls in ("svc", "pat", "what", "payer", "st", "ck", "next", "own"):
        assert page.locator(f".wrow .{cls}").first.is_visible(), cls
    bottom = page.locator(".foot-bar").bounding_box()["y"]
    seen = sum(
        1 for b in (r.bounding_box() for r in page.locator(".wrow").all()) if b and b["y"] + b["height"] <= bottom
    )
    assert seen >= 10, seen


def test_keys_move_open_and_come_back(s: Stage) -> None:
    page = s.work()
    first = current(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    second = current(page)
    assert second != first and page.evaluate("document.activeElement.dataset.id") == second
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    assert page.locator(".wrow.sel").count() == 2 and "2 selected" in text(page, ".selbar")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.locator(".wrow.sel").count() == 0
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_selector("table.lines")
    assert re.fullmatch(r".*/case/[0-9a-hjkmnp-tv-z]{26}", page.url), page.url
    was = page.url
    page.keyboard.press("j")
    until(lambda: page.url != was)
    page.go_back()
    page.go_back()
    page.wait_for_selector(".wrow")
    until(lambda: current(page) == second)
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_selector("table.matrix")


def test_space_peeks_and_leaves_the_list_alone(s: Stage) -> None:
    page = s.work()
    before = [r.get_attribute("data-id") for r in page.locator(".wrow").all()]
    page.keyboard.press("Space")
    page.wait_for_selector(".peek .line")
    assert "C-48213" in text(page, ".peek") and page.locator(".peek .line").count() == 3
    page.keyboard.press("j")
    until(lambda: "C-48250" in text(page, ".peek"))
    assert [r.get_attribute("data-id") for r in page.locator(".wrow").all()] == before
    page.keyboard.press("Space")
    assert page.locator(".peek").count() == 0


def test_filters_live_in_the_address(s: Stage) -> None:
    page = s.work()
    page.select_option("#f-payer", "prairie")
    holds(page, "document.querySelectorAll('.wrow').length === 4")
    assert page.url.endswith("/work?payer=prairie&view=all"), page.url
    page.reload()
    page.wait_for_selector(".wrow")
    assert page.locator(".wrow").count() == 4
    page.select_option("#f-sort", "visit")
    holds(page, "location.search.includes('sort=visit')")
    page.select_option("#f-group", "site")
    holds(page, "document.querySelector('.ghead b')?.textContent === 'Lakeside'")
    page.go_back()
    page.go_back()
    holds(page, "document.querySelectorAll('.wrow').length === 4 && !location.search.includes('sort')")
    page.goto(s.console.base + "/work?site=wes&payer=union&colour=blue")
    page.wait_for_selector("text=No case matches")
    assert "not understood" in text(page, ".filters")
    page.get_by_role("button", name="payer: union").click()
    page.wait_for_selector(".wrow")


def test_assign_and_undo(s: Stage) -> None:
    page = s.work()
    row = page.locator(f'.wrow[data-id="{fx.ident("case 1")}"]')
    row.click()
    page.keyboard.press("a")
    page.select_option("#d-who", "l.tran")
    page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    page.wait_for_selector(".said >> text=assigned to you")
    assert s.world.commands[-1]["args"]["assignee"] == "l.tran"
    assert page.evaluate("document.activeElement.dataset.id") == fx.ident("case 1"), "focus comes back to the row"
    page.keyboard.press("z")
    page.wait_for_selector(".said >> text=Undone")
    assert s.world.commands[-1]["args"]["assignee"] == "d.okafor" and s.world.commands[-1]["expect_version"] == 2


def test_many_at_once(s: Stage) -> None:
    page = s.work()
    page.locator("#all").check()
    page.keyboard.press("a")
    assert "without an open task" in text(page, "dialog")
    page.select_option("#d-who", "queue:billing")
    page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    able = sum(1 for r in s.world.rows if r["next"]["task"])
    page.wait_for_selector(f".said >> text={able} tasks assigned")
    assert {c["args"]["assignee"] for c in s.world.commands} == {"queue:billing"} and len(s.world.commands) == able


def test_a_refusal_is_told(s: Stage) -> None:
    page = s.work()
    s.world.refuse["task.assign"] = (
        409,
        {"status": "conflict", "version": 9, "message": "the task has changed: version 9 now"},
    )
    page.locator(f'.wrow[data-id="{fx.ident("case 1")}"]').click()
    page.keyboard.press("m")
    page.wait_for_selector(".said >> text=the task has changed")


def test_why_this_priority(s: Stage) -> None:
    page = s.work()
    page.keyboard.press("w")
    page.wait_for_selector(".said >> text=visit in 1 day +40, our answer is late +25")


def test_case_three_answers_per_line(s: Stage) -> None:
    page = s.page(path=case_path())
    page.wait_for_selector("table.lines")
    cells = [[c.inner_text() for c in r.locator("td").all()] for r in page.locator("table.lines tbody tr").all()]
    assert "PA required" in cells[0][1] and "Documents missing" in cells[0][2] and "Info requested" in cells[0][3]
    assert (
        "6 of 6 accepted" in cells[1][2]
        and "Approved 1 of 2 units" in cells[1][3]
        and "MA-77412 · Nov 20 – Feb 17" in cells[1][3]
    )
    assert "Not required" in cells[2][1] and "Not needed" in cells[2][2] and "Not needed" in cells[2][3]
    assert page.locator("#line-3 .segs i.off").count() > 3
    assert "1 h 12 min past our limit" in text(page, ".box") and "The payer may close the request" in text(page, ".box")
    side = text(page, ".case-side")
    for part in (
        "Answer the payer ours",
        "1 h 12 min over",
        "Due after the visit",
        "0 used · 1 booked · 0 left",
        "2 needed",
        "PT notes, 6 weeks",
        "missing",
    ):
        assert part in side, part
    assert [h.inner_text() for h in page.locator(".tl h3").all()][:2] == ["Today, Tue Nov 24", "Yesterday, Mon Nov 23"]
    assert "Not yet for Wed Nov 25, 7:30 AM CT" in text(page, ".case-head")


def test_time_line_by_kind_and_line(s: Stage) -> None:
    page = s.page(path=case_path() + "?tab=decisions")
    page.wait_for_selector(".tl li")
    assert page.locator(".tl li").count() == 2
    page.keyboard.press("t")
    holds(page, "document.querySelectorAll('.tl li').length === 9")
    page.keyboard.press("2")
    holds(page, "document.querySelectorAll('.tl li').length < 9")
    assert page.url.endswith("#line-2") and page.locator("tr.here").get_attribute("id") == "line-2"


def test_the_proof_of_a_line(s: Stage) -> None:
    page = s.page(path=case_path())
    page.locator("[data-proof='1']").click()
    page.wait_for_selector("dialog >> text=R-2214")
    assert "Payer list, page 12" in text(page, "dialog")


def test_a_call_is_logged(s: Stage) -> None:
    page = s.page(path=case_path())
    page.wait_for_selector("table.lines")
    page.keyboard.press("l")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    assert text(page, "#d-text-fault") == "This is needed" and page.evaluate("document.activeElement.id") == "d-text"
    page.keyboard.type("They have the notes now")
    page.fill("#d-reference", "771-1")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.wait_for_selector(".said >> text=Call logged")
    c = s.world.commands[-1]
    assert (
        c["type"] == "note.add"
        and c["args"]["text"] == "They have the notes now"
        and c["args"]["minutes"] == 1
        and c["args"]["case_id"] == fx.ident("case 0")
    )


def test_a_decision_waits_and_is_stopped(s: Stage) -> None:
    page = s.page(path=case_path())
    page.wait_for_selector("table.lines")
    page.select_option("[data-more]", "decision.record")
    page.get_by_role("dialog").get_by_role("button", name="Record").click()
    assert text(page, "#d-evidence-fault") == "This is needed"
    page.fill("#d-evidence", "letter of Nov 24")
    page.get_by_role("dialog").get_by_role("button", name="Record").click()
    assert text(page, "#d-authorization-fault") == "An approval has a number"
    page.fill("#d-authorization", "MA-1")
    page.get_by_role("dialog").get_by_role("button", name="Record").click()
    page.wait_for_selector(".said >> text=Stop")
    page.keyboard.press("z")
    page.wait_for_selector(".said >> text=Stopped. Nothing was sent.")
    assert not s.world.commands


def test_next_step_by_key(s: Stage) -> None:
    page = s.page(path=case_path(5))
    page.wait_for_selector("table.lines")
    page.keyboard.press("e")
    page.wait_for_selector("dialog >> text=Record the payer’s decision")
    page.keyboard.press("Escape")
    page.goto(s.console.base + case_path(9))
    page.wait_for_selector("table.lines")
    page.keyboard.press("e")
    page.wait_for_selector("dialog >> text=Is authorization needed?")


def test_a_review_after_a_merge_is_settled(s: Stage) -> None:
    offered = "select[data-more] option[value='merge.settle']"
    with s.world.lock:
        s.world.cases[fx.ident("case 9")]["tasks"][0]["kind"] = "merge_review"
    page = s.page(path=case_path(5))
    page.wait_for_selector("table.lines")
    assert page.locator(offered).count() == 0, "only while it is asked"
    page.goto(s.console.base + case_path(9))
    page.wait_for_selector("table.lines")
    assert page.locator(offered).count() == 1 and text(page, "#do-next").startswith("It stands")
    page.keyboard.press("e")
    page.wait_for_selector("dialog >> text=The case stands after the merge")
    page.fill("#d-reason", "same coverage in both records")
    page.get_by_role("dialog").get_by_role("button", name="It stands").click()
    page.wait_for_selector(".said >> text=Settling the review")
    held = next(iter(s.world.held.values()))
    assert (held["type"], held["target"], held["hold_s"]) == ("merge.settle", fx.ident("case 9"), 10), held
    assert held["args"] == {"case_id": fx.ident("case 9"), "reason": "same coverage in both records"}
    page.keyboard.press("z")
    page.wait_for_selector(".said >> text=Stopped. Nothing was sent.")


def test_an_extension_is_asked_for(s: Stage) -> None:
    offered = "select[data-more] option[value='request.extend']"
    page = s.page(path=case_path(5))
    page.wait_for_selector("table.lines")
    assert page.locator(offered).count() == 0, "nothing is granted there"
    page = s.page(user="d.okafor", path=case_path())
    page.wait_for_selector("table.lines")
    assert page.locator(offered).count() == 0, "not an act of a scheduler"
    page = s.page(path=case_path())
    page.wait_for_selector("table.lines")
    page.select_option("[data-more]", "request.extend")
    ask = page.get_by_role("dialog").get_by_role("button", name="Ask for it")
    assert [o.inner_text() for o in page.locator("#d-line option").all()] == ["2: 62323 Epidural injection, lumbar"]
    page.fill("#d-reason", "the second level is still to come")
    ask.click()
    assert text(page, "#d-until-fault") == "A day, or units"
    page.fill("#d-quantity", "two")
    ask.click()
    assert text(page, "#d-quantity-fault") == "A number" and text(page, "#d-until-fault") == ""
    page.fill("#d-quantity", "2")
    page.fill("#d-until", "2027-03-31")
    ask.click()
    page.wait_for_selector(".said >> text=Asking for an extension")
    held = next(iter(s.world.held.values()))
    assert (held["type"], held["target"], held["hold_s"]) == ("request.extend", fx.ident("case 0"), 10), held
    assert held["args"] == {
        "case_id": fx.ident("case 0"),
        "lines": [2],
        "until": "2027-03-31",
        "quantity": "2",
        "reason": "the second level is still to come",
    }
    page.keyboard.press("z")
    page.wait_for_selector(".said >> text=Stopped. Nothing was sent.")
    assert not s.world.commands


def test_claim_holds_compare(s: Stage) -> None:
    page = s.page(user="m.reyes", path="/claims")
    page.wait_for_selector("table.compare")
    assert text(page, "h1") == "Claim holds" and "6 claims held before billing · $17,365" in text(page, ".top .count")
    assert "Do not send yet: 2 of 8 elements do not match" in text(page, ".box") and "CARC 198" in text(page, ".box")
    rows = page.locator("table.compare tbody tr").all()
    assert "ne" in (rows[0].get_attribute("class") or "") and [
        m.inner_text() for m in rows[0].locator("mark").all()
    ] == ["50", "40"]
    page.keyboard.press("m")
    page.wait_for_selector("table.compare >> text=Diagnosis")
    page.keyboard.press("j")
    holds(page, "document.querySelector('.claim b')?.textContent === 'CLM-90377'")
    page.keyboard.press("3")
    page.get_by_role("dialog").get_by_role("button", name="Release anyway").click()
    assert text(page, "#d-reason-fault") == "This is needed"
    page.fill("#d-reason", "agreed by phone")
    page.get_by_role("dialog").get_by_role("button", name="Release anyway").click()
    page.wait_for_selector(".said >> text=Releasing CLM-90377")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector(".said >> text=Stopped")


def test_readiness_board_and_list(s: Stage) -> None:
    page = s.page(user="d.okafor", path="/readiness")
    page.wait_for_selector(".rrow")
    assert page.locator("table.matrix tbody tr").count() == 4 and page.locator("table.matrix thead th").count() == 9
    colours = [t.inner_text() for t in page.locator(".rrow .tag").all()]
    assert colours == sorted(colours, key=["Blocked", "Unknown", "Not yet", "Ready"].index), "worst first"
    page.get_by_label("Northgate, Fri Nov 27").click()
    holds(page, "document.querySelectorAll('.rrow').length === 2")
    assert "day=2026-11-27&site=nor" in page.url
    page.locator(".rrow").first.click()
    page.wait_for_selector("table.lines")


def test_hidden_details_are_not_in_the_page(s: Stage) -> None:
    page = s.work()
    page.keyboard.press("h")
    page.wait_for_selector(".wrow >> text=••")
    whole = page.content()
    assert not re.search(r"··4821|M\.R\.|67 F|RR-5519027", whole)
    page.keyboard.press("Enter")
    page.wait_for_selector("table.lines")
    assert not re.search(r"··4821|M\.R\.|2207|MA-77412|GRP-5521|RR-5519027", page.content())
    page.keyboard.press("h")
    page.wait_for_selector(".case-head >> text=M.R. ··4821")
    page.keyboard.press("i")
    page.wait_for_selector(".case-head >> text=Rivera, Marta")


def test_nothing_of_a_patient_leaks(s: Stage) -> None:
    page = s.work()
    page.keyboard.press("Enter")
    page.wait_for_selector("table.lines")
    stored = page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])")
    for part in ("··4821", "Rivera", "M.R.", "GRP-5521"):
        assert part not in page.title() + page.url + stored, part
    assert "Rivera" not in page.content(), "the name comes only when it is asked for"


def test_parts_fail_alone(s: Stage) -> None:
    s.world.refuse["/v1/worklist"] = (500, {"title": "Sorry"})
    page = s.page()
    page.wait_for_selector("text=this part has a problem")
    assert page.locator(".places a").count() == 3
    del s.world.refuse["/v1/worklist"]
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".wrow")
    s.world.refuse["/v1/worklist"] = (403, {"title": "Denied", "detail": "one of these roles may read it: pa, lead"})
    page = s.page()
    page.wait_for_selector("text=Your role does not see this")
    page.goto(s.console.base + "/case/" + "0" * 26)
    page.wait_for_selector("text=There is no such thing")


def test_slow_days_say_so(s: Stage) -> None:
    s.world.delay = 3.6
    page = s.page()
    page.wait_for_selector("text=Slow today")
    s.world.delay = 0
    page.wait_for_selector(".wrow")


def test_a_session_that_ends_keeps_what_was_typed(s: Stage) -> None:
    c = Console(s)
    try:
        page = s.page(console=c, path=case_path())
        page.wait_for_selector("table.lines")
        page.keyboard.press("l")
        page.fill("#d-text", "half a sentence")
        page.context.clear_cookies()
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        page.wait_for_selector("text=What you typed is kept")
        assert not re.search(r"··4821|MRI|half a", page.content()), "nothing of it can be read"
        page.get_by_role("button", name="Go on as L. Tran").click()
        page.wait_for_selector("table.lines")
        cookie = "; ".join(f"{x['name']}={x['value']}" for x in page.context.cookies())
        assert c.ask("/api/v1/me", cookie=cookie)[0] == 200
        page.keyboard.press("Shift+L")
        page.wait_for_selector("text=Locked")
        assert c.ask("/api/v1/me", cookie=cookie)[0] == 401, "locked is signed out"
    finally:
        c.stop()


def test_phone_shows_cards_to_read(s: Stage) -> None:
    page = s.work(size=(390, 844))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".btn.main").first.is_hidden() and page.locator(".places a").count() == 3
    page.locator(".wrow").first.click()
    page.wait_for_selector("table.lines")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#do-next").is_hidden()


def test_operations_sees_no_patient(s: Stage) -> None:
    page = s.page(user="p.silva", path="/messages")
    page.wait_for_selector("text=no patient identifier")
    assert page.locator(".places a").count() == 4
