"""A sync that outlives its token several times over meets no refusal and loses no row."""

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


def test_a_sync_longer_than_its_tokens_sees_no_401_and_loses_no_row(api: Api, consents: Consents) -> None:
    first = consents.give("long-sync")
    settings = consents.config("long-sync", first["refresh_token"])
    connector = api.connector(f"{consents.address}/oauth2", **settings)
    run_id, dataset = api.fetch(connector, "/cursor/events", name="long sync", writeMode="append")
    ended = api.until_ended(run_id)
    assert ended["status"] == "succeeded", ended
    each_once(api.location(dataset), "id", EVENTS)
    stats = consents.stats()
    assert stats["resource"].keys() == {"ok"}, stats["resource"]
    assert ended["requests"] == ended["pages"]
    assert 3 <= stats["refreshes"]["long-sync"] <= 12
    assert stats["reuseDetections"] == 0
