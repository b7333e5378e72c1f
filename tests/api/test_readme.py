"""What the README says of reading holds for the sample API that it sends its readers to."""

import json
import re
from pathlib import Path

import httpx2
import pytest

from tests.api.test_fetch import connected
from tests.api.test_incremental import asked, synced

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker_log")]
README = (Path(__file__).parents[2] / "README.md").read_text()
REQUESTS = re.findall(r"```json\n(.*?)```", README, re.DOTALL)


@pytest.fixture
async def shop(editor: httpx2.AsyncClient, sample_url: str) -> str:
    door = {"authType": "bearer", "bearerToken": "sample-bearer-token"}
    return await connected(editor, f"{sample_url}/bearer/v1", **door)


@pytest.mark.parametrize("text", REQUESTS, ids=lambda text: json.loads(text)["dataset"]["name"])
async def test_each_request_file_reads_what_it_asks_for(
    editor: httpx2.AsyncClient, shop: str, text: str
) -> None:
    run = await synced(editor, shop, json.loads(text))
    dataset = (await editor.get(f"/datasets/{run['datasetId']}")).json()
    assert run["rows"] == dataset["rowCount"] > 100
    assert not any("API does not know" in note for note in run["notes"]), run["notes"]


async def test_the_incremental_example_asks_for_what_is_new(editor: httpx2.AsyncClient, shop: str) -> None:
    (example,) = re.findall(r"--incremental (\S+)", README)
    field, param = example.split(":")
    order = {
        "path": "/orders",
        "dataset": {"name": "readme", "writeMode": "merge", "primaryKey": ["id"]},
        "incremental": {"cursorField": field, "param": param},
    }
    first = await synced(editor, shop, order)
    second = await synced(editor, shop, order)
    assert f"{param}=" in await asked(editor, second)
    assert second["rows"] < first["rows"]
