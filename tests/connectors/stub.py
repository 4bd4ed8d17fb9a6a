"""A few lines of HTTP server, for replies that no sandbox would give."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG_UP = -1  # as a status: close the connection without a word


@dataclass(frozen=True, slots=True)
class Call:
    """What the client sent."""

    method: str
    path: str  # with its query string
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Stub:
    """The address, and the calls that came."""

    url: str
    calls: list[Call]


@contextmanager
def stub(answer: Callable[[Call], Answer]) -> Iterator[Stub]:
    """Serve on a free port of the loopback for as long as the block runs."""
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = Call(self.command, self.path, dict(self.headers.items()), body)
            calls.append(call)
            said = answer(call)
            if said.status == HANG_UP:
                self.close_connection = True
                return
            self.send_response_only(said.status)  # no Date of its own
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Stub(f"http://127.0.0.1:{server.server_address[1]}", calls)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def in_turn(*answers: Answer) -> Callable[[Call], Answer]:
    """These answers one after another; the last one for good."""
    left = list(answers)
    lock = threading.Lock()

    def next_one(_: Call) -> Answer:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return next_one
