"""An authorization server that answers whatever a test tells it to, and remembers what it was asked."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json"


@dataclass
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]
    cut: bool = False


@dataclass
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    form: dict[str, str]


class TokenServer:
    """`answers` by path; any other path is 404. `meanwhile` happens before each answer."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    @property
    def token_url(self) -> str:
        return f"{self.origin}/token"

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    def on(
        self,
        path: str,
        body: object = b"",
        *,
        status: int = 200,
        content_type: str = JSON,
        cut: bool = False,
        **headers: str,
    ) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = Answer(status, raw, {"Content-Type": content_type, **named}, cut)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _record(self, handler: BaseHTTPRequestHandler) -> Answer:
        length = int(handler.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(handler.rfile.read(length).decode(), keep_blank_values=True))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            self.asked.append(Asked(handler.command, handler.path, headers, form))
        self.meanwhile()
        return self.answers.get(handler.path, Answer(404, b"nothing here", {}))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = server._record(self)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body) + answer.cut))
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = True

            do_POST = do_GET  # noqa: N815 - the name the base class calls

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has above
                """Keep the test's output clean."""

        return Handler
