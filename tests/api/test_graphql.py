"""A GraphQL connector over HTTP, with a real worker against the sample server: test, fetch, refuse."""

from typing import Any

import httpx2
import pytest

from tests.api.test_fetch import connected, ended

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]


async def test_from_a_query_to_a_dataset(editor: httpx2.AsyncClient, sample_url: str) -> None:
    connector = await connected(
        editor,
        f"{sample_url}/bearer/graphql",
        apiType="graphql",
        authType="bearer",
        bearerToken="sample-bearer-token",
    )
    tested = (await editor.post("/connectors/test-api", json={"connectorId": connector})).json()
    assert tested["ok"], tested
    assert tested["sample"]["rows"] == [{"__typename": "Query"}]
    found = (await editor.get(f"/connectors/{connector}/endpoints")).json()
    assert found["source"] == "graphql"
    assert {endpoint["path"] for endpoint in found["endpoints"]} == {"users", "orders", "events"}

    query = "{ users(first: 15) { nodes { id name credit_score } } }"
    for request in ({"query": query}, {"endpointId": "query.users"}):
        order = {**request, "dataset": {"name": f"people-{next(iter(request))}"}}
        started = (await editor.post(f"/connectors/{connector}/fetch", json=order)).json()
        run = await ended(editor, started["runId"])
        assert run["status"] == "succeeded", run
        assert run["rows"] == 40
        assert any("Partial data: users.nodes.*.credit_score" in note for note in run["notes"])


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({"query": 'mutation { rename(id: 1, name: "x") { id } }'}, "/query"),
        ({"query": "{ users {"}, "/query"),
        ({"query": "{ ...f } fragment f on Query { ...f }"}, "/query"),
        ({"query": "{ users { nodes { id } } }", "variables": {"x": 1}}, "/variables/x"),
        ({"path": "/users"}, "/path"),
    ],
)
async def test_what_may_not_be_sent_is_refused_with_a_pointer(
    editor: httpx2.AsyncClient, sample_url: str, request_: dict[str, Any], pointer: str
) -> None:
    connector = await connected(editor, f"{sample_url}/graphql", apiType="graphql")
    fetch = {**request_, "dataset": {"name": "refused"}}
    answer = await editor.post(f"/connectors/{connector}/fetch", json=fetch)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    plan = {"name": "s", "connectorId": connector, "every": "1h", "fetch": fetch}
    answer = await editor.post("/schedules", json=plan)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [f"/fetch{pointer}"]
    tested = await editor.post("/connectors/test-api", json={"connectorId": connector, **request_})
    assert tested.status_code == 422


async def test_a_query_is_not_for_rest(editor: httpx2.AsyncClient, sample_url: str) -> None:
    connector = await connected(editor, sample_url)
    fetch = {"query": "{ a }", "dataset": {"name": "refused"}}
    answer = await editor.post(f"/connectors/{connector}/fetch", json=fetch)
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/query"]
