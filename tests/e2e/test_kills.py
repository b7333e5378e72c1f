"""Whatever dies in the middle of a sync, every row is there exactly once in the end."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import redis

from examples.sample_api.data import make_data
from tests.e2e.kit import Api, each_once
from tests.stack.launched import Launched, eventually, is_alive
from varlor.stack.state import StateDir

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

EVENTS = {record["id"] for record in make_data().events.records}
OPEN = 1  # page: what was asked for ahead of it is taken in before the worker ends
SLOW = 0.2  # seconds a page: 120 pages last past the first checkpoint, which is due after 15 s


def kill(part: str) -> Callable[[Launched], None]:
    def act(stack: Launched) -> None:
        os.kill(stack.facts["pids"][part], signal.SIGKILL)

    return act


def flush_redis(stack: Launched) -> None:
    redis.Redis.from_url(redis_url(stack)).flushall()


def redis_url(stack: Launched) -> str:
    state = StateDir(stack.state)
    ports = state.ports()
    assert ports is not None
    return f"redis://:{state.keys().valkey_password}@127.0.0.1:{ports.valkey}/0"


@pytest.fixture
def slow_sample(stack: Launched) -> Iterator[str]:
    """The sample API, each page delayed, so that a sync lasts long enough to be hit in the middle."""
    address = stack.facts["sample_url"]
    rule = {"pathPrefix": "/open/offset/events", "kind": "slow", "delaySeconds": SLOW, "everyNth": 1}
    httpx2.post(f"{address}/_faults", json={"rules": [rule]}).raise_for_status()
    yield address
    httpx2.delete(f"{address}/_faults").raise_for_status()


@pytest.mark.parametrize(
    "blow", [kill("worker"), kill("temporal"), flush_redis], ids=["worker", "temporal", "redis-flushed"]
)
def test_a_blow_in_the_middle_of_a_sync_loses_and_doubles_nothing(
    stack: Launched, api: Api, slow_sample: str, blow: Callable[[Launched], None]
) -> None:
    connector = api.connector(f"{slow_sample}/open")
    run_id, dataset = api.fetch(connector, "/offset/events", name=f"events {id(blow)}", writeMode="append")
    api.until_rows(run_id, 8_000)
    blow(stack)
    httpx2.delete(f"{slow_sample}/_faults").raise_for_status()
    ended = api.until_ended(run_id, seconds=240)
    assert ended["status"] == "succeeded", ended
    assert ended["rows"] == len(EVENTS)
    each_once(api.location(dataset), "id", EVENTS)


def test_a_worker_told_to_stop_hands_over_at_its_open_page(
    stack: Launched, api: Api, slow_sample: str
) -> None:
    connector = api.connector(f"{slow_sample}/open")
    run_id, dataset = api.fetch(connector, "/offset/events", name="handed over", writeMode="append")
    api.until_rows(run_id, 4_000)
    before = stack.facts["pids"]["worker"]
    os.kill(before, signal.SIGTERM)
    eventually("the worker is gone", lambda: not is_alive(before), 30)
    taken_in = api.run(run_id)["rows"]
    assert taken_in >= 4_000  # committed, though no commit was due yet
    ended = api.until_ended(run_id, seconds=240)
    assert (ended["status"], ended["rows"]) == ("succeeded", len(EVENTS)), ended
    each_once(api.location(dataset), "id", EVENTS)
    asked = Counter(entry["url"] for entry in every_request(api, run_id))
    again = sum(times - 1 for times in asked.values())
    assert again <= OPEN, f"{again} pages were asked for again"


def every_request(api: Api, run_id: str) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        found = api.ok("GET", f"/runs/{run_id}/requests?limit=100{cursor}")
        yield from found["items"]
        if not found["nextCursor"]:
            return
        cursor = f"&cursor={found['nextCursor']}"
