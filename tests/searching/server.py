"""A server on this machine that replays replies as the services document them, and keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, str, dict[str, str]]


@dataclass
class Replay:
    """The address of the server, and every request: path and values."""

    address: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def replaying(answer: Callable[[str, dict[str, str]], Answer | str]) -> Iterator[Replay]:
    """A server that answers with what the function gives: a text, or status, text and headers."""
    replay = Replay()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.reply(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply(urlsplit(self.path).path, dict(parse_qsl(body, keep_blank_values=True)))

        def reply(self, path: str, values: dict[str, str]) -> None:
            replay.asked.append((path, values))
            given = answer(path, values)
            status, text, headers = (200, given, {}) if isinstance(given, str) else given
            data = text.encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(data))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    replay.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield replay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
