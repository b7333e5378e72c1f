"""Where the CPU of a sync goes: the worker's event loop, its other threads, and the parts beside it.

The loop sends, receives, keeps the cursor, the log and the rate window; the other threads decode JSON, write
Parquet and commit.
"""

import os
from pathlib import Path

from benchmarks.fetch import CASES, Case, ours
from benchmarks.machine import cpu, mock_api, stack
from benchmarks.table import show
from tests.stack.launched import Launched

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
PARTS = ("temporal", "valkey", "api")


def _spent(launched: Launched) -> dict[str, float]:
    """CPU seconds so far, by part."""
    pids = launched.facts["pids"]
    worker = pids["worker"]
    loop = cpu(Path(f"{worker}/task/{worker}"))
    return {
        "worker's event loop": loop,
        "worker's other threads": cpu(worker) - loop,
        **{part: cpu(pids[part]) for part in PARTS},
    }


def measure(case: Case) -> dict[str, float]:
    """CPU milliseconds a page, by part."""
    rows = int(ROWS * case.size / 1_000)
    with mock_api(rows) as address, stack(allow=address) as launched:
        ours(launched, address, case)  # warm-up
        before = _spent(launched)
        ours(launched, address, case)
        after = _spent(launched)
    return {part: (after[part] - before[part]) * 1_000 / (rows / case.size) for part in after}


def main() -> None:
    cases = [CASES[0], CASES[0]._replace(size=100)]
    found = [measure(case) for case in cases]
    lines = [(part, *(each[part] for each in found)) for part in found[0]]
    heads = ("CPU milliseconds a page", *(f"{case.size:,} records" for case in cases))
    show("Offset, no latency; the api answers the benchmark's own questions", heads, lines)


if __name__ == "__main__":
    main()
