"""A page number in a schema or a query does not say where counting begins; every record comes once anyway."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.connectors.graphql.conftest import FreeWindow, GraphQL
from tests.connectors.kit import serve
from varlor.connectors import APIConnectorService
from varlor.contracts.check import Discovery

QUERY = "query ($p: Int, $n: Int) { things(page: $p, perPage: $n) { id seen } }"
SIZE = 10


@dataclass
class Things:
    """Counts its pages from `first`; `before` it page 0 is refused, empty, or the first page again."""

    first: int = 0
    before: str = "empty"
    total: int = 0
    asked: list[int] = field(default_factory=list[int])

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        number = json.loads(body)["variables"]["p"]
        self.asked.append(number)
        if number < self.first and self.before == "refused":
            answer: dict[str, Any] = {"errors": [{"message": "OFFSET must not be negative"}], "data": None}
        else:
            number = max(number, self.first) if self.before == "again" else number
            start = (number - self.first) * SIZE
            ids = range(self.total)[start : start + SIZE] if start >= 0 else []
            answer = {"data": {"things": [{"id": n, "seen": len(self.asked)} for n in ids]}}
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


@pytest.fixture(scope="module")
def things() -> Things:
    return Things()


@pytest.fixture(scope="module")
def url(things: Things) -> Iterator[str]:
    yield from serve(things)


@pytest.mark.parametrize("total", [0, 1, SIZE, 3 * SIZE, 3 * SIZE + 4])
@pytest.mark.parametrize(("first", "before"), [(0, ""), (1, "empty"), (1, "again"), (1, "refused")])
async def test_every_record_once(
    service: APIConnectorService,
    window: FreeWindow,
    things: Things,
    url: str,
    total: int,
    first: int,
    before: str,
) -> None:
    things.first, things.before, things.total, things.asked = first, before, total, []
    reading = await GraphQL(service, window, url).read(QUERY)
    assert reading.ids == list(range(total))
    assert len(things.asked) <= total // SIZE + 3


@pytest.mark.parametrize(("default", "asked"), [(None, 0), ("0", 0), ("1", 1)])
async def test_a_default_of_the_schema_says_where_counting_begins(
    service: APIConnectorService,
    window: FreeWindow,
    things: Things,
    url: str,
    default: str | None,
    asked: int,
) -> None:
    things.first, things.total, things.asked = int(default or 0), 2 * SIZE + 1, []
    config = {"type": "page_number", "pageParam": "p", "start": int(default or 1)}
    endpoint = {
        "id": "query.things",
        "method": "POST",
        "path": "things",
        "query": QUERY,
        "pagination": config,
        "parameters": [{"name": "p", "location": "variable", "default": default}],
    }
    discovery = Discovery.model_validate(
        {
            "source": "graphql",
            "endpoints": [endpoint],
            "fetchedAt": "2026-01-01T00:00:00Z",
            "expiresAt": "2026-01-02T00:00:00Z",
        }
    )
    reading = await GraphQL(service, window, url).read(endpoint_id="query.things", discovery=discovery)
    assert reading.ids == list(range(2 * SIZE + 1))
    assert things.asked[0] == asked
