"""An ASGI application that pages in every style and misbehaves in every way; driven by its query."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

Send = Callable[[dict[str, Any]], Awaitable[None]]
Query = dict[str, str]
NAMES = ("Åsa", "Łukasz", "名前", "plain", "🦊")


def record(number: int) -> dict[str, Any]:
    return {"id": number, "name": NAMES[number % 5], "value": None if number % 7 == 0 else number / 4}


class Answer:
    def __init__(
        self,
        body: Any = None,
        status: int = 200,
        raw: bytes | None = None,
        type_: str = "application/json",
        **headers: str,
    ) -> None:
        self.body = json.dumps(body).encode() if raw is None else raw
        self.status = status
        self.headers = {"content-type": type_} | {k.replace("_", "-"): v for k, v in headers.items()}


class OddApi:
    """Routes are methods. `n` records in all, `size` a page, `cap` the most a page ever holds."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Query, dict[str, str]]] = []
        self.prepared: list[Answer] = []
        self.reset()

    def reset(self) -> None:
        self.seen.clear()
        self.prepared.clear()
        self.delay = 0.0  # seconds before each answer
        self.slow: int | None = None  # from this request on each answer takes half a minute
        self.jitter = False  # later requests are answered first
        self.failing: dict[int, int] = {}  # the status of the n-th request
        self.instead: dict[tuple[str, str], list[Answer]] = {}  # by a parameter's value, one after the other
        self.retry_after: int | None = None  # seconds, with each of those
        self.at_once = self.most_at_once = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            return
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        headers = {k.decode(): v.decode("latin-1") for k, v in scope["headers"]}
        self.seen.append((scope["path"], query, headers))
        number = len(self.seen)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        route = getattr(self, scope["path"].strip("/").replace("/", "_"), None)
        instead = next((a for (name, at), a in self.instead.items() if query.get(name) == at and a), None)
        if instead:
            answer = instead.pop(0)
        elif number in self.failing:
            answer = Answer({"detail": "not now"}, self.failing[number])
            if self.retry_after is not None:
                answer.headers["retry-after"] = str(self.retry_after)
        elif self.prepared:
            answer = self.prepared.pop(0)
        else:
            answer = route(query, headers, body) if route else Answer({"detail": "no"}, 404)
        slow = self.slow is not None and number >= self.slow
        await asyncio.sleep(30 if slow else self.delay * (1 + number % 3 if self.jitter else 1))
        self.at_once -= 1
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(k.encode(), v.encode("latin-1")) for k, v in answer.headers.items()],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    # --- slices ---------------------------------------------------------------------------------

    @staticmethod
    def _slice(query: Query, start: int, size: int | None = None) -> tuple[list[dict[str, Any]], int]:
        n = int(query.get("n", "25"))
        size = min(size or int(query.get("size", "10")), int(query.get("cap", "1000")))
        return [record(i) for i in range(start, min(start + size, n))], n

    def link(self, query: Query, headers: dict[str, str], _body: bytes) -> Answer:
        at = int(query.get("at", "0"))
        rows, n = self._slice(query, at)
        follow = urlencode({**query, "at": at + len(rows)})
        host = query.get("host") or f"http://{headers['host']}"
        link = f'<{host}/link?{follow}>; title="a, b"; rel="next last"' if at + len(rows) < n else ""
        return Answer(rows, link=link) if link else Answer(rows)

    def next_url(self, query: Query, headers: dict[str, str], _body: bytes) -> Answer:
        at = int(query.get("at", "0"))
        rows, n = self._slice(query, at)
        follow = f"?{urlencode({**query, 'at': at + len(rows)})}" if at + len(rows) < n else None
        return Answer({"links": {"next": follow}, "results": rows})

    def cursor(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        sent = json.loads(body) if body else {}
        token = sent.get("cursor") or query.get("cursor") or headers.get("x-cursor") or "c0"
        at = int(token[1:])
        rows, n = self._slice(query, at)
        following = f"c{at + len(rows)}" if at + len(rows) < n else ""
        if "header" in query:
            return Answer({"data": rows}, x_next_cursor=following)
        return Answer({"data": rows, "meta": {"next_cursor": following or None}})

    def nested(self, _query: Query, _headers: dict[str, str], body: bytes) -> Answer:
        at = int((json.loads(body).get("page") or {}).get("after") or 0)
        rows, n = self._slice({}, at)
        return Answer({"items": rows, "after": at + len(rows) if at + len(rows) < n else None})

    def offset(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        sent = {**query, **(json.loads(body) if body else {})}
        at, limit = int(sent.get("offset", "0")), int(sent.get("limit", "10"))
        if limit > int(query.get("most", "1000")):
            return Answer({"detail": "limit is too large"}, 422)
        rows, n = self._slice(query, at, limit)
        for row in rows if at >= int(query.get("swell", n)) else ():
            row["note"] = "x" * 200_000
        envelope: dict[str, Any] = {"items": rows}
        if "total" in query and ("first" not in query or at == 0):
            envelope["total"] = n if query["total"] == "true" else int(query["total"])
        if "shown" in query:
            envelope |= {"offset": at, "limit": limit}
        answer = Answer(rows if "bare" in query else envelope)
        if "remaining" in query:
            answer.headers["x-ratelimit-remaining"] = query["remaining"]
        return answer

    def uneven(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Every third page is short, though the total is right."""
        at = int(query.get("offset", "0"))
        rows, n = self._slice(query, at, 7 if at % 3 == 0 else 10)
        return Answer({"items": rows, "total": n})

    def deaf(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Ignores every paging parameter, and counts more records than it hands out."""
        return Answer({"items": self._slice(query, 0, 100)[0], "total": int(query["total"])})

    def always(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Sends a cursor with its last page too; beside it, unless `silent`, that there is no more."""
        at = int(query.get("cursor", "0"))
        rows, n = self._slice(query, at)
        more = {} if "silent" in query else {"has_more": at + len(rows) < n}
        return Answer({"data": rows, "next_cursor": str(at + len(rows)), **more})

    def token(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Cursors of every kind (`as`), sent back as they came; with `more`, whether there is more."""
        sent = json.loads(body).get("after") if body else query.get("after")
        plain = sent.get("at") if isinstance(sent, dict) else sent[-1] if isinstance(sent, list) else sent
        at = int(float(plain or 0))
        rows, n = self._slice(query, at)
        following = at + len(rows)
        kinds = {"float": following + 0.25, "object": {"at": following}, "list": ["x", following]}
        is_last = following >= n
        envelope: dict[str, Any] = {"data": rows}
        if "as" in query:
            envelope["next"] = None if is_last else kinds[query["as"]]
        if "more" in query:
            envelope["has_more"] = not is_last
        return Answer(envelope)

    def round(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Five pages of ten for ever: after the last comes the last (`clamp`), or the first (`wrap`) again.

        `moving`: each answer has another `served_at`. `bare`: records without an id. `stores`: no end of that
        kind, but ten pages, each with the same ids in another store.
        """
        page = int(query.get("page", "1"))
        last = 10 if "stores" in query else 5
        number = min(page, last) if "clamp" in query else (page - 1) % last + 1 if "wrap" in query else page
        rows = [record(i) for i in range((number - 1) * 10, number * 10)] if number <= last else []
        for at, row in enumerate(rows):
            if "stores" in query:
                row |= {"id": at, "store": number}
            if "moving" in query:
                row["served_at"] = len(self.seen)
            if "bare" in query:
                del row["id"]
        return Answer({"data": rows} | ({"total": int(query["total"])} if "total" in query else {}))

    def alike(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Eight pages of ten that are alike: in their last record, every other one, or two in a row."""
        number = int(query.get("page", "1"))
        rows: list[dict[str, Any]] = [{"v": number * 100 + n} for n in range(10)] if number <= 8 else []
        if "sentinel" in query and rows:
            rows = [{"id": row["v"]} for row in rows[1:]] + [{"id": "sku", "qty": 1}]
        elif ("alternate" in query and number % 2) or ("zeros" in query and number in {3, 4}):
            rows = [{"v": 0} for _ in rows]
        return Answer({"data": rows, "total": 80} if "zeros" in query else {"data": rows})

    def window(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Offsets beyond the end are moved back to the last ten."""
        n, at = int(query.get("n", "45")), int(query.get("offset", "0"))
        at = at if at < n else n - 10
        return Answer({"items": self._slice(query, at)[0]})

    def skip(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        rows, _ = self._slice(query, int(query.get("skip", "0")))
        return Answer(rows)

    def listing(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Counts from 1: `start` is the number of the first record."""
        rows, _ = self._slice(query, int(query.get("start", "1")) - 1)
        return Answer({"data": rows}) if int(query.get("start", "1")) > 0 else Answer({}, 400)

    def brief(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """All records in short; with a page number, a page of them in full."""
        if "page" not in query:
            return Answer(
                {"data": [{"InvoiceID": f"i{row['id']}"} for row in self._slice(query, 0, 1000)[0]]}
            )
        rows, _ = self._slice(query, (int(query["page"]) - 1) * 10)
        return Answer({"data": [{"InvoiceID": f"i{row['id']}", "lines": []} for row in rows]})

    def page(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        first = int(query.get("first", "1"))
        size = int(query.get("per_page", query.get("size", "10")))
        number = int(query.get("page", first))
        rows, n = self._slice(query, (number - first) * min(size, int(query.get("cap", "1000"))), size)
        last = -(-n // size)
        if "clamp" in query and not rows and n:
            rows, _ = self._slice(query, (last - 1) * size, size)
        if "missing" in query and not rows and number > first:
            return Answer({"detail": "Invalid page."}, 404)
        envelope: dict[str, Any] = {"data": rows}
        if "pages" in query:
            envelope["total_pages"] = last if query["pages"] in {"1", "true"} else int(query["pages"])
        if "total" in query:
            envelope["total"] = n if query["total"] == "true" else int(query["total"])
        if "shown" in query:
            envelope["page"] = number
        return Answer(rows if "bare" in query else envelope)

    def keyset(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        rows, n = self._slice(query, int(query.get("starting_after", "-1")) + 1)
        more = bool(rows) and rows[-1]["id"] < n - 1
        return Answer({"object": "list", "data": rows, "has_more": more})

    def holes(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Filters after it cuts: pages get short, and some are empty, while the cursor moves on."""
        at = int(query.get("cursor", "0"))
        rows, n = self._slice(query, at, max(5, int(query.get("size", "10"))))
        kept = [row for row in rows if row["id"] % 30 < 5]
        return Answer({"data": kept, "next_cursor": str(at + len(rows)) if at + len(rows) < n else None})

    def ignored(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        return Answer([{**record(i), "read_at": len(self.seen)} for i in range(int(query.get("n", "7")))])

    def metrics(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """No id; the one text field comes again on every page. With `live`, values move between readings."""
        number = 1 if "live" in query else int(query.get("page", "1"))
        shift = len(self.seen) if "live" in query else 0
        rows = [{"metric": m, "value": number * 10 + i + shift} for i, m in enumerate(("cpu", "mem", "io"))]
        return Answer(rows if number <= 4 else [])

    # --- loops ----------------------------------------------------------------------------------

    def same_cursor(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        at = int(query.get("cursor", "0"))
        return Answer({"data": [record(at)], "next_cursor": str(min(at + 1, 3))})

    def there_and_back(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        here = query.get("p", "a")
        back = "b" if here == "a" else "a"
        return Answer({"items": [{"id": here}], "next": f"/there_and_back?p={back}"})

    def empty_forever(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        at = int(query.get("cursor", "0"))
        return Answer({"data": [record(0)] if at == 0 else [], "next_cursor": str(at + 1)})

    def longer_forever(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        return Answer(
            {
                "items": [record(len(query.get("c", "")))],
                "next": f"?c={'x' * (2 * len(query.get('c', 'x')) + 1)}",
            }
        )

    # --- shapes ---------------------------------------------------------------------------------

    def raw(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        """Answers what the query says, byte for byte."""
        status, type_ = int(query.get("status", "200")), query.get("type", "application/json")
        named = {k.removeprefix("h-"): v for k, v in query.items() if k.startswith("h-")}
        return Answer(
            status=status, raw=query.get("body", "").encode("utf-8", "surrogateescape"), type_=type_, **named
        )

    def echo(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        return Answer([{"query": query, "headers": headers, "body": body.decode()}])
