"""The worker's peak memory and the history's length: append and replace, ten thousand rows to ten million."""

import asyncio
import os
from itertools import product

from temporalio.client import Client

from benchmarks import merge
from benchmarks.machine import Figures, mock_api, sign_in, stack, sync
from benchmarks.table import show
from tests.stack.launched import Launched
from varlor.stack.state import StateDir

MILLIONS = [float(n) for n in os.environ.get("BENCH_MILLIONS", "0.01,1,10").split(",")]
MODES = ("append", "replace")
SIZE = 1_000


async def _events(launched: Launched) -> int:
    ports = StateDir(launched.state).ports()
    if ports is None:
        raise SystemExit("the stack has not noted its ports")
    client = await Client.connect(f"127.0.0.1:{ports.temporal}")
    workflow = sign_in(launched).ok("GET", "/runs?limit=1")["items"][0]["workflowId"]
    return (await client.get_workflow_handle(workflow).describe()).history_length


def measure(mode: str, millions: float) -> tuple[Figures, int]:
    """In a stack of its own, whose worker has done nothing else."""
    rows = int(millions * 1_000_000)
    with mock_api(rows) as address, stack(allow=address) as launched:
        figures = sync(launched, address, SIZE, dataset={"name": "bench", "writeMode": mode})
        return figures, asyncio.run(_events(launched))


def main() -> None:
    table: list[tuple[object, ...]] = []
    for mode, millions in product(MODES, MILLIONS):
        figures, events = measure(mode, millions)
        table.append(
            (
                mode,
                figures.rows,
                figures.rows / figures.wall,
                figures.peak_mb,
                figures.worker_cpu / millions,
                figures.engine_cpu / millions,
                events / millions,
            )
        )
    heads = ("", "rows", "rows/s", "worker peak MB", "worker CPU-s/M", "engine CPU-s/M", "events/M")
    show(f"One sync, {SIZE:,} a page, no latency", heads, table)
    merge.main()


if __name__ == "__main__":
    main()
