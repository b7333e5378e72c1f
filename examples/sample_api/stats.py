"""What was asked of the sample API, for those who test a client against it."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_RECENT = 5_000


@dataclass(slots=True)
class Stats:
    """Counts by path and status, and the last 5,000 requests with their arrival (Unix seconds)."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque[dict[str, Any]](maxlen=_RECENT))

    def clear(self) -> None:
        self.counts.clear()
        self.recent.clear()

    def shown(self) -> dict[str, Any]:
        paths: dict[str, dict[str, int]] = {}
        for (path, status), count in sorted(self.counts.items()):
            paths.setdefault(path, {})[str(status)] = count
        return {"requests": self.counts.total(), "paths": paths, "recent": list(self.recent)}


@dataclass(frozen=True, slots=True)
class CountedApp:
    """ASGI middleware that counts every request but those to paths that begin with `/_`.

    A request whose answer never began counts as status 0.
    """

    app: ASGIApp
    stats: Stats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or path.startswith("/_"):
            await self.app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        entry = {"time": time.time(), "method": scope["method"], "path": path, "query": query, "status": 0}
        self.stats.recent.append(entry)

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            self.stats.counts[path, int(entry["status"])] += 1
