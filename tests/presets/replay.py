"""An API that answers as its documentation shows, and refuses every request that it does not expect."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml

ANSWERS = Path(__file__).parent / "answers"


def answers_of(preset: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ANSWERS / f"{preset}.yaml").read_text())
    return loaded


@dataclass
class Replay:
    """ASGI: each exchange may happen once. `{origin}` in an answer is where the request was sent to."""

    path: str = "/"
    exchanges: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    unexpected: list[str] = field(default_factory=list[str])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def expect(self, path: str, exchanges: list[dict[str, Any]]) -> None:
        self.path, self.exchanges = path, list(exchanges)
        self.unexpected, self.headers = [], []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        sent = b""
        while True:
            message = await receive()
            sent += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.headers.append(headers)
        asked = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        path = scope["raw_path"].decode()
        found = self._take(path, asked, json.loads(sent) if sent else None)
        status, answer, more = (200, found["answer"], found.get("headers", {})) if found else (400, {}, {})
        if found is None:
            self.unexpected.append(f"{scope['method']} {path} {asked} {sent.decode()}")
        origin = f"http://{headers['host']}"
        body = json.dumps(answer).replace("{origin}", origin).encode()
        shown = {"content-type": "application/json", **more}
        raw = [(name.encode(), value.replace("{origin}", origin).encode()) for name, value in shown.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    def _take(self, path: str, asked: dict[str, str], body: Any) -> dict[str, Any] | None:
        for at, each in enumerate(self.exchanges):
            right = each.get("path", self.path) == path and each.get("ask", {}) == asked
            # A GraphQL query is written anew for each page: what must be in it is said, not how it looks.
            same = (
                all(each_word in str(body) for each_word in each["holds"])
                if "holds" in each
                else each.get("body") == body
            )
            if right and same:
                return self.exchanges.pop(at)
        return None
