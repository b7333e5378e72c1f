"""Runs one peer's script in its own environment and hears what it took, without its imports."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import ROOT

PEERS = ROOT / "benchmarks" / "peers"


class Taken(NamedTuple):
    """Seconds on the wall, and of CPU."""

    wall: float
    cpu: float


class Peer(NamedTuple):
    """`environment` names the lock file; `runs` is 1 for what is slow, so that the whole stays short."""

    name: str
    environment: str
    script: str
    runs: int = 1
    style: str | None = None


def python_of(environment: str) -> Path:
    """The interpreter of an environment, which is made once from its lock file."""
    home = ROOT / "benchmarks" / "results" / environment
    python, uv = home / "bin" / "python", Path(sys.executable).parent / "uv"
    if not (home / ".complete").exists():
        subprocess.run([uv, "venv", "--quiet", "--clear", home], check=True)
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        subprocess.run([*install, "--require-hashes", "-r", PEERS / f"{environment}.txt"], check=True)
        (home / ".complete").touch()
    return python


def take(peer: Peer, address: str, size: int, rows: int) -> Taken:
    """One run; ends the benchmark, with the peer's own words, when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        given = [f"http://{address}", str(size), folder, str(rows), *([peer.style] if peer.style else [])]
        command = [python_of(peer.environment), PEERS / peer.script, *given]
        quiet = os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false"}
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=quiet)
    if done.returncode:
        raise SystemExit(f"{peer.name} failed:\n{done.stderr[-2000:]}")
    wall, spent = done.stdout.strip().splitlines()[-1].split()
    return Taken(float(wall), float(spent))
