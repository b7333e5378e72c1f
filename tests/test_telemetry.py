"""What a process says of itself: one JSON object a line, traceable, and without what nobody may read."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET = "canary-3f9a1c77"
SPEAK = """
import logging, structlog
from varlor.settings import Settings
from varlor.telemetry import configure
configure(Settings(log_format={format!r}, log_level="info"), "worker")
log = structlog.get_logger()
with structlog.contextvars.bound_contextvars(correlation_id="trace-1"):
    log.info("said", rows=5, bearer_token="canary-3f9a1c77", url="https://u:canary-3f9a1c77@h/?token=canary-3f9a1c77")
    logging.getLogger("some.library").warning("got %s", "Authorization: Bearer canary-3f9a1c77")
    try:
        raise ValueError("Bearer canary-3f9a1c77")
    except ValueError:
        log.exception("failed", what=object())
logging.getLogger("httpx2").info("GET https://h/?k=canary-3f9a1c77")
log.debug("not asked for")
"""


def spoken(format_: str) -> str:
    """What a process says on stderr; stdout belongs to data."""
    code = SPEAK.replace("{format!r}", repr(format_))
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ended.stdout == ""
    assert SECRET not in ended.stderr
    return ended.stderr


def test_lines_are_json_with_service_and_correlation_id_and_no_secret() -> None:
    lines = [json.loads(line) for line in spoken("json").splitlines()]
    assert [line["event"].split()[0] for line in lines] == ["said", "got", "failed"]
    assert {line["service"] for line in lines} == {"worker"}
    assert {line["correlation_id"] for line in lines} == {"trace-1"}
    assert lines[0]["rows"] == 5
    assert lines[0]["timestamp"].endswith("Z")
    assert "Traceback" in lines[2]["exception"]
    assert lines[2]["what"] == "<object>"


def test_a_console_reads_words() -> None:
    said = spoken("console")
    assert "said" in said
    assert "{" not in said.splitlines()[0]


class Collector(BaseHTTPRequestHandler):
    received: list[bytes] = []  # noqa: RUF012 - one collector, one list

    def do_POST(self) -> None:
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has above
        """Keep the test's output clean."""


@pytest.fixture
def collector() -> Iterator[str]:
    Collector.received.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


TRACE = """
import asyncio, sys, httpx2
from api.app import create_app
from varlor.settings import Settings
from varlor.telemetry import configure
settings = Settings(mode="embedded", otel_exporter_otlp_endpoint=sys.argv[1])
configure(settings, "api")
async def ask():
    app = create_app(settings=settings)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://h") as client:
        await client.get("/api/v2/health/live?token=canary-3f9a1c77", headers={"X-Key": "canary-3f9a1c77"})
asyncio.run(ask())
"""


def test_traces_go_to_the_endpoint_when_one_is_set(collector: str) -> None:
    subprocess.run([sys.executable, "-c", TRACE, collector], check=True, capture_output=True, timeout=60)
    spans = b"".join(Collector.received)
    assert b"varlor-api" in spans
    assert b"GET /health/live" in spans
    assert SECRET.encode() not in spans
