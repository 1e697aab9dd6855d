"""The board keeps what every channel keeps: pytest test_papan.py"""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from papan import Config, Papan

from humaspost.plugin import ChannelContract, Part

DEADLINE = 0.5


class Handler(BaseHTTPRequestHandler):
    """A pretend board on a real socket; the next write meets ``server.fault``."""

    def do_GET(self):
        if self.headers["Authorization"] != "Bearer right":
            return self.respond(401, {})
        return self.respond(200, {"id": "board-1"} if self.path == "/me" else self.server.notices)

    def do_DELETE(self):
        self.server.writes += 1
        gone = self.path.rpartition("/")[2]
        self.server.notices = [n for n in self.server.notices if n["id"] != gone]
        self.respond(200, {})

    def do_POST(self):
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        self.server.writes += 1
        fault, self.server.fault = self.server.fault, ""
        if fault == "redirect":
            return self.respond(307, {}, location="/notices")
        if fault == "5xx":
            return self.respond(503, "<html>Sorry</html>")
        if fault == "drop-before":
            return self.drop()
        made = {"id": str(len(self.server.notices) + 1), "text": text}
        self.server.notices.append(made)
        if fault == "hang":
            self.server.over.wait(4 * DEADLINE)
        if fault in ("hang", "drop-after"):
            return self.drop()
        return self.respond(200, {"garbage": "<?>", "empty-2xx": ""}.get(fault, made))

    def drop(self):
        self.close_connection = True

    def respond(self, status, body, **headers):
        raw = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in {"content-length": len(raw), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        """Nothing is printed."""


class Stage:
    """What ChannelContract asks for: a channel, its account, what to publish, faults and counts."""

    def __init__(self, server):
        self.server, self.channel, self.context, self.to = server, Papan(), self, None
        self.config = Config(base_url=f"http://127.0.0.1:{server.server_port}")
        self.parts = {"notice": Part(1, "Rapat desa"), "other": Part(1, "Kerja bakti")}

    def now(self):
        return datetime.now(UTC)

    def secret(self, field):
        return "right"

    def open(self, context):
        return self.channel.open(self.config, context, deadline=DEADLINE)

    def inject_fault(self, fault, call):
        self.server.fault = fault if call == "publish" else ""

    def count_writes(self):
        return self.server.writes

    def count_public(self):
        return len(self.server.notices)


class TestPapan(ChannelContract):
    @contextmanager
    def stage(self):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.notices, server.writes, server.fault, server.over = [], 0, "", threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Stage(server)
        finally:
            server.over.set()
            server.shutdown()
            server.server_close()
            thread.join()
