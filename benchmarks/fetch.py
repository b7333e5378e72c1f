"""Rows a second from paginated JSON to a committed table, beside dlt's rest_api source on the same mock API.

Unequal: ours commits a Delta table under a lease, through workflows, with a log of every request and a rate
window; dlt writes Parquet and infers its schema per item. Nobody's imports are counted. CPU is that of our
worker and the workflow engine, and of dlt's process; the wall clock also hears what else the machine does.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.machine import ROOT, mock_api, stack, sync
from benchmarks.table import show, spread
from tests.stack.launched import Launched

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
RUNS = 3
SIZE = 1_000


class Taken(NamedTuple):
    """Seconds on the wall, and of CPU."""

    wall: float
    cpu: float


def dlt_python() -> Path:
    """dlt in an environment of its own, made once from its lock file."""
    home = ROOT / "benchmarks" / "results" / "dlt"
    python, uv = home / "bin" / "python", Path(sys.executable).parent / "uv"
    if not python.exists():
        lock = ROOT / "benchmarks" / "peers" / "requirements.txt"
        subprocess.run([uv, "venv", "--quiet", home], check=True)
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        subprocess.run([*install, "--require-hashes", "-r", lock], check=True)
    return python


def dlt(address: str) -> Taken:
    """One pipeline run, without its imports."""
    script = ROOT / "benchmarks" / "peers" / "dlt_rest.py"
    with tempfile.TemporaryDirectory() as folder:
        command = [dlt_python(), script, f"http://{address}", str(SIZE), folder]
        quiet = os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=quiet)
    wall, spent = done.stdout.strip().splitlines()[-1].split()
    return Taken(float(wall), float(spent))


def ours(launched: Launched, address: str) -> Taken:
    """One sync, from the request that starts it to the run that succeeded; signing in is not part of it."""
    figures = sync(launched, address, SIZE)
    return Taken(figures.wall, figures.worker_cpu + figures.engine_cpu)


def main() -> None:
    with mock_api(ROWS) as address, stack(allow=address) as launched:
        sync(launched, address, SIZE)  # warm-up
        pairs = [(ours(launched, address), dlt(address)) for _ in range(RUNS)]
    rows: list[tuple[object, ...]] = []
    for at, name in enumerate(("varlor", "dlt rest_api, default")):
        taken = [pair[at] for pair in pairs]
        rows.append(
            (
                name,
                spread([ROWS / each.wall for each in taken]),
                median(pair[1].wall / pair[at].wall for pair in pairs),
                median(each.cpu for each in taken) * 1_000_000 / ROWS,
                median(pair[1].cpu / pair[at].cpu for pair in pairs),
            )
        )
    heads = ("", "rows/s, median (range)", "times dlt", "CPU-s per million rows", "dlt's CPU, times ours")
    show(f"{ROWS:,} rows, {SIZE:,} a page, no latency, {RUNS} runs", heads, rows)


if __name__ == "__main__":
    main()
