"""Seconds from `varlor up` to ready, first start and second start on the same state folder."""

import tempfile
from pathlib import Path
from statistics import median
from time import monotonic

from benchmarks.table import show
from tests.stack.launched import FREE_PORTS, Launched

RUNS = 3


def start(state: Path) -> float:
    began = monotonic()
    launched = Launched(state, "up", *FREE_PORTS)
    try:
        launched.until_ready()
        took = monotonic() - began
        launched.stop()
    finally:
        launched.end()
    return took


def main() -> None:
    first: list[float] = []
    second: list[float] = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            first.append(start(Path(folder) / "state"))
            second.append(start(Path(folder) / "state"))
    show(
        "`varlor up`, seconds until ready (median of three)",
        ("first start", "second start"),
        [(median(first), median(second))],
    )


if __name__ == "__main__":
    main()
