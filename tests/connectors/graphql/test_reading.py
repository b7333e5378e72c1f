"""Queries read whole from a real GraphQL server, by every way of paging, resumable at every page."""

from typing import Any

import pytest

from examples.sample_api.data import make_data
from tests.connectors.graphql.conftest import SCALE, GraphQL

DATA = make_data(scale=SCALE)
USERS = [{"id": u["id"], "name": u["name"]} for u in DATA.users.records]
ORDER_IDS = [o["id"] for o in DATA.orders.records]
EVENT_IDS = [e["id"] for e in DATA.events.records]


RELAY = (
    """query ($n: Int, $c: String) {
        users(first: $n, after: $c) { edges { node { id name } } pageInfo { hasNextPage endCursor } }
    }""",
    """query Q { ...all }
    fragment all on Query { users(first: 14) { nodes { ...u } pageInfo { endCursor } } }
    fragment u on User { id name }""",
    "{ users(first: 30) { nodes { id name } pageInfo { hasNextPage endCursor } } }",
    "{ users { edges { node { id name } } } }",
    "{ people: users(first: 7) { rows: edges { cursor it: node { id name } } } }",
    "{ users(first: 25, after: null) { totalCount nodes { id name } } __typename }",
)


@pytest.mark.parametrize("query", RELAY)
async def test_a_relay_connection_is_read_whole(shop: GraphQL, query: str) -> None:
    reading = await shop.read(query)
    assert reading.records == USERS
    assert any("connection" in note for note in reading.notes)


async def test_a_stated_page_size_is_asked_for(shop: GraphQL) -> None:
    reading = await shop.read("{ users { nodes { id name } } }", pagination={"type": "relay", "first": 9})
    assert reading.records == USERS
    assert reading.pages == 5


async def test_a_callers_own_page_size_and_first_cursor_are_kept(shop: GraphQL) -> None:
    query = "query ($n: Int = 8, $c: String) { users(first: $n, after: $c) { nodes { id name } } }"
    assert (await shop.read(query)).pages == 5
    first = await shop.read(query, most_pages=2)
    later = await shop.read(query, variables={"c": first.cursors[1]["at"][0], "n": 20})
    assert later.records == USERS[8:]
    assert later.pages == 2


@pytest.mark.parametrize(
    ("query", "request_", "ids"),
    [
        ("query ($o: Int, $l: Int) { orders(offset: $o, limit: $l) { id } }", {}, ORDER_IDS),
        ("{ orders(offset: 0, limit: 70) { id } }", {}, ORDER_IDS),
        ("{ orders(offset: 150) { id } }", {}, ORDER_IDS[150:]),
        (
            "query ($o: Int, $l: Int) { orders(offset: $o, limit: $l) { id } }",
            {"pagination": {"type": "offset", "offsetParam": "o", "limitParam": "l", "limit": 150}},
            ORDER_IDS,
        ),
        ("query ($p: Int) { events(page: $p, per_page: 90) { id } }", {}, EVENT_IDS),
        ("{ events(page: 3) { id } }", {}, EVENT_IDS[200:]),
        (
            "query ($p: Int, $n: Int) { events(page: $p, per_page: $n) { id } }",
            {"pagination": {"type": "page_number", "pageParam": "p", "sizeParam": "n", "size": 200}},
            EVENT_IDS,
        ),
        ("{ orders(limit: 12) { id } }", {}, ORDER_IDS[:12]),
        ("{ orders(offset: 0, limit: 12) { id } }", {"pagination": {"type": "none"}}, ORDER_IDS[:12]),
        (
            "query ($c: String) { users(after: $c, first: 15) { nodes { id } pageInfo { endCursor } } }",
            {
                "pagination": {
                    "type": "cursor",
                    "cursorPath": "$.data.users.pageInfo.endCursor",
                    "cursorParam": "c",
                }
            },
            [u["id"] for u in USERS],
        ),
    ],
)
async def test_other_ways_of_paging(
    shop: GraphQL, query: str, request_: dict[str, Any], ids: list[int]
) -> None:
    reading = await shop.read(query, **request_)
    assert reading.ids == ids


async def test_what_turns_no_page_is_said(shop: GraphQL) -> None:
    reading = await shop.read("{ orders(limit: 12) { id } }")
    assert any("turns the page" in note for note in reading.notes)


async def test_a_nested_connection_is_read_one_cursor_at_a_time(shop: GraphQL) -> None:
    query = (
        "{ users(first: 8, marketing: true) { nodes { id name orders(first: 2) { nodes { id user_id } "
        "pageInfo { hasNextPage endCursor } } } } }"
    )
    outer = await shop.read(query)
    owners = [u["id"] for u in DATA.users.records if u["marketing"]]
    assert outer.ids == owners
    path = "$.data.users.nodes[*].orders"
    assert any(path in note for note in outer.notes)
    assert any("records have more" in note for note in outer.notes)

    inner = await shop.read(query, pagination={"type": "relay", "connectionPath": path})
    assert sorted(inner.ids) == [o["id"] for o in DATA.orders.records if o["user_id"] in owners]
    assert all(r["_parent"]["id"] == r["user_id"] for r in inner.records)
    assert any("_parent" in note for note in inner.notes)


async def test_a_connection_below_an_object_is_paged(shop: GraphQL) -> None:
    query = "query ($id: Int!) { user(id: $id) { name orders(first: 1) { edges { node { id } } } } }"
    reading = await shop.read(query, variables={"id": 5})
    assert reading.ids == [o["id"] for o in DATA.orders.records if o["user_id"] == 5]


@pytest.mark.parametrize(
    ("query", "records"),
    [
        ("{ __typename }", [{"__typename": "Query"}]),
        ("{ user(id: 3) { id name } }", [USERS[2]]),
        ("{ a: user(id: 1) { id } b: user(id: 2) { id } }", [{"a": {"id": 1}, "b": {"id": 2}}]),
    ],
)
async def test_an_object_is_one_record(shop: GraphQL, query: str, records: list[Any]) -> None:
    assert (await shop.read(query)).records == records


async def test_a_record_path_of_ones_own(shop: GraphQL) -> None:
    reading = await shop.read(
        "{ users(first: 30) { edges { cursor node { id } } } }", record_path="$.data.users.edges"
    )
    assert [r["cursor"] for r in reading.records] == [str(u["id"]) for u in USERS]


async def test_partial_data_is_kept_and_told(shop: GraphQL) -> None:
    reading = await shop.read("{ users(first: 15) { nodes { id credit_score } } }")
    assert len(reading.records) == len(USERS)
    assert [r["id"] for r in reading.records if r["credit_score"] is None] == [20, 40]
    assert "Partial data: users.nodes.*.credit_score failed (FORBIDDEN)." in reading.notes
    assert "The server reported 2 errors beside its data." in reading.notes
