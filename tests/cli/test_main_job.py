"""The main job by the command line, on one whole stack: `varlor demo`, then every command against it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from tests.ports import free_port
from tests.stack.launched import FREE_PORTS, Launched, eventually, varlor

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    launched = Launched(tmp_path_factory.mktemp("demo") / "state", "demo", *FREE_PORTS)
    try:
        launched.until_ready()
        yield launched
    finally:
        launched.stop()
        launched.end()


def ask(demo: Launched, *words: str) -> Any:
    answer = varlor(*words, "--json", "--state-dir", str(demo.state))
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_the_job_was_done_and_shown(demo: Launched) -> None:
    for step in (
        "1/5 connector",
        "2/5 test",
        "3/5 discovery",
        "4/5 fetch",
        "5/5 dataset",
        "the first rows of",
    ):
        assert step in demo.output
    assert demo.facts["temporal_ui_url"] in demo.output


def test_doctor_asks_a_running_api_for_its_parts(demo: Launched) -> None:
    parts = ask(demo, "doctor", "--ready", demo.facts["api_url"])
    assert {part["state"] for part in parts} == {"ok"}
    assert {"database", "redis", "temporal"} <= {part["name"] for part in parts}
    nobody = varlor("doctor", "--ready", f"http://127.0.0.1:{free_port()}")
    assert nobody.returncode == 1
    assert "does not answer" in nobody.stdout


def test_the_link_signs_in_once(demo: Launched) -> None:
    found = re.search(r"(http://127\.0\.0\.1:\d+)/\?code=([\w-]+)", demo.output)
    assert found
    session = f"{found[1]}/api/v2/session"
    first = httpx2.post(session, json={"code": found[2]})
    assert first.status_code == 200
    assert first.json()["tenantId"] == "default"
    assert httpx2.post(session, json={"code": found[2]}).status_code == 401
    fresh = ask(demo, "signin")["link"].rpartition("=")[2]
    assert httpx2.post(session, json={"code": fresh}).status_code == 200


def test_what_was_made_can_be_listed_and_shown(demo: Launched) -> None:
    connector, *_ = ask(demo, "connectors", "list")
    assert connector["name"] == "Sample shop"
    assert ask(demo, "connectors", "show", connector["id"])["hasCredential"]
    assert ask(demo, "connectors", "test", connector["id"], "--path", "/v1/users")["ok"]
    assert ask(demo, "connectors", "discover", connector["id"])["endpoints"]
    run, *_ = ask(demo, "runs", "list", "--connector", connector["id"])
    assert run["status"] == "succeeded"
    assert ask(demo, "runs", "watch", run["id"])["rows"] == run["rows"] > 5000
    assert "runs" not in varlor("runs", "list", "--state-dir", str(demo.state)).stderr


def test_the_dataset_can_be_read_and_exported(demo: Launched, tmp_path: Path) -> None:
    dataset = next(each for each in ask(demo, "datasets", "list") if each["name"] == "Sample orders")
    assert len(ask(demo, "datasets", "rows", dataset["id"], "--limit", "7")["rows"]) == 7
    file = tmp_path / "orders.parquet"
    exported = ask(demo, "datasets", "export", dataset["id"], "--out", str(file))
    assert exported["bytes"] == file.stat().st_size
    assert pq.read_metadata(file).num_rows == dataset["rowCount"]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_the_audit_is_listed_and_holds(demo: Launched) -> None:
    assert ask(demo, "audit", "list")
    assert ask(demo, "audit", "verify") == {"ok": True, "firstBrokenSeq": None}


def test_a_missing_thing_is_one_line(demo: Launched) -> None:
    answer = varlor("runs", "show", "run_none", "--state-dir", str(demo.state))
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "[404]" in answer.stderr


def test_a_one_off_fetch_on_a_running_stack_leaves_only_the_copy(demo: Launched, tmp_path: Path) -> None:
    before = {each["id"] for each in ask(demo, "datasets", "list")}
    out = tmp_path / "users"
    url = f"{demo.facts['sample_url']}/key/v1/users?per_page=500"
    words = ("fetch", url, "--out", str(out), "--auth", "key:header:X-API-Key=env:SAMPLE_KEY")
    fast = ("--requests-per-minute", "6000", "--burst-limit", "100")
    answer = varlor(*words, *fast, "--json", "--state-dir", str(demo.state), SAMPLE_KEY="sample-api-key")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["rows"] == DeltaTable(str(out)).to_pyarrow_table().num_rows > 500
    assert {each["id"] for each in ask(demo, "datasets", "list")} == before


def test_a_one_off_fetch_without_a_stack_starts_its_own(tmp_path: Path) -> None:
    port = free_port()
    sample = subprocess.Popen(
        [sys.executable, "-m", "examples.sample_api", "--port", str(port), "--scale", "0.05"]
    )
    try:
        eventually("the sample API answers", lambda: answers(f"http://127.0.0.1:{port}/v1/users"))
        out = tmp_path / "events"
        words = ("fetch", f"http://127.0.0.1:{port}/v1/events", "--out", str(out), "--format", "csv")
        fast = ("--requests-per-minute", "6000", "--burst-limit", "100")
        answer = varlor(*words, *fast, "--state-dir", str(tmp_path / "none"), timeout=200)
    finally:
        sample.kill()
        sample.wait()
    assert answer.returncode == 0, answer.stderr
    assert len((out / "events.csv").read_text().splitlines()) > 100
    assert not (tmp_path / "none").exists()


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False
