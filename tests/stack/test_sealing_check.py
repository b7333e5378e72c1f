"""What doctor says of the master keys: what is left under an old one, and which one is missed."""

import asyncio
from pathlib import Path

from pydantic import SecretStr

from varlor.bootstrap import SystemClock
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.settings import Settings
from varlor.stack.checks import sealing
from varlor.stack.state import StateDir
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade


async def test_doctor_tells_of_rows_under_old_and_missing_keys(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'rows.db'}"
    await asyncio.to_thread(upgrade, address)
    old, new = new_master_key("v1"), new_master_key("v2")
    engine = create_engine(address)
    store = SqlStore(engine, EncryptionService(Keyring.parse(old)), SystemClock(), lambda t, d: f"{t}/{d}")
    settings = ConnectorSettings(name="Shop", base_url="https://api.example.com", auth_type="bearer")
    secret = Secrets(bearer_token=SecretStr("s"))
    await store.tenant("acme").connectors.create(settings, secret, created_by="ann")
    await engine.dispose()
    found = {
        ring: await sealing.rows(
            StateDir(tmp_path), Settings(database_url=address, master_keys=SecretStr(ring))
        )
        for ring in (old, f"{new},{old}", new)
    }
    assert [each.state for each in found.values()] == ["ok", "warning", "fail"]
    assert found[f"{new},{old}"].advice == "run `varlor keys rotate`"
    assert "v1" in found[new].advice
