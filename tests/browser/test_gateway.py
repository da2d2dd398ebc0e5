"""The gateway without a browser: who may ask, what is passed on, what a page is allowed to do."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import urllib.request
import uuid

import fixtures as fx
from stage import Console, Stage, until

OURS = {"PP-Request": "1", "Content-Type": "application/json"}
CSP = (
    "default-src 'none'; script-src 'self' 'sha256-{}'; style-src 'self'; font-src 'self'; img-src 'self' blob:; connect-src 'self'; frame-src blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'"
)


def test_nothing_answers_without_a_session(s: Stage) -> None:
    for path in ("me", "worklist", "views/counts", f"cases/{fx.ident('case 0')}", "stream", "claims/holds"):
        assert s.console.ask(f"/api/v1/{path}")[0] == 401, path
    for path in ("commands", "find", "sign-out"):
        assert s.console.ask(f"/api/v1/{path}", "POST", {}, headers=OURS)[0] == 401, path
    assert s.console.ask("/api/v1/worklist", cookie="priorpath=" + "0" * 64)[0] == 401
    assert not [a for a in s.world.asked if a["path"] != "/v1/views/counts"]


def test_cookie_and_sign_out(s: Stage) -> None:
    status, headers, _ = s.console.ask("/api/v1/sign-in", "POST", {"user": "l.tran"}, headers=OURS)
    cookie = headers["Set-Cookie"]
    assert status == 200 and "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie, cookie
    name = cookie.split(";")[0]
    assert s.console.ask("/api/v1/me", cookie=name)[0] == 200
    assert s.console.ask("/api/v1/sign-out", "POST", {}, name, OURS)[0] == 200
    assert s.console.ask("/api/v1/me", cookie=name)[0] == 401
    assert s.console.ask("/api/v1/sign-in", "POST", {"user": "nobody"}, headers=OURS)[0] == 403
    tls = Console(s, "--tls")
    try:
        cookie = tls.ask("/api/v1/sign-in", "POST", {"user": "l.tran"}, headers=OURS)[1]["Set-Cookie"]
        assert cookie.startswith("__Host-priorpath=") and "Secure" in cookie
    finally:
        tls.stop()
    none = Console(s, "--sign-in=none")
    try:
        assert json.loads(none.ask("/api/v1/sign-in")[2])["people"] == []
        assert none.ask("/api/v1/sign-in", "POST", {"user": "l.tran"}, headers=OURS)[0] == 403
    finally:
        none.stop()


def test_a_foreign_page_can_change_nothing(s: Stage) -> None:
    cookie = s.console.cookie("l.tran")
    command = {
        "key": str(uuid.uuid4()),
        "type": "note.add",
        "targets": [{"id": fx.ident("case 0")}],
        "args": {"kind": "note", "text": "x"},
    }
    assert s.console.ask("/api/v1/commands", "POST", command, cookie)[0] == 403
    assert (
        s.console.ask("/api/v1/commands", "POST", command, cookie, {**OURS, "Sec-Fetch-Site": "cross-site"})[0] == 403
    )
    assert s.console.ask("/api/v1/sign-in", "POST", {"user": "l.tran"})[0] == 403
    assert not s.world.commands


def test_reads_go_on_with_the_persons_own_token(s: Stage) -> None:
    cookie = s.console.cookie("d.okafor")
    status, headers, text = s.console.ask("/api/v1/worklist?view=mine&user=l.tran&site=lks", cookie=cookie)
    asked = s.world.asked[-1]
    assert status == 200 and headers["Cache-Control"] == "no-store"
    assert asked["q"]["user"] == "d.okafor", "who asks is not for the page to say"
    who = asked["who"]
    assert (who["sub"], who["tenant"], who["aud"]) == ("d.okafor", "lakeside", "priorpath"), who
    assert who["roles"] == "scheduler,registration" and who["sites"] == "lks,nor", who
    assert who["exp"] - who["iat"] <= 300, "short-lived"
    s.console.ask("/api/v1/worklist?view=team", cookie=cookie)
    assert s.world.asked[-1]["q"]["queue"] == "scheduling,registration"
    assert s.console.ask("/api/v1/cases/x/secrets", cookie=cookie)[0] == 404
    assert s.console.ask("/api/v1/%2e%2e/healthz", cookie=cookie)[0] in (400, 404)


def test_long_lists_are_compressed(s: Stage) -> None:
    cookie = s.console.cookie("l.tran")
    r = urllib.request.Request(
        s.console.base + "/api/v1/worklist?view=all", headers={"Cookie": cookie, "Accept-Encoding": "gzip"}
    )
    with urllib.request.urlopen(r, timeout=10) as a:
        assert a.headers["Content-Encoding"] == "gzip"
        data = a.read()
    assert json.loads(gzip.decompress(data))["total"] == len(fx.ROWS)


def test_what_the_page_may_do(s: Stage) -> None:
    status, headers, page = s.console.ask("/work?view=all")
    found = re.search(r'<script type="importmap">(.*?)</script>', page)
    assert status == 200 and found
    digest = base64.b64encode(hashlib.sha256(found.group(1).encode()).digest()).decode()
    assert headers["Content-Security-Policy"] == CSP.format(digest), headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-cache" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin" and headers["Referrer-Policy"] == "no-referrer"
    assert "style=" not in page and " on" not in re.sub(r"<title>.*?</title>", "", page).split("<body>")[0].replace(
        " one", ""
    )
    for name in set(re.findall(r'"(/a/[^"]+\.[0-9a-f]{12}\.\w+)"', page)):
        status, h, _ = s.console.ask(name)
        assert status == 200 and "immutable" in h["Cache-Control"], name
    assert s.console.ask("/a/js/main.js")[0] == 404
    assert s.console.ask("/a/..%2f..%2fetc/passwd")[0] in (400, 404)


def test_first_view_is_small(s: Stage) -> None:
    page, total = s.console.ask("/")[2], 0
    for name in [""] + sorted(set(re.findall(r'"(/a/[^"]+\.[0-9a-f]{12}\.(?:js|css|woff2))"', page))):
        r = urllib.request.Request(s.console.base + (name or "/"), headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(r, timeout=10) as a:
            total += len(a.read())
    assert total + 34 * 1024 < 150 * 1024, f"{total} bytes before the data"


def test_the_same_key_is_one_command(s: Stage) -> None:
    cookie = s.console.cookie("l.tran")
    key, row = str(uuid.uuid4()), s.world.rows[1]
    command = {
        "key": key,
        "type": "task.assign",
        "targets": [{"id": row["next"]["task"], "v": 4, "before": {"assignee": "d.okafor"}}],
        "args": {"assignee": "l.tran"},
    }
    first = json.loads(s.console.ask("/api/v1/commands", "POST", command, cookie, OURS)[2])
    again = json.loads(s.console.ask("/api/v1/commands", "POST", command, cookie, OURS)[2])
    assert first["outcomes"] == again["outcomes"] and len(s.world.commands) == 1
    sent = s.world.commands[0]
    assert (sent["id"], sent["expect_version"], sent["target"], sent["by"]) == (key, 4, row["next"]["task"], "l.tran")
    assert sent["args"] == {"assignee": "l.tran", "task_id": row["next"]["task"]}
    other = s.console.cookie("j.varga")
    assert s.console.ask(f"/api/v1/commands/{key}", cookie=other)[0] == 404
    assert s.console.ask(f"/api/v1/commands/{key}/undo", "POST", {}, other, OURS)[0] == 404
    undone = json.loads(s.console.ask(f"/api/v1/commands/{key}/undo", "POST", {}, cookie, OURS)[2])
    assert undone["state"] == "undone" and s.world.commands[1]["args"]["assignee"] == "d.okafor"
    assert s.world.commands[1]["expect_version"] == 2, "undo holds to the version that the act made"


def test_commands_are_checked(s: Stage) -> None:
    cookie = s.console.cookie("l.tran")
    good = {
        "key": str(uuid.uuid4()),
        "type": "note.add",
        "targets": [{"id": fx.ident("case 0")}],
        "args": {"kind": "note", "text": "x"},
    }
    faults = [
        ("/key", {**good, "key": "x"}),
        ("/type", {**good, "type": "order.reported"}),
        ("/targets", {**good, "targets": []}),
        ("/targets", {**good, "targets": [{"id": "1"}]}),
        ("/targets", {**good, "targets": good["targets"] * 26}),
        ("/args", {**good, "args": []}),
    ]
    for pointer, body in faults:
        status, _, text = s.console.ask("/api/v1/commands", "POST", body, cookie, OURS)
        assert status == 400 and json.loads(text)["pointer"] == pointer, (pointer, status, text)
    status, _, text = s.console.ask("/api/v1/commands", "POST", {**good, "type": "claim.release"}, cookie, OURS)
    assert status == 403 and "biller" in text, text
    assert not s.world.commands


def test_what_cannot_be_undone_waits(s: Stage) -> None:
    quick = Console(s, "--hold=1")
    try:
        cookie = quick.cookie("m.reyes")
        claim = fx.ident("CLM-90418")
        command = {
            "type": "claim.release",
            "targets": [{"id": claim, "v": 2}],
            "args": {"reason": "the payer agreed by phone"},
        }
        key = str(uuid.uuid4())
        status, _, text = quick.ask("/api/v1/commands", "POST", {**command, "key": key}, cookie, OURS)
        assert status == 202 and json.loads(text)["state"] == "held" and not s.world.commands
        assert s.world.held[key]["hold_s"] == 1 and json.loads(text)["sends_in_ms"] <= 1000, "its owner lets it wait"
        assert json.loads(quick.ask(f"/api/v1/commands/{key}/undo", "POST", {}, cookie, OURS)[2])["state"] == "stopped"
        second = str(uuid.uuid4())
        quick.ask("/api/v1/commands", "POST", {**command, "key": second}, cookie, OURS)
        state = until(
            lambda: (lambda r: r["state"] == "sent" and r)(
                json.loads(quick.ask(f"/api/v1/commands/{second}", cookie=cookie)[2])
            )
        )
        assert [c["id"] for c in s.world.commands] == [second] and state["outcomes"][0]["ok"]
        assert quick.ask(f"/api/v1/commands/{second}/undo", "POST", {}, cookie, OURS)[0] == 409
    finally:
        quick.stop()


def test_a_restart_loses_no_act(s: Stage) -> None:
    """What waits does so with its owner: another console stops it, or says what became of it."""
    first = Console(s, "--hold=3")
    command = {
        "type": "claim.release",
        "targets": [{"id": fx.ident("CLM-90418"), "v": 2}],
        "args": {"reason": "the payer agreed by phone"},
    }
    stopped, gone = str(uuid.uuid4()), str(uuid.uuid4())
    cookie = first.cookie("m.reyes")
    for key in (stopped, gone):
        assert first.ask("/api/v1/commands", "POST", {**command, "key": key}, cookie, OURS)[0] == 202
    first.process.kill()
    first.process.wait()
    second = Console(s, "--hold=3")
    try:
        cookie, undo = second.cookie("m.reyes"), f"/api/v1/commands/{stopped}/undo"
        what = {"type": command["type"], "targets": command["targets"]}
        assert second.ask(undo, "POST", {}, cookie, OURS)[0] == 404
        assert second.ask(undo, "POST", {**what, "type": "task.assign"}, cookie, OURS)[0] == 404
        assert second.ask(undo, "POST", what, second.cookie("l.tran"), OURS)[0] == 403
        answer = json.loads(second.ask(undo, "POST", what, cookie, OURS)[2])
        assert answer["state"] == "stopped" and answer["undone"][0]["ok"], answer
        ask = lambda: json.loads(second.ask("/api/v1/commands", "POST", {**command, "key": gone}, cookie, OURS)[2])
        assert ask()["state"] == "held"
        assert until(lambda: (lambda r: r["state"] == "sent" and r)(ask()))["outcomes"][0]["ok"]
        assert [c["id"] for c in s.world.commands] == [gone]
        late = second.ask(f"/api/v1/commands/{gone}/undo", "POST", what, cookie, OURS)
        assert late[0] == 409 and "too late" in late[2], late
    finally:
        second.stop()


def test_an_undo_that_comes_too_late(s: Stage) -> None:
    quick = Console(s, "--hold=2")
    try:
        cookie, key = quick.cookie("m.reyes"), str(uuid.uuid4())
        command = {
            "key": key,
            "type": "claim.release",
            "targets": [{"id": fx.ident("CLM-90418"), "v": 2}],
            "args": {"reason": "agreed by phone"},
        }
        assert quick.ask("/api/v1/commands", "POST", command, cookie, OURS)[0] == 202
        with s.world.lock:
            s.world.held[key]["goes_at"] = 0  # its owner has decided just now
        answer = json.loads(quick.ask(f"/api/v1/commands/{key}/undo", "POST", {}, cookie, OURS)[2])
        assert answer["undone"][0]["status"] == "conflict" and not answer["undone"][0]["ok"], answer
        state = lambda: json.loads(quick.ask(f"/api/v1/commands/{key}", cookie=cookie)[2])
        assert until(lambda: (lambda r: r["state"] == "sent" and r)(state()))["outcomes"][0]["ok"]
    finally:
        quick.stop()


def test_an_owner_says_no(s: Stage) -> None:
    cookie = s.console.cookie("l.tran")
    s.world.refuse["task.assign"] = (
        409,
        {"id": "x", "status": "conflict", "version": 9, "message": "the task has changed: version 9 now"},
    )
    command = {
        "key": str(uuid.uuid4()),
        "type": "task.assign",
        "targets": [{"id": s.world.rows[1]["next"]["task"], "v": 4}],
        "args": {"assignee": "l.tran"},
    }
    r = json.loads(s.console.ask("/api/v1/commands", "POST", command, cookie, OURS)[2])
    assert r["outcomes"][0] == {
        "id": command["targets"][0]["id"],
        "ok": False,
        "status": "conflict",
        "message": "the task has changed: version 9 now",
        "v": 9,
    }, r


def test_find_takes_numbers_by_post(s: Stage) -> None:
    cookie = s.console.cookie("m.reyes")
    row = s.world.rows[3]
    for text, what in ((row["order_no"], row["id"]), (row["case_no"], row["id"]), ("CLM-90402", fx.ident("CLM-90402"))):
        r = json.loads(s.console.ask("/api/v1/find", "POST", {"text": f" {text} "}, cookie, OURS)[2])
        assert [x.get("claim_id") or x["id"] for x in r["rows"]] == [what], r
    assert s.console.ask("/api/v1/find", "POST", {"text": " "}, cookie, OURS)[0] == 400


def test_a_service_that_is_down_is_said(s: Stage) -> None:
    c = Console(s, "--claims-url=http://127.0.0.1:1")
    try:
        cookie = c.cookie("m.reyes")
        status, _, text = c.ask("/api/v1/claims/holds", cookie=cookie)
        assert status == 502 and json.loads(text)["title"], text
        assert c.ask("/api/v1/worklist", cookie=cookie)[0] == 200
    finally:
        c.stop()
