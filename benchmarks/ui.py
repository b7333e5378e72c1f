"""The UI in a real Chromium: how smoothly long lists scroll, and how soon a fetched page shows as progress.

A list is scrolled by script, so many pixels at each frame, from its top to its end. A frame is late when more
than 1/30 s lies between it and the one before. Progress is measured from the moment a page's bytes have left
the API to the moment the run page shows that many rows, on one clock.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from statistics import quantiles
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

from benchmarks.machine import sign_in, stack
from benchmarks.mock_api import record
from benchmarks.table import show
from tests.e2e.kit import Api
from tests.stack.launched import Launched
from tests.ui.browser import chromium, find_chromium, signed_in

MANY: Final = 10_000
STEP: Final = 240  # pixels a frame: six rows
PAGES, SIZE, SECONDS_A_PAGE = 150, 100, 0.2
_SCROLL: Final = """
([selector, step, end]) => new Promise((resolve) => {
  const list = document.querySelector(selector);
  const frames = [];
  let most = 0;
  let still = 0;
  const next = (at) => {
    frames.push(at);
    most = Math.max(most, list.querySelectorAll('[role=row], [role=option]').length);
    const before = list.scrollTop;
    list.scrollTop = before + step;
    still = list.scrollTop === before ? still + 1 : 0;
    const arrived = list.scrollHeight >= end && list.scrollTop + list.clientHeight >= list.scrollHeight - 1;
    if (arrived || still > 600) resolve({ frames, most, height: list.scrollHeight });
    else requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})
"""
_WATCH: Final = """
() => {
  window.seen = [];
  const look = () => {
    const rows = document.querySelector('[data-testid="Rows"]')?.textContent.replaceAll(',', '');
    if (rows && rows !== window.seen.at(-1)?.[1]) window.seen.push([Date.now() / 1000, rows]);
    requestAnimationFrame(look);
  };
  look();
}
"""


class Api10000(BaseHTTPRequestHandler):
    """Says that it has 10,000 endpoints; one of them has pages, and takes its time for each."""

    protocol_version = "HTTP/1.1"
    sent: Final[dict[int, float]] = {}

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/slow":
            self._page(int(parse_qs(asked.query)["offset"][0]))
        elif asked.path == "/openapi.json":
            self._answer(DOCUMENT)
        else:
            self.send_error(404)

    def _page(self, start: int) -> None:
        time.sleep(SECONDS_A_PAGE)
        rows = [record(number) for number in range(start, min(start + SIZE, PAGES * SIZE))]
        self._answer(json.dumps({"data": rows, "total": PAGES * SIZE}).encode())
        self.sent[start + SIZE] = time.time()

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has above
        """Keep the table's output clean."""


def _operation(number: int) -> dict[str, Any]:
    answer = {"description": "ok", "content": {"application/json": {"schema": {"type": "array"}}}}
    return {
        "get": {"operationId": f"list_{number}", "summary": f"Things {number}", "responses": {"200": answer}}
    }


DOCUMENT: Final = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "Many things", "version": "1"},
        "paths": {f"/things/{number}": _operation(number) for number in range(MANY)},
    }
).encode()


@contextmanager
def slow_api() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api10000)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def many_runs(launched: Launched, run_id: str) -> None:
    """Copies of one run, a minute apart: only the list looks at them."""
    with sqlite3.connect(launched.state / "varlor.db", timeout=30) as database:
        columns = [column for _, column, *_ in database.execute("PRAGMA table_info(runs)")]
        kept = ", ".join(column for column in columns if column not in {"id", "created_at"})
        database.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) "  # noqa: S608 - our own names and a number
            f"INSERT INTO runs (id, created_at, {kept}) SELECT 'run_copy_' || i, "
            f"datetime(created_at, '-' || i || ' minutes') || '.000000', {kept} FROM runs, n WHERE id = ?",
            [run_id],
        )
    database.close()


def scrolled(page: Page, name: str, selector: str, row_height: int) -> list[object]:
    page.locator(selector).wait_for()
    seen = page.evaluate(_SCROLL, [selector, STEP, MANY * row_height * 0.98])
    if seen["height"] < MANY * row_height * 0.9:
        raise SystemExit(f"the list of {name} never became long: {seen['height']} px")
    frames = seen["frames"]
    gaps = [after - before for before, after in pairwise(frames)]
    late = sum(gap > 1000 / 30 for gap in gaps) / len(gaps) * 100
    cuts = quantiles(gaps, n=100)
    return [name, len(gaps), cuts[49], cuts[94], cuts[98], max(gaps), late, seen["most"]]


def progress(page: Page, launched: Launched, api: Api, connector: str) -> list[float]:
    """Seconds from a page sent to its rows shown."""
    body = {
        "path": "/slow",
        "pagination": {"type": "offset", "limit": SIZE, "totalPath": "$.total"},
        "dataset": {"name": "slow", "writeMode": "append"},
    }
    run = api.ok("POST", f"/connectors/{connector}/fetch", body)["runId"]
    page.goto(f"{launched.facts['api_url']}/runs/{run}")
    page.evaluate(_WATCH)
    api.until_ended(run)
    page.get_by_text("Succeeded").first.wait_for()
    seen: list[tuple[float, int]] = [(at, int(rows)) for at, rows in page.evaluate("window.seen")]
    opened = seen[0][0]
    return [
        next(at for at, rows in seen if rows >= wanted) - sent
        for wanted, sent in sorted(Api10000.sent.items())
        if sent > opened
    ]


def main() -> None:
    path = find_chromium()
    if path is None:
        print("\nThe UI was not measured: there is no Chromium on the PATH.")
        return
    with slow_api() as slow, stack(slow) as launched, chromium(path) as browser:
        api, page = sign_in(launched), signed_in(browser, launched)
        # Six pages a second, so that the run lasts and commits more than once.
        limits = {"requestsPerMinute": 360, "burstLimit": 6}
        connector = api.connector(f"http://{slow}", rateLimitConfig=limits)
        waits = progress(page, launched, api, connector)
        cuts = quantiles(waits, n=100)
        show(
            "Progress in the browser: seconds from a page sent by the API to its rows shown",
            ("pages", "median", "95 %", "longest"),
            [(len(waits), cuts[49], cuts[94], max(waits))],
        )
        many_runs(launched, api.ok("GET", "/runs?limit=1")["items"][0]["id"])
        address = launched.facts["api_url"]
        page.goto(f"{address}/runs")
        runs = scrolled(page, "runs, loaded as they come into view", "[role=region]", 38)
        page.goto(f"{address}/connectors?connect=what&connector={connector}")
        endpoints = scrolled(page, "endpoints", "[role=listbox]", 50)
        show(
            f"Scrolling {MANY:,} rows, {STEP} pixels a frame, milliseconds between frames",
            ("list", "frames", "median", "95 %", "99 %", "longest", "late, %", "rows in the document"),
            [runs, endpoints],
        )


if __name__ == "__main__":
    main()
