"""A sync that outlives its token several times over meets no refusal and loses no row."""

import os
import signal
from collections.abc import Iterator

import httpx2
import pytest

from examples.sample_api.data import make_data
from tests.e2e.grants import Consents
from tests.e2e.kit import Api, each_once
from tests.stack.launched import Launched

pytestmark = [pytest.mark.stack, pytest.mark.timeout(200)]

EVENTS = {record["id"] for record in make_data().events.records}
LIFE = 10  # seconds; renewed after five to eight of them
SLOW = 0.2  # seconds a page: 120 pages, one after the other by their cursor, last well beyond two lives


@pytest.fixture
def consents(stack: Launched) -> Iterator[Consents]:
    """The sample server with short tokens, and each page of events delayed."""
    address = stack.facts["sample_url"]
    rule = {"pathPrefix": "/oauth2/cursor/events", "kind": "slow", "delaySeconds": SLOW, "everyNth": 1}
    httpx2.post(f"{address}/_faults", json={"rules": [rule]}).raise_for_status()
    given = Consents(address)
    given.live(LIFE)
    yield given
    httpx2.delete(f"{address}/_faults").raise_for_status()


@pytest.mark.parametrize("killed", [None, "valkey"])
def test_a_sync_longer_than_its_tokens_sees_no_401_and_loses_no_row(
    stack: Launched, api: Api, consents: Consents, killed: str | None
) -> None:
    consents.steer("DELETE", "/stats")
    client = f"long-sync-{killed}"
    first = consents.give(client)
    settings = consents.config(client, first["refresh_token"])
    connector = api.connector(f"{consents.address}/oauth2", **settings)
    run_id, dataset = api.fetch(connector, "/cursor/events", name=client, writeMode="append")
    if killed is not None:
        api.until_rows(run_id, 4_000)
        os.kill(stack.facts["pids"][killed], signal.SIGKILL)
    ended = api.until_ended(run_id)
    assert ended["status"] == "succeeded", ended
    each_once(api.location(dataset), "id", EVENTS)
    stats = consents.stats()
    assert stats["resource"].keys() == {"ok"}, stats["resource"]
    if killed is None:  # else the page under way was asked for again
        assert ended["requests"] == ended["pages"]
    assert 3 <= stats["refreshes"][client] <= 12
    assert stats["reuseDetections"] == 0
