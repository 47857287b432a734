"""A small stage for the built front end: serves pages and files under the real policy, and live events on demand."""

import json
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from aftercare.web.render import CONTENT_SECURITY_POLICY

PATIENCE = 30.0  # seconds: a bound for what must come, far beyond when it comes
# Debian's chromium in a container, without background traffic of its own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Stage:
    """Serve `pages` (path with query -> HTML) before the files of `folder`; `push` sends an event to who listens."""

    def __init__(self, folder: Path) -> None:
        self.pages: dict[str, str] = {}
        self.posted: Queue[tuple[str, str]] = Queue()  # path and body of every POST
        self.events: Queue[str | None] = Queue()
        self.listening = Event()
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, self, directory=str(folder)))
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def push(self, event: str, **about: str) -> None:
        """Send a live event of that name."""
        self.events.put(f"event: {event}\ndata: {json.dumps(about)}\n\n")

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.events.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a browser that leaves is no error
            super().handle_error(request, client_address)


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, stage: Stage, *args: object, directory: str) -> None:
        self.stage = stage
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]  # as socketserver passes them

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        if self.path.split("?")[0] == "/v1/events":
            self._events()
        elif self.path in self.stage.pages:
            self._answer(self.stage.pages[self.path])
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.stage.posted.put((self.path, body))
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, html: str) -> None:
        body = html.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _events(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"event: ping\ndata: {}\n\n")
        self.stage.listening.set()
        while (event := self.stage.events.get()) is not None:
            self.wfile.write(event.encode())
