"""What the tests stand on: the console's process, the double behind it, a browser, a broker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import double
import fixtures as fx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TOPICS = {"case": "pa.case-status.v1", "task": "pa.task.v1", "visit": "pa.readiness.v1", "claim": "pa.claim-status.v1"}
PARTITIONS = 2
WAIT_MS = 20000  # machines may be busy


def until(what, timeout: float = 20.0, every: float = 0.05):
    """Waits for a condition; its value."""
    end = time.monotonic() + timeout
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(every)


class Console:
    """One process of the console with its own port; `more` are further settings."""

    def __init__(self, stage: "Stage", *more: str) -> None:
        self.log = open(stage.dir / f"console-{stage.made}.log", "wb")
        stage.made += 1
        url = f"http://127.0.0.1:{stage.server.server_port}"
        urls = [f"--{n}-url={url}" for n in ("status", "claims", "documents", "submission", "requirements", "chart")]
        env = {k: v for k, v in os.environ.items() if not k.startswith("PP_")}
        self.process = subprocess.Popen(
            [
                str(stage.bin / "console"),
                "--api-port=0",
                "--ops-port=0",
                f"--secrets-dir={stage.dir}",
                f"--clock-file={stage.dir / 'clock'}",
                f"--packs-dir={ROOT / 'packs'}",
                f"--kafka-brokers={stage.kafka or '127.0.0.1:1'}",
                f"--partitions={PARTITIONS}",
                *urls,
                *more,
            ],
            stderr=self.log,
            env=env,
        )
        self.path = Path(self.log.name)
        self.port = until(self.find_port)
        self.base = f"http://127.0.0.1:{self.port}"

    def find_port(self) -> int:
        for row in self.path.read_text(encoding="utf-8").splitlines():
            if '"console open"' in row:
                return json.loads(row)["port"]
        if self.process.poll() is not None:
            raise AssertionError(f"the console ended: {self.path.read_text()[-400:]}")
        return 0

    def ask(
        self, path: str, method: str = "GET", body: dict | None = None, cookie: str = "", headers: dict | None = None
    ):
        """(status, headers, text)"""
        r = urllib.request.Request(
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**({"Cookie": cookie} if cookie else {}), **(headers or {})},
        )
        try:
            with urllib.request.urlopen(r, timeout=20) as a:
                return a.status, a.headers, a.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as e:
            return e.code, e.headers, e.read().decode("utf-8", "replace")

    def cookie(self, user: str) -> str:
        status, headers, _ = self.ask("/api/v1/sign-in", "POST", {"user": user}, headers={"PP-Request": "1"})
        assert status == 200, status
        return headers["Set-Cookie"].split(";")[0]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
        self.log.close()


class Stage:
    def __init__(self, browser: str, bin_dir: str, kafka: str) -> None:
        self.dir = Path(
            tempfile.mkdtemp(
                prefix="pp-browser-", dir=os.environ.get("PP_TEST_DIR") and os.environ["PP_TEST_DIR"] + "/tmp"
            )
        )
        self.bin, self.kafka, self.made = Path(bin_dir).resolve(), kafka, 0
        self.world = double.World()
        self.server = double.serve(self.world)
        subprocess.run([str(self.bin / "priorpath"), "token", "--init", f"--secrets-dir={self.dir}"], check=True)
        now = int(fx.NOW.timestamp() * 1000)
        (self.dir / "clock").write_text(f"{now} {int(time.time() * 1000)} 0\n", encoding="utf-8")
        if kafka:
            self.topics()
        self.console = Console(self)
        self.playwright = sync_playwright().start()
        self.browser: Browser = self.playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        self.faults: list[str] = []

    def topics(self) -> None:
        from confluent_kafka import Producer
        from confluent_kafka.admin import AdminClient, NewTopic

        admin = AdminClient({"bootstrap.servers": self.kafka})
        for f in admin.create_topics([NewTopic(t, PARTITIONS, 1) for t in TOPICS.values()]).values():
            f.result(30)
        self.producer = Producer({"bootstrap.servers": self.kafka, "linger.ms": 2})

    def hint(
        self, kind: str, ident: str, version: int, body: dict | None, tenant: str = "lakeside", flush: bool = True
    ) -> None:
        """A snapshot on a public topic; body None takes it back."""
        self.producer.produce(
            TOPICS[kind],
            key=f"{tenant}/{ident}",
            value=None if body is None else json.dumps(body),
            partition=version % PARTITIONS,
            headers={"pp_version": str(version)},
        )
        if flush:
            self.producer.flush(10)

    def case_hint(self, row: dict, version: int, flush: bool = True, tenant: str = "lakeside") -> None:
        self.hint(
            "case",
            row["id"],
            version,
            {
                "case_id": row["id"],
                "case_no": row["case_no"],
                "version": version,
                "order_no": row["order_no"],
                "site": row["service"]["site"],
                "stage": "decision",
                "headline": row["status"]["word"],
                "tone": row["status"]["tone"],
                "coverage": "required",
                "documentation": "complete",
                "authorization": "pended",
                "as_of": fx.iso(fx.NOW),
            },
            tenant,
            flush,
        )

    def page(
        self,
        user: str = "l.tran",
        path: str = "/work?view=all",
        size: tuple[int, int] = (1440, 900),
        dark: bool = False,
        console: Console | None = None,
    ) -> Page:
        c = console or self.console
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        context.set_default_timeout(WAIT_MS)
        if user:
            name, value = c.cookie(user).split("=", 1)
            context.add_cookies([{"name": name, "value": value, "url": c.base}])
        page = context.new_page()
        page.on("pageerror", lambda e: self.faults.append(f"page error: {e}"))
        page.on(
            "console",
            lambda m: (
                self.faults.append(f"console: {m.text}")
                if m.type == "error" and "Failed to load resource" not in m.text
                else None
            ),
        )
        page.goto(c.base + path)
        return page

    def work(self, **kw) -> Page:
        page = self.page(**kw)
        page.wait_for_selector(".wrow")
        return page

    def fresh(self) -> None:
        """Before each test."""
        with self.world.lock:
            self.world.reset()
        self.faults.clear()

    def close(self) -> None:
        self.browser.close()
        self.playwright.stop()
        self.console.stop()
        self.server.shutdown()
