"""Stop, cancel and throttle while several pages are under way: every row once, and little asked for twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from deltalake import DeltaTable

from activities import chunk
from activities.chunk import Chunk
from activities.journal import Journal, Tally
from tests.connectors.kit import FixedClock, FreeWindow, NoDiscoverer, connector, serve
from tests.connectors.odd_api import OddApi
from varlor.connectors import APIConnectorService, sending
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.connector import Secrets
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.messages import ChunkResult
from varlor.contracts.run import Counters, RequestLogEntry, Run
from varlor.datasets import DeltaDatasets
from varlor.errors import SourceError
from varlor.ports import LandingTarget, ReadJob

ROWS = 400
REQUEST: dict[str, Any] = {
    "path": f"/offset?n={ROWS}&total=true",
    "dataset": {"name": "d"},
    "pagination": {"type": "offset", "limit": 10, "totalPath": "$.total"},
}
FAST = {"rate_limit_config": {"requestsPerMinute": 60_000, "burstLimit": 1_000}}


class Sync:
    """One run, chunk after chunk, over a real API into a real table."""

    def __init__(
        self, service: APIConnectorService, url: str, folder: Path, run: str = "run_1", **request: Any
    ) -> None:
        self._service = service
        self._connector = connector(url, **FAST)
        self._request = FetchRequest.model_validate({**REQUEST, **request})
        self._datasets = DeltaDatasets(str(folder), {})
        self.target = LandingTarget(self._datasets.location("t", "d"), run, "append")
        self.notes: list[str] = []
        self.tally = Tally()

    async def chunk(self, stop: asyncio.Event, after: int | None = None) -> ChunkResult:
        """Read one chunk; asked to stop once `after` of its requests have been answered."""
        landing = await self._datasets.open(self.target)
        counters = landing.state.counters if landing.state else Counters()
        tally = self.tally = Tally.after(counters)

        def log(_: RequestLogEntry) -> None:
            tally.requests += 1
            if after is not None and tally.requests - counters.requests >= after:
                stop.set()

        auth = self._service.auth(self._connector, Secrets())
        job = ReadJob("t", self.target.run_id, self._connector, auth, self._request, log, self.notes.append)
        reader = await self._service.reader(job, None)
        run = cast("Run", SimpleNamespace(request=self._request))
        try:
            return await Chunk(run, reader, landing, _silent(self.notes), tally, stop, 0).read()
        finally:
            await reader.close()

    def ids(self) -> list[int]:
        return sorted(DeltaTable(self.target.location).to_pyarrow_table(columns=["id"])["id"].to_pylist())


def _silent(notes: list[str]) -> Journal:
    async def nothing(*_: object) -> None: ...

    plain = SimpleNamespace(tick=nothing, committed=nothing, note=notes.append, blame=lambda _: None)
    return cast("Journal", plain)


@pytest.fixture
def api() -> OddApi:
    made = OddApi()
    made.delay = 0.01
    return made


@pytest.fixture
def url(api: OddApi) -> Iterator[str]:
    yield from serve(api)


@pytest.fixture
async def service() -> AsyncIterator[APIConnectorService]:
    client = GuardedClient(EgressPolicy(allow=["127.0.0.1"]))
    yield APIConnectorService(client, FreeWindow(), NoDiscoverer(), FixedClock())
    await client.aclose()


async def test_a_stop_takes_in_what_was_asked_for_and_asks_for_nothing_twice(
    service: APIConnectorService, url: str, api: OddApi, tmp_path: Path
) -> None:
    sync, stops = Sync(service, url, tmp_path), 0
    while not (await sync.chunk(asyncio.Event(), after=5)).done:
        stops += 1
    assert sync.ids() == list(range(ROWS))
    assert stops >= 2
    assert len(api.seen) == ROWS // 10
    assert api.most_at_once > 1


async def test_a_stop_does_not_wait_for_pages_that_take_long(
    service: APIConnectorService, url: str, api: OddApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk, "WIND_DOWN_SECONDS", 0.0)
    sync, stops = Sync(service, url, tmp_path), 0
    while not (await sync.chunk(asyncio.Event(), after=5)).done:
        stops += 1
    assert sync.ids() == list(range(ROWS))
    assert stops >= 6
    assert len(api.seen) <= ROWS // 10 + 16 * stops


async def test_a_page_that_fails_after_a_stop_is_left_to_the_next_chunk(
    service: APIConnectorService, url: str, api: OddApi, tmp_path: Path
) -> None:
    sync = Sync(service, url, tmp_path)
    api.failing = {9: 500, 10: 500, 11: 500}
    first = await sync.chunk(asyncio.Event(), after=6)
    assert not first.done
    assert (await sync.chunk(asyncio.Event())).done
    assert sync.ids() == list(range(ROWS))


async def test_a_cancel_at_any_moment_loses_and_doubles_nothing(
    service: APIConnectorService, url: str, api: OddApi, tmp_path: Path
) -> None:
    sync, done, moment = Sync(service, url, tmp_path), False, 0.02
    while not done:
        reading = asyncio.create_task(sync.chunk(asyncio.Event()))
        await asyncio.wait({reading}, timeout=moment)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            done = (await reading).done
        moment *= 1.3  # so that it ends on a slow machine too
    assert sync.ids() == list(range(ROWS))


async def test_runs_with_large_pages_take_turns(
    service: APIConnectorService, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LARGE", 100)
    syncs = [Sync(service, url, tmp_path / run, run) for run in ("run_1", "run_2", "run_3")]
    async with asyncio.timeout(60):
        ended = await asyncio.gather(*(sync.chunk(asyncio.Event()) for sync in syncs))
    assert all(chunk.done for chunk in ended)
    assert all(sync.ids() == list(range(ROWS)) for sync in syncs)


async def test_a_429_among_pages_under_way_is_waited_out_by_the_workflow(
    service: APIConnectorService, url: str, api: OddApi, tmp_path: Path
) -> None:
    sync = Sync(service, url, tmp_path)
    api.failing = {15: 429}
    api.retry_after = 60
    first = await sync.chunk(asyncio.Event())
    assert (first.wait_reason, first.wait_seconds) == ("throttled", 60)
    assert 0 < first.counters.pages < ROWS // 10
    assert (await sync.chunk(asyncio.Event())).done
    assert sync.ids() == list(range(ROWS))


async def test_requests_that_fail_count_towards_the_most_requests(
    service: APIConnectorService, url: str, api: OddApi, tmp_path: Path
) -> None:
    sync = Sync(service, url, tmp_path, limits={"maxRequests": 5})
    api.failing = {3: 503, 4: 503, 5: 503, 6: 503}
    with pytest.raises(SourceError):
        await sync.chunk(asyncio.Event())
    assert len(api.seen) == 5
    assert any("maxRequests" in note for note in sync.notes)
