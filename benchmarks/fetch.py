"""Rows a second from paginated JSON to a committed table, beside other tools on the same mock API.

Unequal: ours commits a Delta table under a lease, through workflows, with a log of every request and a rate
window; dlt writes Parquet and infers its schema per item (its Arrow path: per page); airbyte-cdk and
singer-sdk write JSON lines and no table; the raw loops know where the records are and how many come,
and write one Parquet file. Nobody's imports are counted. CPU is that of our worker and the workflow
engine, and of each peer's process; the wall clock also hears what else the machine does.
"""

import os
from statistics import median
from typing import Any, NamedTuple

from benchmarks.machine import mock_api, stack, sync
from benchmarks.peer import Peer, Taken, take
from benchmarks.table import show, spread
from tests.stack.launched import Launched

RUNS = 3
OFFSET = {"type": "offset", "totalPath": "$.total"}
CURSOR = {"type": "cursor", "cursorPath": "$.next", "cursorParam": "cursor"}
TOOLS = (
    Peer("dlt rest_api, default", "dlt", "dlt_rest.py"),
    Peer("dlt, Arrow path", "dlt", "dlt_arrow.py", RUNS),
    Peer("airbyte-cdk, declarative, to JSON lines", "airbyte", "airbyte_source.py"),
    Peer("singer-sdk tap, to JSON lines", "singer", "singer_tap.py"),
)
RAW = Peer("raw: pyreqwest, 8 in flight, Arrow, Parquet", "raw", "raw_loop.py", RUNS, "arrow")
FOLLOWING = Peer("raw: the same loop in httpx2, Arrow, Parquet", "raw", "raw_loop.py", RUNS, "httpx2")


class Case(NamedTuple):
    """`share` of BENCH_ROWS is read; the latency is in milliseconds."""

    title: str
    path: str
    pagination: dict[str, Any]
    size: int
    latency: float
    share: float
    peers: tuple[Peer, ...]


CASES = (
    Case("offset, no latency", "/offset", OFFSET, 1_000, 0, 1.0, (*TOOLS, RAW)),
    Case("offset, no latency, a short run", "/offset", OFFSET, 1_000, 0, 0.1, (*TOOLS, RAW)),
    Case("offset, 50 ms latency", "/offset", OFFSET, 100, 50, 0.04, (*TOOLS, RAW)),
    Case("cursor, 50 ms latency", "/cursor", CURSOR, 100, 50, 0.03, (FOLLOWING,)),
)


def ours(launched: Launched, address: str, case: Case) -> Taken:
    """One sync, from the request that starts it to the run that succeeded; signing in is not part of it."""
    paging = case.pagination | ({"limit": case.size} if case.pagination is OFFSET else {})
    more = {} if case.pagination is OFFSET else {"params": {"limit": case.size}}
    figures = sync(launched, address, case.size, path=case.path, pagination=paging, **more)
    return Taken(figures.wall, figures.worker_cpu + figures.engine_cpu)


def measure(case: Case, rows: int) -> list[tuple[str, list[Taken]]]:
    """Ours first, then each peer; those of one round follow each other closely."""
    found: list[tuple[str, list[Taken]]] = [("varlor", []), *((peer.name, []) for peer in case.peers)]
    with mock_api(rows, case.latency) as address, stack(allow=address) as launched:
        ours(launched, address, case)  # warm-up
        for number in range(RUNS):
            found[0][1].append(ours(launched, address, case))
            for (_, taken), peer in zip(found[1:], case.peers, strict=True):
                if number < peer.runs:
                    taken.append(take(peer, address, case.size, rows))
    return found


def table(case: Case, rows: int) -> None:
    found = measure(case, rows)
    mine = found[0][1]
    lines: list[tuple[object, ...]] = []
    for name, taken in found:
        wall = median(each.wall for each in taken) / median(each.wall for each in mine[: len(taken)])
        cpu = median(each.cpu for each in taken) / median(each.cpu for each in mine[: len(taken)])
        spent = median(each.cpu for each in taken) * 1_000_000 / rows
        lines.append((name, spread([rows / each.wall for each in taken]), wall, spent, cpu))
    heads = ("", "rows/s, median (range)", "time, times ours", "CPU-s per million rows", "CPU, times ours")
    show(f"{case.title}: {rows:,} rows, {case.size:,} a page", heads, lines)


def main() -> None:
    rows = int(os.environ.get("BENCH_ROWS", "1000000"))
    for case in CASES:
        table(case, int(rows * case.share))


if __name__ == "__main__":
    main()
