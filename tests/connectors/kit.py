"""What it takes to read a listening API in a test."""

import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn

from tests.connectors.odd_api import OddApi
from varlor.connectors import APIConnectorService
from varlor.contracts.check import Discovery
from varlor.contracts.connector import Connector, RateLimitConfig, Secrets
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.incremental import CursorValue
from varlor.contracts.run import RequestLogEntry
from varlor.errors import SourceError
from varlor.ports import (
    AuthParts,
    Cursor,
    PageFacts,
    Parents,
    RateUsage,
    ReadJob,
    RequestAuth,
    WaitRequiredError,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FixedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class FreeWindow:
    """A window that grants everything, and remembers what it was told to block."""

    waits: list[float] = field(default_factory=list[float])
    blocked: list[float] = field(default_factory=list[float])

    async def acquire(
        self, tenant: str, connector: str, limit: RateLimitConfig, *, run: str | None = None
    ) -> float:
        return self.waits.pop(0) if self.waits else 0.0

    async def acquire_now(
        self, tenant: str, connector: str, limit: RateLimitConfig, most: int, *, run: str | None = None
    ) -> int:
        return 0 if self.waits else most

    async def block(self, tenant: str, connector: str, seconds: float) -> None:
        self.blocked.append(seconds)

    async def set_run_rate(self, tenant: str, run: str, requests_per_minute: int | None) -> None:
        raise NotImplementedError

    async def usage(self, tenant: str, connector: str, limit: RateLimitConfig) -> RateUsage:
        raise NotImplementedError


class NoDiscoverer:
    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery:
        raise NotImplementedError


def serve(app: Any) -> Iterator[str]:
    """Run an ASGI application on a port of its own in a thread; yields its base URL."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def connector(base_url: str, **settings: Any) -> Connector:
    return Connector(
        id="c1",
        name="Odd",
        base_url=base_url,
        status="connected",
        has_credential=True,
        created_at=NOW,
        updated_at=NOW,
        **settings,
    )


@dataclass
class Reading:
    """What a run got: its records in order, its log, its notes, its cursors."""

    records: list[Any] = field(default_factory=list[Any])
    log: list[RequestLogEntry] = field(default_factory=list[RequestLogEntry])
    notes: list[str] = field(default_factory=list[str])
    cursors: list[Cursor] = field(default_factory=list[Cursor])
    pages: int = 0

    @property
    def ids(self) -> list[Any]:
        return [record["id"] for record in self.records]


def records_of(body: bytes, record_path: str) -> list[Any]:
    """As the datasets room reads a page: plain names down to a list."""
    found = json.loads(body)
    for key in record_path.split(".")[1:]:
        found = found[key]
    assert isinstance(found, list)
    return found


@dataclass
class Renewable:
    """A credential that has a newer self for so many refusals."""

    now: AuthParts
    renewals: int

    async def parts(self) -> AuthParts:
        return self.now

    async def refused(self) -> bool:
        self.renewals -= 1
        return self.renewals >= 0


def saved(cursor: Cursor) -> Cursor:
    """As it comes back from the dataset's log."""
    loaded: Cursor = json.loads(json.dumps(cursor))
    return loaded


@dataclass
class Reader:
    """Reads a whole run.

    `hops` makes a new reader for every page, from a cursor that went through JSON; `patient` tries again
    where a worker would; `begin` goes on at a cursor.
    """

    service: APIConnectorService
    url: str
    api: OddApi = field(default_factory=OddApi)
    secrets: Secrets = field(default_factory=Secrets)
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    most_pages: int = 400
    renewals: int = 0  # how often a refused credential has a newer self

    async def read(
        self,
        path: str,
        *,
        hops: bool = False,
        discovery: Discovery | None = None,
        into: Reading | None = None,
        patient: bool = False,
        begin: Cursor | None = None,
        parents: Callable[[int | None], Awaitable[Parents]] | None = None,
        since: CursorValue | None = None,
        **request: Any,
    ) -> Reading:
        reading = into or Reading()
        place = {} if {"endpoint_id", "asyncExport"} & request.keys() else {"path": path}
        fetch = FetchRequest.model_validate({**place, "dataset": {"name": "d"}, **request})
        target = connector(self.url, **self.settings)
        auth: RequestAuth = self.service.auth(target, self.secrets)
        if self.renewals:
            auth = Renewable(await auth.parts(), self.renewals)
        log, note = reading.log.append, reading.notes.append
        job = ReadJob("t1", "r1", target, auth, fetch, log, note, parents=parents, since=since)
        reader = await self.service.reader(job, discovery)
        cursor: Cursor | None = begin or reader.start()
        attempt = 1
        while cursor is not None and reading.pages < self.most_pages:
            cursor = saved(cursor)
            reading.cursors.append(cursor)
            if hops:
                reader = await self.service.reader(job, None if "path" in place else discovery)
            try:
                page = await reader.fetch(cursor, attempt=attempt)
            except (WaitRequiredError, SourceError) as error:
                attempt += isinstance(error, SourceError)
                if patient and (isinstance(error, WaitRequiredError) or error.retryable) and attempt < 9:
                    continue
                raise
            attempt = 1
            records = records_of(page.body, page.record_path)
            assert reader.position(cursor)
            reading.records += records
            reading.pages += 1
            cursor = reader.advance(cursor, page, PageFacts(len(records)))
        assert cursor is None, "the reading did not end"
        return reading
