"""A user who gives base URL and path gets every record once, from lists as well-known APIs hand them out."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.connectors.kit import Reader, serve
from tests.connectors.odd_api import Answer, OddApi, Query, Send
from tests.connectors.shapes_of_apis import PAGE, SHAPES, Asked
from varlor.connectors import APIConnectorService


class Lists(OddApi):
    """One shape at a time, wherever it is asked for."""

    name = ""
    total = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        self.path = scope["path"]
        await super().__call__({**scope, "path": "/list"}, receive, send)

    def list(self, query: Query, headers: dict[str, str], body: bytes) -> Answer:
        sent = {**query, **(json.loads(body) if body else {})}
        if not self.path.startswith(SHAPES[self.name].path.partition("?")[0]):
            return Answer({"detail": "no such path"}, 404)
        return SHAPES[self.name].page(Asked(self.total, self.path, sent))


@pytest.fixture(scope="module")
def lists() -> Lists:
    return Lists()


@pytest.fixture(scope="module")
def lists_url(lists: Lists) -> Iterator[str]:
    yield from serve(lists)


@pytest.mark.parametrize("total", [0, 1, PAGE, 3 * PAGE, 3 * PAGE + 7])
@pytest.mark.parametrize("name", SHAPES)
async def test_every_record_once(
    service: APIConnectorService, lists: Lists, lists_url: str, name: str, total: int
) -> None:
    shape = SHAPES[name]
    lists.reset()
    lists.name, lists.total = name, total
    path, _, query = shape.path.partition("?")
    request: dict[str, Any] = {"params": dict(parse_qsl(query))}
    if shape.body is not None:
        request |= {"method": "POST", "body": shape.body}
    if shape.pagination:
        request["pagination"] = shape.pagination
    reading = await Reader(service, lists_url, lists).read(path, hops=True, **request)
    assert reading.ids == [f"r{n}" for n in range(total)], reading.notes
