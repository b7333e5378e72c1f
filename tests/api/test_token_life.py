"""A token's life on real processes: refused in the middle, revoked, wanted by many, its worker killed."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis

from api.app import create_app
from tests.api.conftest import Door
from tests.api.oauth_kit import Provider, connect, created, new_provider, until
from tests.api.processes import ROOT, environment, new_namespace, running
from varlor import names
from varlor.settings import Settings

pytestmark = pytest.mark.stack
SLOW = {"rateLimitConfig": {"requestsPerMinute": 600, "burstLimit": 4}}
WORKER = ["-m", "worker"]


@pytest.fixture
async def provider(sample_url: str) -> AsyncIterator[Provider]:
    """Its tokens live so long that no timer of theirs comes between, however slow the machine."""
    made = new_provider(sample_url)
    await made.steer("/settings", {"accessSeconds": 3600})
    yield made
    await made.steer("/settings", {"accessSeconds": 60})


async def fetching(api: httpx2.AsyncClient, connector: str) -> dict[str, Any]:
    """A run that has read some pages and has many to go."""
    await api.patch(f"/connectors/{connector}", json=SLOW)
    order = {"path": "/v1/events", "params": {"per_page": 10}, "dataset": {"name": uuid.uuid4().hex}}
    run = (await api.post(f"/connectors/{connector}/fetch", json=order)).json()
    async with asyncio.timeout(60):
        while _pages(seen := (await api.get(f"/runs/{run['runId']}")).json()) < 3:
            assert seen["status"] in {"queued", "running", "throttled"}, seen
            await asyncio.sleep(0.1)
    return run


def _pages(run: dict[str, Any]) -> int:
    """Read so far, committed or not."""
    return run["pages"] + run["pendingPages"]


async def whole(api: httpx2.AsyncClient, run: dict[str, Any]) -> dict[str, Any]:
    """The ended run; its dataset holds every row once."""
    ended = await until(api, f"/runs/{run['runId']}", "status", "succeeded", "failed")
    assert ended["status"] == "succeeded", ended
    exported = await api.get(f"/datasets/{run['datasetId']}/export?format=jsonl")
    found = [json.loads(line)["id"] for line in exported.text.splitlines()]
    assert len(found) == len(set(found)) == ended["rows"] > 100
    return ended


async def refused_requests(api: httpx2.AsyncClient, run: dict[str, Any]) -> list[int]:
    failed = await api.get(f"/runs/{run['runId']}/requests?failedOnly=true&limit=100")
    return [entry["status"] for entry in failed.json()["items"]]


@pytest.mark.usefixtures("worker_log")
async def test_a_401_in_the_middle_costs_one_refresh_and_one_repeat(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = (await created(editor, provider))["id"]
    await connect(editor, connector)
    run = await fetching(editor, connector)
    await provider.steer("/access/expire", {"clientId": provider.client_id})
    ended = await whole(editor, run)
    assert await refused_requests(editor, run) == [401]
    assert ended["requests"] == ended["pages"] + 1
    assert await provider.requests("refresh_token") == 1
    actions = [line["action"] for line in (await admin.get("/audit?limit=100")).json()["items"]]
    assert actions.count("token.refreshed") == actions.count("token.used") == 1


@pytest.mark.usefixtures("worker_log")
async def test_a_revoked_grant_parks_the_run_until_its_user_connects_again(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = (await created(editor, provider))["id"]
    await connect(editor, connector)
    run = await fetching(editor, connector)
    await provider.steer("/grants/revoke", {"clientId": provider.client_id})
    waiting = await until(editor, f"/runs/{run['runId']}", "status", "waiting_auth", "failed", "succeeded")
    assert waiting["status"] == "waiting_auth", waiting
    assert (waiting["error"]["type"], waiting["resumeAt"]) == ("auth-required", None)
    assert (await editor.get(f"/connectors/{connector}")).json()["status"] == "needs_reauth"
    assert (await editor.get(f"/connectors/{connector}/token")).json()["status"] == "needs_reauth"
    back = await connect(editor, connector)
    assert back.headers["location"] == "/?oauth=connected"
    ended = await whole(editor, run)
    assert ended["pages"] + 2 >= ended["requests"]  # the refused request, and at most one other attempt's
    actions = [line["action"] for line in (await admin.get("/audit?limit=100")).json()["items"]]
    assert actions.count("token.needs_reauth") == 1


@pytest.mark.usefixtures("worker_log")
async def test_fifty_callers_in_three_processes_make_one_token_request(
    editor: httpx2.AsyncClient, provider: Provider, settings: Settings, tenant: str, tmp_path: Path
) -> None:
    connector = (await created(editor, provider))["id"]
    await connect(editor, connector)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.api.token_callers", tenant, connector, str(callers)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(tmp_path / f"{callers}.err").open("wb"),
            cwd=ROOT,
            env=environment(settings),
        )
        for callers in (16, 17, 17)
    ]
    said = await asyncio.gather(*(_line(process) for process in processes))
    assert said == ["ready"] * 3
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
    assert await asyncio.gather(*(_line(process) for process in processes)) == ["renewed"] * 3
    await asyncio.gather(*(process.wait() for process in processes))
    assert await provider.requests("refresh_token") == 1
    assert (await editor.get(f"/connectors/{connector}/token")).json()["version"] == 2


async def _line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 150)).decode().strip()


@pytest.fixture
async def alone(
    settings: Settings, tenant: str, temporal_address: str
) -> AsyncIterator[tuple[Settings, Door]]:
    """The API in a Temporal namespace of its own, whose workers a test may kill."""
    space = await asyncio.to_thread(new_namespace, temporal_address)
    mine = settings.model_copy(update={"temporal_namespace": space})
    app = create_app(settings=mine)
    async with app.router.lifespan_context(app):
        yield mine, Door(app, tenant)


async def test_a_worker_killed_between_answer_and_write_loses_no_token(
    alone: tuple[Settings, Door], provider: Provider, tenant: str, tmp_path: Path
) -> None:
    settings, door = alone
    env = environment(settings) | {"VARLOR_TEMPORAL_NAMESPACE": settings.temporal_namespace}
    redis = Redis.from_url(settings.redis_url)
    async with door.as_role("editor") as api:
        with running(WORKER, tmp_path / "first", env) as worker:
            connector = (await created(api, provider))["id"]
            assert (await connect(api, connector)).headers["location"] == "/?oauth=connected"
            await until(api, f"/connectors/{connector}", "status", "connected", "error")
            await provider.fault("slow", grantType="refresh_token", delaySeconds=2, times=1)
            asked = asyncio.create_task(api.post(f"/connectors/{connector}/token/refresh"))
            await until(api, f"/connectors/{connector}/token", "status", "refreshing")
            lock = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")  # the database takes no write
            stash = names.token_stash_key(tenant, connector, "refresh")
            async with asyncio.timeout(30):
                while not await redis.exists(stash):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.02)
            worker.kill()
            await asyncio.to_thread(worker.wait)
            lock.execute("ROLLBACK")
            lock.close()
        token = (await api.get(f"/connectors/{connector}/token")).json()
        assert (token["status"], token["version"]) == ("refreshing", 1)
        with running(WORKER, tmp_path / "second", env):
            token = await until(api, f"/connectors/{connector}/token", "version", 2)
            assert token["status"] == "active"
            await asked
            assert await provider.requests("refresh_token") == 1
            await provider.steer("/access/expire", {"clientId": provider.client_id})
            renewed = await api.post(f"/connectors/{connector}/token/refresh")
            assert renewed.json()["version"] == 3, renewed.text  # the refresh token that was saved is good
    await redis.aclose()
