"""A part is away: the API says which, promises nothing it cannot hold, and answers in time."""

import asyncio
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from tests.api.conftest import Door
from tests.api.test_fetch import ended
from tests.ports import free_port
from varlor.names import CONNECTOR_ATTRIBUTE, TENANT_ATTRIBUTE
from varlor.settings import Settings

CONNECTOR = {"name": "Shop", "baseUrl": "https://api.example.com"}
ORDER = {"path": "/users", "dataset": {"name": "users"}}


@asynccontextmanager
async def without(settings: Settings, tenant: str, **away: str) -> AsyncGenerator[Door]:
    app = create_app(settings=settings.model_copy(update=away))
    async with app.router.lifespan_context(app):
        yield Door(app, tenant)


def down(answer: httpx2.Response) -> Sequence[str]:
    assert answer.status_code == 503
    return [name for name, part in answer.json()["parts"].items() if part["state"] == "down"]


async def test_without_temporal_a_fetch_fails_visibly_and_a_test_says_so_in_time(
    settings: Settings, tenant: str
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    async with (
        without(settings, tenant, temporal_address=nowhere) as door,
        door.as_role("admin") as client,
    ):
        assert down(await client.get("/health/ready")) == ["temporal"]
        connector = (await client.post("/connectors", json=CONNECTOR)).json()["id"]
        started = time.monotonic()
        key = {"Idempotency-Key": "again"}
        refused = await client.post(f"/connectors/{connector}/fetch", json=ORDER, headers=key)
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert refused.json()["type"] == "urn:varlor:problem:part-unavailable"
        assert (await client.delete(f"/connectors/{connector}")).status_code == 503
        tested = await client.post("/connectors/test-api", json={"connectorId": connector})
        assert (tested.status_code, tested.json()["error"]["type"]) == (200, "timeout")
        assert time.monotonic() - started < 30
        runs = (await client.get("/runs")).json()["items"]
        assert [(run["status"], run["error"]["title"]) for run in runs] == [("failed", "could not start")]
        assert (await client.post(f"/runs/{runs[0]['id']}/pause")).status_code == 409
        assert (await client.get(f"/connectors/{connector}")).json()["status"] == "draft"
    async with without(settings, tenant) as door, door.as_role("editor") as client:
        again = await client.post(f"/connectors/{connector}/fetch", json=ORDER, headers=key)
        assert again.status_code == 202


@pytest.fixture
def idle_namespace(temporal_address: str) -> str:
    """A namespace where nobody works."""
    name = f"idle-{uuid.uuid4().hex[:8]}"
    _operate(temporal_address, "namespace", "create", "--namespace", name)
    for attribute in (TENANT_ATTRIBUTE, CONNECTOR_ATTRIBUTE):
        there = ("--namespace", name, "--name", attribute, "--type", "Keyword")
        _operate(temporal_address, "search-attribute", "create", *there)
    return name


def _operate(address: str, *command: str) -> None:
    """Ask until it is done: a new namespace is not known everywhere at once."""
    temporal = str(Path(sys.executable).parent / "temporal")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        asked = [temporal, "operator", *command, "--address", address]
        if subprocess.run(asked, check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.2)
    pytest.fail(f"temporal operator {command} did not succeed")


@pytest.mark.stack
async def test_without_a_worker_a_test_ends_before_thirty_seconds(
    settings: Settings, tenant: str, idle_namespace: str
) -> None:
    away = {"temporal_namespace": idle_namespace}
    async with without(settings, tenant, **away) as door, door.as_role("editor") as client:
        started = time.monotonic()
        answer = await client.post("/connectors/test-api", json={"connector": CONNECTOR}, timeout=40)
        assert time.monotonic() - started < 30
        assert (answer.status_code, answer.json()["ok"]) == (200, False)
        assert answer.json()["error"]["type"] == "timeout"


async def test_without_redis_the_stored_can_still_be_read(settings: Settings, tenant: str) -> None:
    async with without(settings, tenant, redis_url=f"redis://127.0.0.1:{free_port()}/0") as door:
        async with door.as_role("editor") as client:
            assert down(await client.get("/health/ready")) == ["redis"]
            connector = (await client.post("/connectors", json=CONNECTOR)).json()["id"]
            assert (await client.get(f"/connectors/{connector}")).status_code == 200
            assert (await client.get(f"/connectors/{connector}/health")).json()["rateLimit"] is None
            tested = await client.post("/connectors/test-api", json={"connectorId": connector})
            assert tested.status_code == 503
        async with door.client(headers={"Cookie": "varlor_session=any"}) as client:
            assert (await client.get("/session")).status_code == 503


async def test_without_the_database_everything_behind_the_door_is_503(
    settings: Settings, tenant: str
) -> None:
    away = {"database_url": "sqlite:////nowhere/at/all.db"}
    async with without(settings, tenant, **away) as door, door.as_role("viewer") as client:
        assert down(await client.get("/health/ready")) == ["database"]
        assert (await client.get("/connectors")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "production"},
        {"master_keys": None},
        {"codec_keys": None},
        {"jwt_public_key": None},
    ],
    ids=str,
)
async def test_it_does_not_start_on_keys_that_are_missing_or_not_its_own(
    settings: Settings, change: dict[str, None]
) -> None:
    app = create_app(settings=settings.model_copy(update=change))
    with pytest.raises(Exception, match="VARLOR_"):
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.stack
async def test_a_run_says_which_part_of_ours_it_waits_for(
    settings: Settings, tenant: str, worker_log: Path, editor: httpx2.AsyncClient, sample_url: str
) -> None:
    in_the_way = Path(settings.data_url) / tenant
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_text("a file where the folder of the tenant's datasets belongs")
    made = await editor.post("/connectors", json={"name": "Shop", "baseUrl": sample_url})
    order = {"path": "/v1/users", "dataset": {"name": "users"}, "limits": {"maxPages": 1}}
    run = (await editor.post(f"/connectors/{made.json()['id']}/fetch", json=order)).json()["runId"]
    async with asyncio.timeout(12):
        while True:
            if notes := (await editor.get(f"/runs/{run}")).json()["notes"]:
                break
            await asyncio.sleep(0.1)
    assert "a part of Varlor (storage)" in notes[0]
    in_the_way.unlink()
    done = await ended(editor, run)
    assert done["status"] == "succeeded"
    assert sum("a part of Varlor" in note for note in done["notes"]) == 1
