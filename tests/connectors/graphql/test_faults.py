"""Errors under status 200, hostile answers, moody servers: a clear error each, or told partial data."""

from typing import Any

import pytest
from pydantic import SecretStr

from tests.connectors.graphql.conftest import GraphQL, Hostile, steer
from tests.connectors.kit import connector
from varlor.contracts.connector import Secrets
from varlor.errors import InvalidInputError, SourceError
from varlor.ports import AuthParts

QUERY = "{ users(first: 2) { nodes { id } pageInfo { hasNextPage endCursor } } }"


def page(ids: list[int], more: Any = False, cursor: Any = None, **beside: Any) -> dict[str, Any]:
    info = {"hasNextPage": more, "endCursor": cursor}
    return {"data": {"users": {"nodes": [{"id": n} for n in ids], "pageInfo": info}}, **beside}


def failed(code: Any = None, data: Any = None, **more: Any) -> dict[str, Any]:
    extensions = {"extensions": {"code": code}} if code is not None else {}
    return {"data": data, "errors": [{"message": "It went wrong.", **extensions, **more}]}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failed("THROTTLED"), "rate_limited"),
        (failed("RATE_LIMITED"), "rate_limited"),
        ({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}, "rate_limited"),
        (failed("UNAUTHENTICATED"), "invalid_credential"),
        (failed("FORBIDDEN"), "forbidden"),
        (failed("NOT_FOUND", data={"users": None}, path=["users"]), "not_found"),
        (failed("INTERNAL_SERVER_ERROR"), "server_error"),
        (failed("GATEWAY_TIMEOUT"), "timeout"),
        (failed("GRAPHQL_VALIDATION_FAILED"), "bad_request"),
        (failed("MAX_COST_EXCEEDED"), "bad_request"),
        (failed(), "bad_request"),
        (failed(path=["users"], data={"users": None}), "server_error"),
        ({"errors": "everything"}, "bad_request"),
        ({"errors": [None, 3]}, "bad_request"),
        ({"data": None}, "bad_records"),
        ({"data": 7}, "bad_records"),
        ({"hello": 1}, "not_json"),
        ([1, 2], "not_json"),
        (b"<html>", "not_json"),
        (b'{"data": {', "truncated"),
        (b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "bad_records"),
        ({"data": {"users": {"nodes": {"id": 1}, "pageInfo": {"hasNextPage": False}}}}, "bad_records"),
        ({"data": {"users": {"nodes": ["a"], "pageInfo": {"hasNextPage": False}}}}, "bad_records"),
        ({"data": {"users": [{"nodes": []}, {"nodes": []}]}}, "bad_records"),
    ],
)
async def test_each_failure_has_its_kind(hostile: tuple[Hostile, GraphQL], answer: Any, kind: str) -> None:
    app, graphql = hostile
    app.say(answer)
    with pytest.raises(SourceError) as failure:
        await graphql.read(QUERY)
    assert failure.value.kind == kind


@pytest.mark.parametrize(
    "answers",
    [
        [page([1], more=True, cursor="a"), page([2], more=True, cursor="a")],
        [page([1], True, "a"), page([2], True, "b"), page([3], True, "a")],
        [page([1], more=True, cursor=None)],
        [page([1], more=None, cursor="a")],
        [page([1], more=True, cursor="x" * 10_000)],
        [page([], True, f"c{n}") for n in range(30)],
    ],
)
async def test_what_would_go_on_for_ever_ends(hostile: tuple[Hostile, GraphQL], answers: list[Any]) -> None:
    app, graphql = hostile
    app.say(*answers)
    with pytest.raises(SourceError) as failure:
        await graphql.read(QUERY)
    assert failure.value.kind == "pagination_stuck"
    assert len(app.asked) < 13


async def test_a_cursor_is_a_value_and_never_a_part_of_the_query(hostile: tuple[Hostile, GraphQL]) -> None:
    app, graphql = hostile
    evil = '") { nodes { id } } } mutation { rm(x: "\n\\'
    app.say(page([1], more=True, cursor=evil), page([2]))
    assert (await graphql.read(QUERY)).ids == [1, 2]
    assert app.asked[1].query.count("mutation") == 1
    assert '\\") { nodes' in app.asked[1].query
    query = "query ($c: String) { users(after: $c) { nodes { id } pageInfo { hasNextPage endCursor } } }"
    app.say(page([1], more=True, cursor=evil), page([2]))
    await graphql.read(query)
    assert app.asked[3].variables == {"c": evil}
    assert app.asked[3].query == query


async def test_a_passing_error_is_tried_again_then_its_data_is_taken(
    hostile: tuple[Hostile, GraphQL],
) -> None:
    app, graphql = hostile
    error = {"message": "late", "path": ["users", "nodes", 0, "x"], "extensions": {"code": "TIMEOUT"}}
    app.say(page([1], errors=[error]))
    reading = await graphql.read(QUERY, tries=3)
    assert (reading.ids, len(app.asked)) == ([1], 3)
    assert reading.notes.count("Partial data: users.nodes.*.x failed (TIMEOUT).") == 1


async def test_records_that_came_as_null_are_left_out_and_counted(hostile: tuple[Hostile, GraphQL]) -> None:
    app, graphql = hostile
    answer = page([1], errors=[{"message": "gone", "path": ["users", "nodes", 1]}])
    answer["data"]["users"]["nodes"].append(None)
    app.say(answer)
    reading = await graphql.read(QUERY)
    assert reading.ids == [1]
    assert "1 records came as null and were left out." in reading.notes


async def test_a_failing_field_is_asked_again_at_a_real_server(shop: GraphQL) -> None:
    await steer(shop, failField="users", failCode="INTERNAL_SERVER_ERROR", failTimes=2)
    assert len((await shop.read(QUERY, tries=4)).records) == 40


async def test_an_empty_bucket_throttles_and_holds_the_window(shop: GraphQL) -> None:
    await steer(shop, bucket=25, restoreRate=0.1)
    reading = await shop.read("{ users(first: 20) { nodes { id } } }", tries=1, most_pages=1)
    assert len(reading.records) == 20
    assert 100 < shop.window.blocked[0] <= 170  # 21 points are wanted, 4 and what came back since are there
    with pytest.raises(SourceError) as failure:
        await shop.read("{ users(first: 20) { nodes { id } } }")
    assert failure.value.kind == "rate_limited"
    assert failure.value.retry_after is not None


@pytest.mark.parametrize(
    ("beside", "wait"),
    [
        ({"extensions": {"cost": {"requestedQueryCost": 100, "throttleStatus":
            {"maximumAvailable": 1000, "currentlyAvailable": 20, "restoreRate": 40}}}}, [2.0]),
        ({"extensions": {"cost": {"requestedQueryCost": 9, "throttleStatus":
            {"maximumAvailable": 1000, "currentlyAvailable": 900, "restoreRate": 50}}}}, []),
        ({"extensions": {"cost": {"requestedQueryCost": 1e9, "throttleStatus":
            {"currentlyAvailable": -1, "restoreRate": 1e-9}}}}, [3600.0]),
        ({"extensions": {"cost": {"requestedQueryCost": 10**400, "throttleStatus":
            {"currentlyAvailable": True, "restoreRate": 0}}}}, []),
        ({"extensions": {"cost": {"throttleStatus": [1]}}}, []),
        ({"extensions": None}, []),
    ],
)  # fmt: skip
async def test_the_price_of_queries_steers_the_window(
    hostile: tuple[Hostile, GraphQL], beside: dict[str, Any], wait: list[float]
) -> None:
    app, graphql = hostile
    app.say(page([1], **beside))
    await graphql.read(QUERY)
    assert graphql.window.blocked == wait


@pytest.mark.parametrize(
    ("limit", "wait"),
    [
        ({"cost": 1, "remaining": 0, "resetAt": "2026-11-23T12:00:30Z"}, [30.0]),
        ({"cost": 5, "remaining": 4, "resetAt": "9999-01-01T00:00:00Z"}, [3600.0]),
        ({"cost": 1, "remaining": 0, "resetAt": "1970-01-01T00:00:00Z"}, []),
        ({"cost": 1, "remaining": 0, "resetAt": "soon"}, []),
        ({"cost": 1, "remaining": 4999, "resetAt": "2026-11-23T12:00:30Z"}, []),
    ],
)
async def test_points_that_are_used_up_hold_the_window(
    hostile: tuple[Hostile, GraphQL], limit: dict[str, Any], wait: list[float]
) -> None:
    app, graphql = hostile
    answer = page([1])
    answer["data"]["rateLimit"] = limit
    app.say(answer)
    await graphql.read(
        "{ users { nodes { id } pageInfo { endCursor } } rateLimit { cost remaining resetAt } }"
    )
    assert graphql.window.blocked == wait


class Renewing:
    def __init__(self) -> None:
        self.token = "old"

    async def parts(self) -> AuthParts:
        return AuthParts(headers={"Authorization": f"Bearer {self.token}"})

    async def refused(self) -> bool:
        before, self.token = self.token, "new"
        return before == "old"


async def test_a_refusal_under_200_is_repeated_with_a_newer_token(hostile: tuple[Hostile, GraphQL]) -> None:
    app, graphql = hostile
    graphql.auth = Renewing()
    app.say(failed("UNAUTHENTICATED"), page([1]))
    assert (await graphql.read(QUERY)).ids == [1]
    assert [a.headers["authorization"] for a in app.asked] == ["Bearer old", "Bearer new"]
    assert "graphql-response+json" in app.asked[0].headers["accept"]


async def test_a_credential_is_taken_and_its_echo_is_masked(hostile: tuple[Hostile, GraphQL]) -> None:
    app, graphql = hostile
    graphql.settings = {"auth_type": "bearer"}
    graphql.secrets = Secrets(bearer_token=SecretStr("canary-token-Zx81"))
    app.say(failed("FORBIDDEN", message="no canary-token-Zx81 here"))
    with pytest.raises(SourceError) as failure:
        await graphql.read(QUERY)
    assert app.asked[0].headers["authorization"] == "Bearer canary-token-Zx81"
    assert "no " in failure.value.detail
    assert "canary" not in failure.value.detail


async def test_the_connection_test_shows_data_errors_and_latency(shop: GraphQL) -> None:
    target = connector(shop.url, api_type="graphql")
    auth = shop.service.auth(target, shop.secrets)
    cheap = await shop.service.check("t1", target, auth, path=None, seconds=20)
    assert cheap.ok
    assert cheap.sample is not None
    assert cheap.sample.rows == [{"__typename": "Query"}]
    assert cheap.latency_ms is not None

    query = "query ($n: Int) { users(first: $n) { nodes { id credit_score } pageInfo { endCursor } } }"
    partial = await shop.service.check(
        "t1", target, auth, path=None, seconds=20, query=query, variables={"n": 40}
    )
    assert partial.ok
    assert partial.sample is not None
    assert [row["id"] for row in partial.sample.rows] == list(range(1, 21))
    assert partial.record_path == "$.data.users.nodes"
    assert partial.pagination is not None
    assert partial.pagination.type == "relay"
    assert [(e.code, e.path) for e in partial.errors] == [
        ("FORBIDDEN", ["users", "nodes", n, "credit_score"]) for n in (19, 39)
    ]

    wrong = await shop.service.check("t1", target, auth, path=None, seconds=20, query="{ nobody }")
    assert not wrong.ok
    assert wrong.error is not None
    assert "nobody" in wrong.error.detail

    await steer(shop, failField="users", failCode="UNAUTHENTICATED")
    refused = await shop.service.check("t1", target, auth, path=None, seconds=20, query=QUERY)
    assert refused.error is not None
    assert refused.error.type == "invalid_credential"
    assert [e.code for e in refused.errors] == ["UNAUTHENTICATED"]
    with pytest.raises(InvalidInputError):
        await shop.service.check("t1", target, auth, path=None, seconds=20, query="mutation { x }")
