"""A stack that is stopped in the middle of a sync goes on with it at its next start."""

import os
import signal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.stack.launched import FREE_PORTS, Launched, eventually
from varlor.cli.access import own_token

pytestmark = pytest.mark.stack
PAGES = 80


def client(launched: Launched) -> httpx2.Client:
    token = own_token(launched.state)
    url = f"{launched.facts['api_url']}/api/v2"
    return httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def start_slow_sync(api: httpx2.Client, sample_url: str) -> dict[str, Any]:
    """Three pages a second, so that there is time to interrupt it."""
    connector = {
        "name": "Slow",
        "baseUrl": f"{sample_url}/open",
        "rateLimitConfig": {"requestsPerMinute": 6000, "burstLimit": 3},
    }
    connector_id = api.post("/connectors", json=connector).raise_for_status().json()["id"]
    request = {"path": "/v1/orders", "dataset": {"name": "orders"}, "limits": {"maxPages": PAGES}}
    return api.post(f"/connectors/{connector_id}/fetch", json=request).raise_for_status().json()


def pages_of(api: httpx2.Client, run_id: str) -> int:
    """Read so far, committed or not yet."""
    run = api.get(f"/runs/{run_id}").raise_for_status().json()
    return run["pages"] + (run.get("pendingPages") or 0)


@pytest.mark.timeout(540)  # three deaths, each with its time until the work is taken up again
def test_a_running_sync_survives_kills_and_a_restart(tmp_path: Path) -> None:
    first = Launched(tmp_path / "state", "up", *FREE_PORTS)
    second = None
    try:
        first.until_ready()
        with client(first) as api:
            accepted = start_slow_sync(api, first.facts["sample_url"])
            run_id = accepted["runId"]
            eventually("the sync has begun", lambda: pages_of(api, run_id) > 3)
            for part in ("worker", "temporal"):
                os.kill(first.facts["pids"][part], signal.SIGKILL)
                first.until_said(f"{part} is back")
                before = pages_of(api, run_id)
                eventually(f"the sync goes on after the {part}", lambda: pages_of(api, run_id) > before, 150)  # noqa: B023 - asked within this turn
        first.stop()

        second = Launched(tmp_path / "state", "up").until_ready()
        with client(second) as api:
            run = eventually(
                "the sync ends",
                lambda: (found := api.get(f"/runs/{run_id}").json())["finishedAt"] and found,
                150,
            )
            assert run["status"] == "succeeded", run
            answer = api.get(f"/datasets/{accepted['datasetId']}/export", params={"format": "jsonl"})
        ids = [line.split(b",", 1)[0] for line in answer.content.splitlines()]
        assert len(ids) == len(set(ids)) == PAGES * 100
    finally:
        for launched in filter(None, (first, second)):
            launched.end()
