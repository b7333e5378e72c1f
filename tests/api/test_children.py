"""Children, files and async exports over HTTP, with a real worker against the sample API."""

from typing import Any

import httpx2
import pytest

from tests.api.test_fetch import connected
from tests.api.test_incremental import synced

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]


async def ids(client: httpx2.AsyncClient, run: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    while True:
        place = f"/datasets/{run['datasetId']}/rows?limit=200&offset={len(found)}"
        rows = (await client.get(place)).json()["rows"]
        if not rows:
            return sorted(found)
        found += [int(row["id"]) for row in rows]


async def test_children_of_a_synced_dataset_and_of_a_path_are_the_same(
    editor: httpx2.AsyncClient, sample_url: str
) -> None:
    connector = await connected(editor, sample_url)
    users = await synced(editor, connector, {"path": "/v1/users", "dataset": {"name": "users"}})
    orders = await synced(editor, connector, {"path": "/v1/orders", "dataset": {"name": "orders"}})
    child = {"path": "/v1/users/{user}/orders", "dataset": {"name": "by dataset"}}
    by_dataset = {**child, "forEach": {"dataset": "users", "field": "id", "as": "user"}}
    first = await synced(editor, connector, by_dataset)
    by_path = {"dataset": {"name": "by path"}, "forEach": {"path": "/v1/users", "field": "id", "as": "user"}}
    second = await synced(editor, connector, {**child, **by_path})
    assert await ids(editor, first) == await ids(editor, second) == await ids(editor, orders)
    assert any(f"children of {users['rows']} parents" in note for note in first["notes"])
    row = (await editor.get(f"/datasets/{first['datasetId']}/rows?limit=1")).json()["rows"][0]
    assert row["user"] == row["user_id"]


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
async def test_an_export_is_asked_for_once_and_read_whole(
    editor: httpx2.AsyncClient, sample_url: str, format_: str
) -> None:
    connector = await connected(editor, sample_url)
    before = len((await asked(sample_url, "/v1/exports")).json())
    order = {
        "asyncExport": {
            "start": {"path": "/v1/exports", "body": {"format": format_, "compressed": True}},
            "status": {"path": "/v1/exports/{job}"},
            "download": {"urlPath": "$.file"},
        },
        "dataset": {"name": f"export {format_}"},
    }
    run = await synced(editor, connector, order)
    file = await synced(
        editor, connector, {"path": f"/v1/files/orders.{format_}", "dataset": {"name": f"file {format_}"}}
    )
    assert await ids(editor, run) == await ids(editor, file)
    assert run["rows"] == 160
    assert len((await asked(sample_url, "/v1/exports")).json()) == before + 1


async def asked(url: str, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=url) as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"path": "/v1/users/1/orders"}, "/forEach"),
        ({"forEach": {"field": "id", "as": "user"}}, "/forEach"),
        ({"forEach": {"path": "/v1/users", "field": "id", "as": "a b"}}, "/forEach/as"),
        ({"forEach": {"dataset": "nobody", "field": "id", "as": "user"}}, "/forEach/dataset"),
        ({"path": None, "asyncExport": {"start": {"path": "/x"}}}, "/asyncExport/status"),
        (
            {
                "path": None,
                "forEach": None,
                "asyncExport": {
                    "start": {"path": "/x"},
                    "status": {"path": "/x"},
                    "download": {"urlPath": "$.u"},
                },
            },
            "/asyncExport/status/path",
        ),
    ],
)
async def test_a_bad_order_is_refused_by_pointer(
    editor: httpx2.AsyncClient, sample_url: str, change: dict[str, Any], pointer: str
) -> None:
    connector = await connected(editor, sample_url)
    each = {"path": "/v1/users", "field": "id", "as": "user"}
    order = {"path": "/v1/users/{user}/orders", "forEach": each, "dataset": {"name": "never"}} | change
    answer = await editor.post(f"/connectors/{connector}/fetch", json=order)
    assert answer.status_code == 422, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
