"""`varlor schedules …` against a real API, worker and Temporal server, as a person would use it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import token
from varlor.cli.app import build
from varlor.cli.failures import run

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]
Varlor = Callable[..., Any]


@pytest.fixture
def varlor(
    api_url: str, tenant: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Varlor:
    """A command that must succeed; what it printed, read as JSON where it was asked for JSON."""
    monkeypatch.setenv("VARLOR_API_URL", api_url)
    monkeypatch.setenv("VARLOR_TOKEN", token(tenant, "admin"))

    def call(*words: str) -> Any:
        code = run(build, words)
        said = capsys.readouterr()
        assert code == 0, said.err
        return json.loads(said.out) if "--json" in words else said.out + said.err

    return call


@pytest.fixture
def connector(varlor: Varlor, sample_url: str) -> str:
    made = varlor("connectors", "create", sample_url, "--requests-per-minute", "6000", "--json")
    return made["id"]


def test_a_schedule_from_its_making_to_its_end(varlor: Varlor, connector: str) -> None:
    plan = ("--every", "1h", "--dataset", "users", "--primary-key", "id")
    made = varlor("schedules", "create", connector, "/v1/users", *plan, "--json")
    assert (made["name"], made["every"], len(made["nextRuns"])) == ("/v1/users", 3600, 5)
    assert made["fetch"]["dataset"]["writeMode"] == "merge"
    assert "every 3600 s" in varlor("schedules", "list", "--connector", connector)
    assert "paused" in varlor("schedules", "pause", made["id"], "--note", "moving")
    assert "moving" in varlor("schedules", "show", made["id"])
    assert "next 2" in varlor("schedules", "resume", made["id"])
    varlor("schedules", "trigger", made["id"])
    recent: list[dict[str, Any]] = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        recent = varlor("schedules", "show", made["id"], "--json")["recentRuns"]
        if recent and recent[0]["finishedAt"]:
            break
        time.sleep(0.1)
    assert [each["status"] for each in recent] == ["succeeded"]
    varlor("schedules", "delete", made["id"], "--yes")
    assert varlor("schedules", "list", "--json") == []


def test_a_whole_fetch_request_comes_from_a_file(varlor: Varlor, connector: str, tmp_path: Path) -> None:
    request = {"path": "/v1/users", "params": {"limit": 5}, "dataset": {"name": "few"}}
    file = tmp_path / "fetch.json"
    file.write_text(json.dumps(request))
    plan = ("--cron", "0 6 * * 1-5", "--time-zone", "Europe/Berlin", "--paused")
    made = varlor("schedules", "create", connector, "--fetch", str(file), *plan, "--json")
    assert (made["fetch"]["params"], made["cron"], made["paused"]) == ({"limit": 5}, "0 6 * * 1-5", True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("/v1/users", "--every", "1h"), "--dataset"),
        (("--every", "1h"), "--fetch"),
        (("/v1/users", "--dataset", "x", "--every", "soon"), "/every"),
        (("/v1/users", "--dataset", "x"), "either cron or every"),
    ],
)
def test_what_cannot_be_is_said_in_words(
    varlor: Varlor, connector: str, words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(build, ("schedules", "create", connector, *words)) in {1, 2}
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said
