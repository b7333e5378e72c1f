"""The product as a whole, started for a benchmark, and what the operating system says of its processes."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from tests.e2e.kit import Api, mint
from tests.ports import free_port
from tests.stack.launched import FREE_PORTS, Launched

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """One sync: wall and CPU seconds, the worker's peak memory in MB."""

    rows: int
    wall: float
    worker_cpu: float
    engine_cpu: float
    peak_mb: float
    events: int


def cpu(pid: int | Path) -> float:
    """Seconds, user and system, of a process or (`pid/task/tid`) of one thread."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def mock_api(rows: int, latency_ms: float = 0) -> Generator[str]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.mock_api", "--port", str(port), "--rows", str(rows)]
    server = subprocess.Popen([*command, "--latency-ms", str(latency_ms)], cwd=ROOT)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def stack(allow: str = "", *, sample: bool = False) -> Generator[Launched]:
    """`varlor up` on a state folder of its own, with the sample API only if asked for."""
    with tempfile.TemporaryDirectory() as folder:
        more = () if sample else ("--no-sample",)
        launched = Launched(Path(folder) / "state", "up", *FREE_PORTS, *more, VARLOR_EGRESS_ALLOW=allow)
        try:
            yield launched.until_ready()
            launched.stop()
        finally:
            launched.end()


def sign_in(launched: Launched) -> Api:
    return Api(launched.facts["api_url"], mint(launched.state))


def sync(launched: Launched, address: str, size: int, **request: Any) -> Figures:
    """One sync, from the request to the committed table; of `/offset`, unless `request` says else."""
    api, pids = sign_in(launched), launched.facts["pids"]
    connector = api.connector(f"http://{address}")
    body = {
        "path": "/offset",
        "pagination": {"type": "offset", "limit": size, "totalPath": "$.total"},
        "dataset": {"name": f"bench {monotonic()}", "writeMode": "append"},
        **request,
    }
    with api.http.stream("GET", "/events", timeout=3600) as events:  # polling would take its own share
        lines = events.iter_lines()
        next(lines)
        before, worker, engine = monotonic(), cpu(pids["worker"]), cpu(pids["temporal"])
        run_id = api.ok("POST", f"/connectors/{connector}/fetch", body)["runId"]
        finished = f'"runId": "{run_id}"'
        name = ""
        for line in lines:
            name = line.removeprefix("event: ") if line.startswith("event: ") else name
            if name == "run.finished" and line.startswith("data: ") and finished in line:
                break
        wall = monotonic() - before
    run = api.run(run_id)
    if run["status"] != "succeeded":
        raise SystemExit(f"the sync ended as {run['status']}: {run['error']}")
    return Figures(
        rows=run["rows"],
        wall=wall,
        worker_cpu=cpu(pids["worker"]) - worker,
        engine_cpu=cpu(pids["temporal"]) - engine,
        peak_mb=peak_mb(pids["worker"]),
        events=0,
    )
