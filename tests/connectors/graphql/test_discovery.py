"""What a schema offers becomes endpoints whose queries the server itself takes, and a run reads whole."""

from typing import Any

import pytest

from examples.sample_api.data import make_data
from tests.connectors.graphql.conftest import SCALE, GraphQL, Hostile, steer
from tests.connectors.kit import connector
from varlor.connectors.graphql.document import read_query
from varlor.contracts.check import Discovery
from varlor.errors import SourceError

DATA = make_data(scale=SCALE)


async def discover(graphql: GraphQL) -> Discovery:
    target = connector(graphql.url, api_type="graphql")
    return await graphql.service.discover("t1", target, graphql.service.auth(target, graphql.secrets))


def one_line(query: str) -> str:
    return " ".join(query.split())


async def test_every_list_and_connection_becomes_an_endpoint(shop: GraphQL) -> None:
    found = await discover(shop)
    assert found.source == "graphql"
    assert (found.expires_at - found.fetched_at).total_seconds() == 3600
    endpoints = {endpoint.path: endpoint for endpoint in found.endpoints}
    assert set(endpoints) == {"users", "orders", "events"}
    users = endpoints["users"]
    assert users.summary == "Everybody who ever signed up"
    assert users.primary_key == ["id"]
    assert users.record_path == "$.data.users.nodes"
    assert [(p.name, p.type, p.required, p.default) for p in users.parameters] == [
        ("first", "Int", False, "50"),
        ("after", "String", False, None),
        ("marketing", "Boolean", False, None),
    ]
    assert users.query is not None
    assert "\n  users(first: $first" in users.query, "laid out to be edited"
    assert "address { street city postal_code country }" in one_line(users.query)
    assert "orders" not in users.query, "pages of other records are no part of a record"
    assert "lines { sku name quantity unit_price }" in one_line(endpoints["orders"].query or "")
    kinds = {e.path: e.pagination.type for e in found.endpoints if e.pagination}
    assert kinds == {"users": "relay", "orders": "offset", "events": "page_number"}


@pytest.mark.parametrize("name", ["users", "orders", "events"])
async def test_a_discovered_endpoint_is_read_whole(shop: GraphQL, name: str) -> None:
    found = await discover(shop)
    reading = await shop.read(endpoint_id=f"query.{name}", discovery=found)
    records = getattr(DATA, name).records
    assert reading.ids == [record["id"] for record in records]
    assert reading.pages <= len(records) // 100 + 2
    shared = records[0].keys() & reading.records[0].keys()
    assert {key: reading.records[0][key] for key in shared} == {key: records[0][key] for key in shared}


async def test_a_discovered_query_can_be_narrowed_by_its_variables(shop: GraphQL) -> None:
    found = await discover(shop)
    reading = await shop.read(
        endpoint_id="query.users", discovery=found, variables={"marketing": True, "first": 7}
    )
    assert reading.ids == [u["id"] for u in DATA.users.records if u["marketing"]]


async def test_where_introspection_is_off_own_queries_work(shop: GraphQL) -> None:
    await steer(shop, introspection=False)
    found = await discover(shop)
    assert (found.source, found.endpoints) == ("none", [])
    assert "introspection" in found.notes[0]
    assert "Queries of your own work" in found.notes[1]
    assert len((await shop.read("{ users { nodes { id } edges { cursor node { id } } } }")).records) == 40


async def test_what_is_no_graphql_is_told(hostile: tuple[Hostile, GraphQL]) -> None:
    app, graphql = hostile
    app.say({"hello": "world"})
    found = await discover(graphql)
    assert found.source == "none"
    assert "neither data nor errors" in found.notes[0]
    assert "not answered either" in found.notes[1]
    app.say(b"oh no", status=503)
    with pytest.raises(SourceError, match="failed"):
        await discover(graphql)


def ref(*wrappings: str, name: str = "T", kind: str = "OBJECT") -> dict[str, Any]:
    made: dict[str, Any] = {"kind": kind, "name": name, "ofType": None}
    for wrapping in reversed(wrappings):
        made = {"kind": wrapping, "name": None, "ofType": made}
    return made


def of(name: str, kind: dict[str, Any], *arguments: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "description": None, "args": list(arguments), "type": kind}


def argument(name: str, kind: dict[str, Any], default: str | None = None) -> dict[str, Any]:
    return {"name": name, "description": None, "defaultValue": default, "type": kind}


INT = ref(name="Int", kind="SCALAR")
NEEDED = ref("NON_NULL", name="In", kind="INPUT_OBJECT")


def schema(*types: Any, root: Any = "Query") -> dict[str, Any]:
    return {"data": {"__schema": {"queryType": {"name": root}, "types": list(types)}}}


def of_type(name: str, *fields: Any, kind: str = "OBJECT", members: Any = None) -> dict[str, Any]:
    return {"kind": kind, "name": name, "fields": list(fields), "possibleTypes": members}


HUGE = [of_type("Query", *(of(f"f{n}", ref("LIST", name=f"T{n}")) for n in range(1200)))] + [
    of_type(f"T{n}", *(of(f"a{m}", INT) for m in range(60))) for n in range(1200)
]
CYCLE = [
    of_type("Query", of("people", ref("LIST", name="Person"))),
    of_type(
        "Person", of("id", INT), of("friend", ref(name="Person")), of("friends", ref("LIST", name="Person"))
    ),
]


@pytest.mark.parametrize(
    ("types", "queries"),
    [
        ([], []),
        ([None, 7, "x", {}, {"name": "Query"}], []),
        ([of_type("Query", None, {"name": 3}, of("x", {}), of("y", ref(*["LIST"] * 40)))], []),
        (
            [of_type("Query", of("x} mutation { rm", ref("LIST")), of("ok", ref("LIST")))],
            ["{ ok { __typename } }"],
        ),
        (
            [of_type("Query", of("a", ref("LIST"), argument("x: 1) { b } #", INT)))],
            [],
        ),
        (CYCLE, ["{ people { id friend { id } } }"]),
        (
            [
                of_type(
                    "Query", of("a", ref("LIST", name="U"), argument("f", NEEDED), argument("n", INT, "3"))
                ),
                of_type("U", kind="UNION", members=[{"name": "A"}, {"name": "B"}, {"name": "C} x"}]),
                of_type("A", of("id", INT), of("size", INT)),
                of_type("B", of("id", ref("NON_NULL", name="ID", kind="SCALAR")), of("x", INT)),
            ],
            ["($f: In!, $n: Int) { a(f: $f, n: $n) { __typename ... on A { id size } ... on B { x } } }"],
        ),
        (
            [
                of_type("Query", of("found", ref(name="Found"), argument("after", INT))),
                of_type(
                    "Found", of("items", ref("LIST")), of("pageInfo", ref(name="Info")), of("total", INT)
                ),
                of_type("Info", of("hasNextPage", INT), of("endCursor", INT)),
                of_type("T", of("id", INT), of("secret", INT, argument("reason", NEEDED))),
            ],
            [
                "($after: Int) { found(after: $after) { items { id } pageInfo { hasNextPage endCursor } } }",
            ],
        ),
    ],
)
async def test_a_hostile_schema_yields_queries_that_may_be_sent(
    hostile: tuple[Hostile, GraphQL], types: list[Any], queries: list[str]
) -> None:
    app, graphql = hostile
    app.say(schema(*types))
    found = await discover(graphql)
    lines = [one_line(e.query) for e in found.endpoints if e.query]
    assert [
        line.removeprefix(f"query {e.path}").strip() for line, e in zip(lines, found.endpoints, strict=True)
    ] == queries
    for endpoint in found.endpoints:
        assert endpoint.query is not None
        assert len(read_query(endpoint.query).fields) == 1


async def test_a_huge_schema_is_cut(hostile: tuple[Hostile, GraphQL]) -> None:
    app, graphql = hostile
    app.say(schema(*HUGE))
    found = await discover(graphql)
    assert len(found.endpoints) == 1000
    assert sum(len(e.query or "") for e in found.endpoints) <= 4 * 1024 * 1024
    assert any("more lists" in note for note in found.notes)


@pytest.mark.parametrize(
    "raw", [{"data": {"__schema": None}}, {"data": {"__schema": 7}}, {"data": {}}, {"data": []}]
)
async def test_an_empty_schema_is_told(hostile: tuple[Hostile, GraphQL], raw: Any) -> None:
    app, graphql = hostile
    app.say(raw)
    found = await discover(graphql)
    assert found.endpoints == []
    assert found.notes
