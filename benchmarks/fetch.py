"""Rows a second from paginated JSON to a committed table, beside dlt's rest_api source on the same mock API.

Unequal: ours commits a Delta table under a lease, through workflows, with a log of every request and a rate
window; dlt writes Parquet and infers its schema per item. Nobody's imports are counted.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import monotonic

from benchmarks.machine import ROOT, mock_api, stack, sync
from benchmarks.table import show, spread

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
RUNS = 3
SIZE = 1_000


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


def dlt(address: str) -> float:
    """Wall seconds of one pipeline run, without its imports."""
    script = ROOT / "benchmarks" / "peers" / "dlt_rest.py"
    with tempfile.TemporaryDirectory() as folder:
        command = [dlt_python(), script, f"http://{address}", str(SIZE), folder]
        quiet = os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=quiet)
    return float(done.stdout.strip().splitlines()[-1])


def main() -> None:
    ours: list[float] = []
    theirs: list[float] = []
    with mock_api(ROWS) as address, stack(allow=address) as launched:
        sync(launched, address, SIZE)  # warm-up
        for _ in range(RUNS):
            began = monotonic()
            figures = sync(launched, address, SIZE)
            ours.append(figures.rows / (monotonic() - began))
            theirs.append(ROWS / dlt(address))
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    show(
        f"Rows a second, {ROWS:,} rows, {SIZE:,} a page, no latency",
        ("", "rows/s, median (range)", "ratio"),
        [("varlor", spread(ours), ratio), ("dlt rest_api, default", spread(theirs), 1.0)],
    )


if __name__ == "__main__":
    main()
