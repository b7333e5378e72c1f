"""Real processes beside the tests: a worker, the sample API, an API under uvicorn; ended by their own id."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from varlor.names import CONNECTOR_ATTRIBUTE, TENANT_ATTRIBUTE
from varlor.settings import Settings

ROOT = Path(__file__).parents[2]
START_SECONDS = 120  # for a machine with much else to do


def environment(settings: Settings, **changed: str) -> dict[str, str]:
    """What a process of ours reads so as to have these settings."""
    ours = {
        f"VARLOR_{name.upper()}": _text(getattr(settings, name))
        for name in settings.model_fields_set
        if getattr(settings, name) is not None
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VARLOR_")}
    return kept | ours | changed


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)


@contextmanager
def running(
    command: list[str], log: Path, env: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[bytes]]:
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=env, stdout=sink, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}:\n{log.read_text(errors='replace')[-3000:]}")


def new_namespace(temporal_address: str) -> str:
    """A Temporal namespace of a test's own, whose workers it may kill."""
    space = f"n-{uuid.uuid4().hex[:8]}"
    act = [str(Path(sys.executable).parent / "temporal"), "operator"]
    attributes = [*("--name", TENANT_ATTRIBUTE, "--type", "Keyword")]
    attributes += ["--name", CONNECTOR_ATTRIBUTE, "--type", "Keyword"]
    for words in (
        [*act, "namespace", "create", "--namespace", space, "--retention", "24h"],
        [*act, "search-attribute", "create", "--namespace", space, *attributes],
    ):
        done = subprocess.run([*words, "--address", temporal_address], check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
    return space
