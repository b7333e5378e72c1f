"""A real third-party API, in each shape of its answers: every row exactly once with pagination `auto`."""

import pytest

from tests.connectors.kit import Reader
from tests.third_party import ROWS, SHAPES, datasette, row
from varlor.connectors import APIConnectorService

__all__ = ["datasette"]  # the fixture


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_row_exactly_once(service: APIConnectorService, datasette: str, shape: str) -> None:
    reading = await Reader(service, datasette).read(f"/db/big.json{shape}", hops=True)
    got = [(r["a"], r["b"], r["t"], r["v"]) for r in reading.records]
    assert len(got) == ROWS
    assert sorted(got, key=str) == sorted(map(row, range(ROWS)), key=str)
    assert any("Link header" in note for note in reading.notes)


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_table_of_one_page(service: APIConnectorService, datasette: str, shape: str) -> None:
    reading = await Reader(service, datasette).read(f"/db/small.json{shape}")
    assert [(r["id"], r["name"]) for r in reading.records] == [(i, f"n{i}") for i in range(40)]


@pytest.mark.parametrize("shape", SHAPES[:4])
async def test_an_empty_table(service: APIConnectorService, datasette: str, shape: str) -> None:
    assert (await Reader(service, datasette).read(f"/db/empty.json{shape}")).records == []


async def test_a_view_without_a_key(service: APIConnectorService, datasette: str) -> None:
    reading = await Reader(service, datasette).read("/db/seen.json?_size=max")
    assert len(reading.records) == 300


async def test_its_token_alone_is_enough(service: APIConnectorService, datasette: str) -> None:
    cursor = {"type": "cursor", "cursorPath": "$.next", "cursorParam": "_next"}
    reading = await Reader(service, datasette).read("/db/big.json", params={"_size": 1000}, pagination=cursor)
    assert len({(r["a"], r["b"]) for r in reading.records}) == len(reading.records) == ROWS
