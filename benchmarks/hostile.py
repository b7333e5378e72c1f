"""The worker's memory while several APIs answer at once with as much as an answer may hold.

`swelling`: ten records a page, that grow from bytes to 6 MB each while sixteen pages are under way.
`tiny records`: 60 MB of `{"a":1}`, which Python holds in thirty times the space.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from benchmarks.machine import peak_mb, resident_mb, sign_in, stack
from benchmarks.table import show

RUNS = 5
TOTAL, SMALL = 1_000, 400  # records in all, and those on small pages
LARGE = 6_000_000  # bytes of a record
PAGING = {"type": "offset", "limit": 10, "totalPath": "$.total"}
Answer = Callable[[int], bytes]


def swelling(offset: int) -> bytes:
    text = "x" * (LARGE if offset >= SMALL else 10)
    return ",".join(f'{{"id":{offset + n},"text":"{text}"}}' for n in range(10)).encode()


def tiny(_offset: int) -> bytes:
    return b",".join([b'{"a":1}'] * 7_500_000)


@contextmanager
def served(answer: Answer) -> Generator[str]:
    """The address of an API that answers at once, whatever is asked for."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
                offset = int(parse_qs(urlsplit(target).query).get("offset", ["0"])[0])
                body = b'{"total":%d,"data":[%b]}' % (TOTAL, answer(offset))
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                writer.write(head % len(body) + body)
                await writer.drain()
        writer.close()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(talk, "127.0.0.1", 0))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def measure(answer: Answer) -> tuple[str, float, float]:
    """How the runs ended, the worker's peak and what it holds afterwards, in MB."""
    with served(answer) as address, stack(allow=address) as launched:
        api, worker = sign_in(launched), launched.facts["pids"]["worker"]
        connector = api.connector(f"http://{address}")
        runs = [
            api.ok(
                "POST",
                f"/connectors/{connector}/fetch",
                {"path": "/", "pagination": PAGING, "dataset": {"name": f"hostile {n}"}},
            )["runId"]
            for n in range(RUNS)
        ]
        ended = Counter(api.until_ended(run, 1800)["status"] for run in runs)
        return (
            ", ".join(f"{times} {status}" for status, times in ended.items()),
            peak_mb(worker),
            resident_mb(worker),
        )


def main() -> None:
    cases = ("swelling", swelling), ("tiny records", tiny)
    rows = [(name, *measure(answer)) for name, answer in cases]
    show(f"{RUNS} runs at once over hostile pages", ("", "ended", "worker peak MB", "MB afterwards"), rows)


if __name__ == "__main__":
    main()
