#!/usr/bin/env python3
"""A payer for the toy service. Its mode is the content of a file, looked at for each request:

ok     answers, remembers         cut    remembers, then closes without an answer
lost   closes without remembering slow   remembers, answers after two seconds
busy   503                        no     400

POST /toy/subscribe/<job> is the call, GET the inquiry (404 when it is not remembered). GET /seen: POSTs per job.
"""
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODE = Path(sys.argv[2])
known, posts = set(), {}


class Payer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        job = self.path.rsplit("/", 1)[1]
        if self.path == "/seen":
            self.reply(200, json.dumps(posts))
        else:
            self.reply(200 if job in known else 404, job)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        mode, job = MODE.read_text().strip(), self.path.rsplit("/", 1)[1]
        posts[job] = posts.get(job, 0) + 1
        if mode in ("ok", "cut", "slow"):
            known.add(job)
        if mode in ("cut", "lost"):
            self.close_connection = True
            self.connection.close()
            return
        if mode == "slow":
            time.sleep(2)
        try:
            self.reply({"busy": 503, "no": 400}.get(mode, 200), job)
        except OSError:
            pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Payer).serve_forever()
