"""An API lean enough not to be the bottleneck: pages are rendered once, the server only copies bytes.

20 fields, about 555 bytes a record; `/offset?offset=&limit=`, `/page?page=&size=`, `/cursor?cursor=&limit=`,
`/link?page=&limit=`. The latency is added before the answer leaves.
"""

import argparse
import asyncio
from typing import Final
from urllib.parse import parse_qs, urlsplit

import orjson

WORDS: Final = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "islet", "jetty")


def record(number: int) -> dict[str, object]:
    word = WORDS[number % 10]
    return {
        "id": number,
        "uid": f"{number:032x}",
        "name": f"{word} {number}",
        "email": f"{word}.{number}@example.com",
        "created_at": f"2026-0{number % 9 + 1}-1{number % 9}T08:00:{number % 60:02}Z",
        "updated_at": f"2026-0{number % 9 + 1}-2{number % 9}T09:30:{number % 60:02}Z",
        "status": ("open", "paid", "sent", "done")[number % 4],
        "amount": number * 1.25,
        "tax": number % 97 / 8,
        "quantity": number % 40,
        "active": number % 3 == 0,
        "score": number % 1000 / 10,
        "note": None if number % 5 else f"note about {word} and its neighbour {number % 77}",
        "city": WORDS[(number * 7) % 10],
        "country": ("DE", "FR", "PT", "PL")[number % 4],
        "zip": f"{number % 99999:05}",
        "lat": number % 180 - 90.5,
        "lon": number % 360 - 180.25,
        "tags": f"{word},{WORDS[(number * 3) % 10]}",
        "description": f"A {word} thing, number {number}, that stands for one record of a real API's answer.",
    }


class MockApi:
    """Serves `rows` records; memory holds one rendering of a window of them, reused with fresh ids off."""

    def __init__(self, rows: int, latency: float) -> None:
        self._rows = rows
        self._latency = latency
        self._pages: dict[tuple[int, int], bytes] = {}

    def _records(self, start: int, size: int) -> bytes:
        count = max(0, min(size, self._rows - start))
        # Pages repeat after 200,000 rows, so that ten million rows do not need ten gigabytes of text.
        key = (start % 200_000, count)
        if key not in self._pages:
            self._pages[key] = orjson.dumps([record(key[0] + n) for n in range(count)])
        return self._pages[key]

    def answer(self, target: str) -> bytes:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        size = int(query.get("limit") or query.get("size") or 100)
        start = int(query.get("offset") or query.get("cursor") or (int(query.get("page") or 1) - 1) * size)
        more = start + size < self._rows
        extra, link = b"", b""
        if parts.path == "/cursor":
            extra = b',"next":' + (b'"%d"' % (start + size) if more else b"null")
        elif parts.path == "/offset":
            extra = b',"total":%d' % self._rows
        elif parts.path == "/link" and more:
            link = b'Link: </link?page=%d&limit=%d>; rel="next"\r\n' % (start // size + 2, size)
        body = b'{"data":' + self._records(start, size) + extra + b"}"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
        return head % (link, len(body)) + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if self._latency:
                    await asyncio.sleep(self._latency)
                writer.write(self.answer(head.split(b" ", 2)[1].decode()))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def main(port: int, rows: int, latency: float) -> None:
    api = MockApi(rows, latency)
    server = await asyncio.start_server(api.serve, "127.0.0.1", port, limit=1 << 20)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--latency-ms", type=float, default=0)
    given = parser.parse_args()
    asyncio.run(main(given.port, given.rows, given.latency_ms / 1000))
