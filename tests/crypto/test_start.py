"""A process does not start with master keys that leave something stored unreadable."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from varlor.bootstrap import SystemClock
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.errors import InvalidInputError
from varlor.serving import build_services
from varlor.settings import Settings
from varlor.stack.keys import EmbeddedKeys
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade

OLD, NEW, WRONG = new_master_key("v1"), new_master_key("v2"), new_master_key("v1")


@pytest.fixture
async def database(tmp_path: Path) -> str:
    """With one secret under the old key."""
    url = f"sqlite:///{tmp_path / 'varlor.db'}"
    upgrade(url)
    engine = create_engine(url)
    sealing = EncryptionService(Keyring.parse(OLD))
    store = SqlStore(engine, sealing, SystemClock(), lambda tenant, dataset: f"{tenant}/{dataset}")
    settings = ConnectorSettings(name="a", base_url="https://api.example.com", auth_type="bearer")
    secrets = Secrets.model_validate({"bearer_token": "t"})
    await store.tenant("acme").connectors.create(settings, secrets, created_by="ann")
    await engine.dispose()
    return url


def settings(database: str, redis_url: str, tmp_path: Path, keys: str) -> Settings:
    return Settings(
        mode="embedded",
        database_url=database,
        redis_url=redis_url,
        data_url=str(tmp_path / "data"),
        master_keys=SecretStr(keys),
        codec_keys=SecretStr(new_master_key("c1")),
        jwt_public_key=EmbeddedKeys.generate().jwt_public,
    )


@pytest.mark.parametrize("keys", [NEW, WRONG, f"{NEW},{WRONG}"], ids=["dropped", "wrong", "both"])
async def test_a_key_that_is_needed_is_named(
    database: str, redis_url: str, tmp_path: Path, keys: str
) -> None:
    with pytest.raises(InvalidInputError, match=r"Master key v1 .* 1 stored"):
        async with build_services(settings(database, redis_url, tmp_path, keys), CollectorRegistry()):
            pass


@pytest.mark.parametrize("keys", [OLD, f"{NEW},{OLD}"], ids=["as-before", "rotating"])
async def test_with_every_key_that_is_needed_it_starts(
    database: str, redis_url: str, tmp_path: Path, keys: str
) -> None:
    async with build_services(settings(database, redis_url, tmp_path, keys), CollectorRegistry()) as parts:
        assert set(await parts.store.key_usage()) <= {"v1", "v2"}


async def test_a_production_start_refuses_the_embedded_stacks_key(
    database: str, redis_url: str, tmp_path: Path
) -> None:
    key_file = tmp_path / "keys"
    key_file.write_text(new_master_key("embedded-1"))
    key_file.chmod(0o600)
    production = settings(database, redis_url, tmp_path, OLD).model_copy(
        update={"mode": "production", "master_keys": None, "master_keys_file": key_file}
    )
    with pytest.raises(InvalidInputError, match="embedded"):
        async with build_services(production, CollectorRegistry()):
            pass
