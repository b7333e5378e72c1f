"""A provider that is down for hours, on real processes; waits for a token are a 150th of their length."""

import asyncio
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from redis.asyncio import Redis

from activities.refresh_rules import FIRST_WAIT, LONGEST_WAIT
from tests.api.oauth_kit import FAST, Provider, new_provider, until
from tests.api.test_token_faults import connected
from tests.api.test_token_life import refused_requests, whole
from tests.api.token_stage import staged
from varlor import names
from varlor.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
HASTE = 150
LIFE = 15  # seconds: 37 minutes
FAILURES = 14  # the last of them 5 minutes apart: more than half an hour after the token's end


async def outcomes(provider: Provider) -> list[tuple[str, float]]:
    """What became of each of this client's refreshes, and when."""
    recent = (await provider.steer("/stats", method="GET"))["recent"]
    mine = [each for each in recent if each["client"] == provider.client_id]
    return [(each["outcome"], each["time"]) for each in mine if each["grantType"] == "refresh_token"]


async def test_a_provider_that_is_down_for_hours_costs_time_and_nothing_else(
    settings: Settings, sample_url: str, tenant: str, temporal_address: str, tmp_path: Path
) -> None:
    provider = new_provider(sample_url)
    await provider.steer("/settings", {"accessSeconds": LIFE})
    async with staged(settings, tenant, temporal_address) as stage:
        with stage.worker(tmp_path / "worker.log", haste=HASTE):
            async with stage.door.as_role("editor") as api, stage.door.as_role("admin") as admin:
                connector = await connected(api, provider)
                await provider.fault("server_error", status=503)
                asked = await api.post(f"/connectors/{connector}/token/refresh")
                assert asked.json()["status"] == "degraded", asked.text
                body = {"connectorId": connector, "path": "/v1/users"}
                tested = await api.post("/connectors/test-api", json=body)
                assert tested.json()["ok"], tested.text  # the token is good to its end

                slow = {"rateLimitConfig": {"requestsPerMinute": 100, "burstLimit": 2}}
                await api.patch(f"/connectors/{connector}", json=slow)
                order = {"path": "/v1/events", "params": {"per_page": 5}, "dataset": {"name": "events"}}
                run = (await api.post(f"/connectors/{connector}/fetch", json=order)).json()
                async with asyncio.timeout(120):
                    while len(await outcomes(provider)) < FAILURES:  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.2)
                waiting = await until(api, f"/runs/{run['runId']}", "status", "throttled", "failed")
                assert waiting["status"] == "throttled", waiting
                assert 0 < waiting["rows"] < 240
                token = (await api.get(f"/connectors/{connector}/token")).json()
                assert (token["status"], token["version"]) == ("degraded", 1)

                await provider.steer("/settings", {"accessSeconds": 3600})
                await provider.steer("/faults", {"rules": []})
                await api.patch(f"/connectors/{connector}", json={"rateLimitConfig": FAST})
                token = await until(api, f"/connectors/{connector}/token", "version", 2)
                assert token["status"] == "active"
                ended = await whole(api, run)
                assert ended["rows"] == 240
                assert await refused_requests(api, run) == []
                lines = (await admin.get(f"/audit?connectorId={connector}&limit=100")).json()["items"]
                connection = (await api.get(f"/connectors/{connector}")).json()
                await provider.steer("/settings", {"accessSeconds": 60})
    seen = await outcomes(provider)
    assert [outcome for outcome, _ in seen] == ["fault:server_error"] * (len(seen) - 1) + ["ok"]
    gaps = [after - before for (_, before), (_, after) in pairwise(seen)]
    steps = [min(LONGEST_WAIT, FIRST_WAIT * 2**n) / HASTE for n in range(len(gaps))]
    assert all(gap >= step / 2 for gap, step in zip(gaps, steps, strict=True)), gaps
    actions = [line["action"] for line in lines]
    assert actions.count("token.refresh_failed") == len(seen) - 1
    assert "token.needs_reauth" not in actions
    assert connection["status"] not in {"needs_reauth", "error"}


async def test_a_deletion_ends_though_the_provider_is_down_for_good_and_leaves_no_secret(
    settings: Settings, sample_url: str, tenant: str, temporal_address: str, tmp_path: Path
) -> None:
    provider, redis = new_provider(sample_url), Redis.from_url(settings.redis_url)
    async with staged(settings, tenant, temporal_address) as stage:
        with stage.worker(tmp_path / "worker.log", haste=HASTE):
            async with stage.door.as_role("admin") as api:
                connector = await connected(api, provider)
                assert await redis.exists(names.token_key(tenant, connector))
                await provider.fault("server_error", status=503, endpoint="revoke")
                assert (await api.delete(f"/connectors/{connector}")).status_code == 202
                async with asyncio.timeout(90):
                    while (await api.get(f"/connectors/{connector}")).status_code != 404:  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.1)
                path = f"/audit?connectorId={connector}&action=token.revoked"
                (line,) = (await api.get(path)).json()["items"]
    assert (line["outcome"], line["detail"]["provider"]) == ("failed", "not_confirmed")
    held = await redis.get(names.token_key(tenant, connector))
    assert held is None or (
        isinstance(held, bytes) and held.endswith(b":")
    )  # at most what keeps stragglers out
    await redis.aclose()
    database = sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))
    for table in ("grants", "credentials"):
        query = f"SELECT count(*) FROM {table} WHERE connector_id = ?"  # noqa: S608 - names of ours
        assert database.execute(query, (connector,)).fetchone() == (0,), table
    database.close()
