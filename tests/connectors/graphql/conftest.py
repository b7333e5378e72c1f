"""A real GraphQL server with seeded records, and one that says whatever a test puts on its tongue."""

import json
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from examples.sample_api import create_app
from tests.connectors.kit import (
    FixedClock,
    FreeWindow,
    NoDiscoverer,
    Reading,
    connector,
    records_of,
    saved,
    serve,
)
from varlor.connectors import APIConnectorService
from varlor.connectors.graphql import GraphQLDiscoverer
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.contracts.check import Discovery
from varlor.contracts.connector import Secrets
from varlor.contracts.fetch import FetchRequest
from varlor.errors import SourceError
from varlor.ports import Cursor, PageFacts, ReadJob, RequestAuth

NO_ROOTS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing here speaks TLS, and loading roots takes time
SCALE = 0.02  # 40 users, 160 orders, 240 events


@dataclass
class Asked:
    """A query as it arrived."""

    query: str
    variables: dict[str, Any]
    headers: dict[str, str]


@dataclass
class Hostile:
    """An ASGI application that answers each POST with the next of `answers`, the last one for ever."""

    answers: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    asked: list[Asked] = field(default_factory=list[Asked])

    def say(self, *bodies: Any, status: int = 200) -> None:
        self.answers = [(status, b if isinstance(b, bytes) else json.dumps(b).encode()) for b in bodies]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), bool(message.get("more_body"))
        sent = json.loads(body or b"{}")
        headers = {k.decode(): v.decode("latin-1") for k, v in scope["headers"]}
        self.asked.append(Asked(sent.get("query", ""), sent.get("variables", {}), headers))
        status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": answer})


@dataclass
class GraphQL:
    """Reads whole runs, each page by a reader of its own from a cursor that went through JSON."""

    service: APIConnectorService
    window: FreeWindow
    url: str
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    secrets: Secrets = field(default_factory=Secrets)
    auth: RequestAuth | None = None

    async def read(
        self,
        query: str | None = None,
        *,
        most_pages: int = 500,
        tries: int = 1,
        discovery: Discovery | None = None,
        **request: Any,
    ) -> Reading:
        """`tries` at each page, as a worker has them."""
        reading = Reading()
        place = {"query": query} if query is not None else {}
        fetch = FetchRequest.model_validate({**place, "dataset": {"name": "d"}, **request})
        target = connector(self.url, api_type="graphql", **self.settings)
        auth = self.auth or self.service.auth(target, self.secrets)
        job = ReadJob("t1", "r1", target, auth, fetch, reading.log.append, reading.notes.append)
        cursor: Cursor | None = (await self.service.reader(job, discovery)).start()
        attempt = 1
        while cursor is not None and reading.pages < most_pages:
            cursor = saved(cursor)
            reading.cursors.append(cursor)
            reader = await self.service.reader(job, discovery)
            assert reader.position(cursor)
            try:
                page = await reader.fetch(cursor, attempt=attempt)
            except SourceError as error:
                attempt += 1
                if error.retryable and attempt <= tries:
                    continue
                raise
            attempt = 1
            records = records_of(page.body, page.record_path)
            assert records == _in(page.document(), page.record_path)
            reading.records += records
            reading.pages += 1
            cursor = reader.advance(cursor, page, PageFacts(len(records)))
        return reading


def _in(document: Any, record_path: str) -> Any:
    for key in record_path.split(".")[1:]:
        document = document[key]
    return document


@pytest.fixture(scope="session")
def shop_url() -> Iterator[str]:
    yield from serve(create_app(scale=SCALE))


@pytest.fixture
async def graphql(window: FreeWindow) -> AsyncIterator[GraphQL]:
    client = GuardedClient(EgressPolicy(allow=["127.0.0.1"]), verify=NO_ROOTS)
    clock = FixedClock()
    service = APIConnectorService(
        client, window, GraphQLDiscoverer(client, window, clock, NoDiscoverer()), clock
    )
    yield GraphQL(service, window, "")
    await client.aclose()


@pytest.fixture
async def shop(graphql: GraphQL, shop_url: str) -> AsyncIterator[GraphQL]:
    graphql.url = f"{shop_url}/graphql"
    yield graphql
    await steer(graphql)


async def steer(shop: GraphQL, **rules: Any) -> None:
    """Set the sample server's mood."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{'/'.join(shop.url.split('/')[:3])}/_graphql", json=rules)
        assert answer.status_code == 200


@pytest.fixture(scope="session")
def _hostile() -> Iterator[tuple[Hostile, str]]:
    app = Hostile()
    for url in serve(app):
        yield app, url


@pytest.fixture
def hostile(graphql: GraphQL, _hostile: tuple[Hostile, str]) -> tuple[Hostile, GraphQL]:
    app, graphql.url = _hostile
    app.asked.clear()
    return app, graphql
