"""A new master key: `varlor keys rotate` on a real database, with a worker that is killed in the middle."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.api.processes import ROOT, environment, new_namespace, running
from varlor.bootstrap import SystemClock
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.settings import Settings
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade

pytestmark = pytest.mark.stack
ROWS = 450
BEARER = ConnectorSettings(name="Shop", base_url="https://api.example.com", auth_type="bearer")


def keys(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "varlor.cli", "keys", *words, "--json"]
    env = environment(settings)
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env=env, timeout=180
    )


async def secrets_of(settings: Settings, ring: str, *, make: bool = False) -> set[str]:
    """Every bearer token of the tenant, opened with these keys alone; `make` stores them first."""
    engine = create_engine(settings.database_url)
    encryption = EncryptionService(Keyring.parse(ring))
    connectors = (
        SqlStore(engine, encryption, SystemClock(), lambda t, d: f"{t}/{d}").tenant("acme").connectors
    )
    if make:
        for number in range(ROWS):
            secret = Secrets(bearer_token=SecretStr(f"secret-{number}"))
            await connectors.create(BEARER, secret, created_by="ann")
    found: set[str] = set()
    cursor: str | None = None
    while True:
        page = await connectors.list(limit=200, cursor=cursor)
        for each in page.items:
            held = (await connectors.secrets(each.id)).bearer_token
            found.add(held.get_secret_value() if held else "")
        cursor = page.next_cursor
        if cursor is None:
            await engine.dispose()
            return found


async def test_everything_is_sealed_again_and_the_old_key_can_go(
    settings: Settings, temporal_address: str, tmp_path: Path
) -> None:
    old, new = new_master_key("v1"), new_master_key("v2")
    database = f"sqlite:///{tmp_path / 'varlor.db'}"
    await asyncio.to_thread(upgrade, database)
    space = await asyncio.to_thread(new_namespace, temporal_address)
    before = settings.model_copy(
        update={
            "database_url": database,
            "temporal_namespace": space,
            "state_dir": tmp_path,
            "master_keys": SecretStr(old),
        }
    )
    after = before.model_copy(update={"master_keys": SecretStr(f"{new},{old}")})
    planted = await secrets_of(before, old, make=True)
    assert len(planted) == ROWS
    with running(["-m", "worker"], tmp_path / "old", environment(before)):
        refused = await asyncio.to_thread(keys, after, "rotate")
        assert refused.returncode == 1, refused.stderr
        assert "restart it first" in refused.stderr, refused.stderr
    with running(["-m", "worker"], tmp_path / "first", environment(after)) as worker:
        rotation = asyncio.create_task(asyncio.to_thread(keys, after, "rotate"))
        async with asyncio.timeout(180):
            while json.loads((await asyncio.to_thread(keys, after, "list")).stdout).get("v2", 0) == 0:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        worker.kill()
    with running(["-m", "worker"], tmp_path / "second", environment(after)):
        done = await rotation
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["key"], said["unopened"]) == ("v2", 0)
    assert {key: count for key, count in said["usage"].items() if count} == {"v2": said["usage"]["v2"]}
    assert await secrets_of(after, new) == planted
