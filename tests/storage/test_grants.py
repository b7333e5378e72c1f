import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from varlor.contracts.check import CheckResult
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.contracts.oauth import OAuthConfig, TokenState
from varlor.errors import ConflictError, NotFoundError, SealError
from varlor.ports import Grant
from varlor.storage.store import SqlTenantStore

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONFIG = OAuthConfig(
    authorization_url="https://id.example.com/authorize",
    token_url="https://id.example.com/token",
    client_id="varlor",
    redirect_uri="https://varlor.example.com/computed",
)
SETTINGS = ConnectorSettings(
    name="CRM", base_url="https://api.example.com/v1", auth_type="oauth2", oauth_config=CONFIG
)
SECRETS = Secrets.model_validate({"client_secret": "canary-client"})
GRANT = Grant(
    access_token="canary-access",
    refresh_token="canary-refresh",
    token_type="Bearer",
    scopes=("read", "write"),
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)


@pytest.fixture
async def connector(tenant: SqlTenantStore) -> Connector:
    return await tenant.connectors.create(SETTINGS, SECRETS, created_by="ann")


async def test_a_token_comes_back_as_it_was_written(tenant: SqlTenantStore, connector: Connector) -> None:
    assert (connector.status, connector.has_credential) == ("needs_auth", False)
    assert await tenant.grants.state(connector.id) == TokenState()
    assert await tenant.grants.open(connector.id) is None
    soon = NOW + timedelta(minutes=50)
    state = await tenant.grants.write(connector.id, GRANT, expected_version=0, next_refresh_at=soon)
    assert state == TokenState(
        status="active",
        version=1,
        expires_at=GRANT.expires_at,
        next_refresh_at=soon,
        scopes=["read", "write"],
    )
    assert await tenant.grants.open(connector.id) == (replace(GRANT, key_version="v1"), state)
    shown = await tenant.connectors.get(connector.id)
    assert (shown.status, shown.has_credential) == ("draft", True)
    assert (await tenant.connectors.list(limit=9, cursor=None)).items == [shown]
    assert shown.oauth_config == CONFIG.model_copy(update={"redirect_uri": None})  # computed, not stored


async def test_of_writers_that_saw_the_same_version_one_wins(
    tenant: SqlTenantStore, connector: Connector
) -> None:
    for seen in (0, 1):
        tokens = [replace(GRANT, access_token=f"token-{n}") for n in range(8)]
        writes = [tenant.grants.write(connector.id, token, expected_version=seen) for token in tokens]
        answers = await asyncio.gather(*writes, return_exceptions=True)
        won = [n for n, answer in enumerate(answers) if isinstance(answer, TokenState)]
        assert len(won) == 1
        assert sum(isinstance(answer, ConflictError) for answer in answers) == 7
        opened = await tenant.grants.open(connector.id)
        assert opened is not None
        assert opened[0].access_token == f"token-{won[0]}"
        assert opened[1].version == seen + 1


async def test_a_mark_holds_for_the_version_it_was_meant_for(
    tenant: SqlTenantStore, connector: Connector
) -> None:
    await tenant.grants.write(connector.id, GRANT, expected_version=0)
    later = NOW + timedelta(minutes=1)
    state = await tenant.grants.mark(connector.id, "degraded", expected_version=1, next_refresh_at=later)
    assert (state.status, state.version, state.next_refresh_at) == ("degraded", 1, later)
    await tenant.grants.write(connector.id, GRANT, expected_version=1)
    with pytest.raises(ConflictError):
        await tenant.grants.mark(connector.id, "needs_reauth", expected_version=1)
    assert (await tenant.connectors.get(connector.id)).status == "draft"
    await tenant.grants.mark(connector.id, "needs_reauth", expected_version=2)
    assert (await tenant.connectors.get(connector.id)).status == "needs_reauth"
    renamed = connector.model_copy(update={"name": "Renamed"})
    assert (await tenant.connectors.update(connector.id, renamed, None)).status == "needs_reauth"
    await tenant.grants.write(connector.id, GRANT, expected_version=2)
    assert (await tenant.connectors.get(connector.id)).status == "draft"


async def test_a_machine_that_was_refused_before_its_first_token_is_told(tenant: SqlTenantStore) -> None:
    config = OAuthConfig(
        grant="client_credentials",
        token_url="https://id.example.com/token",
        client_id="varlor",
        token_endpoint_auth_method="client_secret_basic",
    )
    machine = SETTINGS.model_copy(update={"oauth_config": config})
    made = await tenant.connectors.create(machine, SECRETS, created_by="ann")
    assert (made.status, made.has_credential) == ("draft", True)
    state = await tenant.grants.mark(made.id, "needs_reauth", expected_version=0)
    assert (state.status, state.version) == ("needs_reauth", 0)
    assert await tenant.grants.open(made.id) is None
    assert (await tenant.grants.write(made.id, GRANT, expected_version=0)).version == 1


async def test_an_erased_token_is_gone_and_stragglers_write_in_vain(
    tenant: SqlTenantStore, connector: Connector, tenant_id: str, engine: AsyncEngine
) -> None:
    await tenant.grants.write(connector.id, GRANT, expected_version=0)
    state = await tenant.grants.erase(connector.id)
    assert (state.status, state.version, state.scopes) == ("revoked", 2, [])
    assert await tenant.grants.open(connector.id) is None
    shown = await tenant.connectors.get(connector.id)
    assert (shown.status, shown.has_credential) == ("revoked", False)
    for seen in (0, 1):
        with pytest.raises(ConflictError):
            await tenant.grants.write(connector.id, GRANT, expected_version=seen)
    assert (await tenant.grants.write(connector.id, GRANT, expected_version=2)).version == 3
    await tenant.connectors.set_status(connector.id, "deleting")
    with pytest.raises(ConflictError):
        await tenant.grants.write(connector.id, GRANT, expected_version=3)
    await tenant.connectors.erase(connector.id)
    with pytest.raises(NotFoundError):
        await tenant.grants.write(connector.id, GRANT, expected_version=3)
    async with engine.connect() as connection:
        query = text("SELECT count(*) FROM grants WHERE tenant_id = :t")
        assert (await connection.execute(query, {"t": tenant_id})).scalar_one() == 0


async def test_no_token_is_stored_in_the_clear_or_opens_elsewhere(
    tenant: SqlTenantStore, connector: Connector, tenant_id: str, engine: AsyncEngine
) -> None:
    other = await tenant.connectors.create(SETTINGS, SECRETS, created_by="ann")
    await tenant.grants.write(connector.id, GRANT, expected_version=0)
    await tenant.grants.write(other.id, replace(GRANT, access_token="theirs"), expected_version=0)
    async with engine.begin() as connection:
        rows = (
            await connection.execute(text("SELECT * FROM grants WHERE tenant_id = :t"), {"t": tenant_id})
        ).all()
        assert "canary" not in str(rows)
        move = text(
            "UPDATE grants SET sealed = (SELECT sealed FROM grants WHERE connector_id = :a)"
            " WHERE connector_id = :b"
        )
        await connection.execute(move, {"a": connector.id, "b": other.id})
    with pytest.raises(SealError):
        await tenant.grants.open(other.id)


@pytest.mark.parametrize(
    "change",
    [
        {"base_url": "https://thief.example.com/v1"},
        {"oauth_config": CONFIG.model_copy(update={"token_url": "https://thief.example.com/token"})},
        {"oauth_config": CONFIG.model_copy(update={"revocation_url": "https://thief.example.com/revoke"})},
        {"oauth_config": CONFIG.model_copy(update={"issuer": "https://thief.example.com"})},
        {"oauth_config": CONFIG.model_copy(update={"client_id": "other"})},
        {"auth_type": "none", "oauth_config": None},
    ],
    ids=["base-url", "token-url", "revocation-url", "issuer", "client", "auth-type"],
)
async def test_neither_token_nor_client_secret_follows_to_another_place(
    tenant: SqlTenantStore, connector: Connector, change: dict[str, object]
) -> None:
    await tenant.grants.write(connector.id, GRANT, expected_version=0)
    moved = await tenant.connectors.update(connector.id, connector.model_copy(update=change), None)
    assert not moved.has_credential
    assert await tenant.grants.open(connector.id) is None
    assert (await tenant.grants.state(connector.id)).version == 2
    assert await tenant.connectors.secrets(connector.id) == Secrets()


async def test_a_token_stays_when_only_its_scopes_or_the_path_change(
    tenant: SqlTenantStore, connector: Connector
) -> None:
    await tenant.grants.write(connector.id, GRANT, expected_version=0)
    wider = CONFIG.model_copy(update={"scopes": ["more"]})
    change = {"oauth_config": wider, "base_url": "https://api.example.com/v2"}
    kept = await tenant.connectors.update(connector.id, connector.model_copy(update=change), None)
    assert kept.has_credential
    assert await tenant.connectors.secrets(connector.id) == SECRETS


async def test_a_failed_test_does_not_hide_that_the_user_is_needed(
    tenant: SqlTenantStore, connector: Connector
) -> None:
    failed, good = CheckResult(ok=False, url="https://x/"), CheckResult(ok=True, url="https://x/")
    await tenant.connectors.record_check(connector.id, failed)
    assert (await tenant.connectors.get(connector.id)).status == "needs_auth"
    await tenant.grants.write(connector.id, GRANT, expected_version=0)
    await tenant.connectors.record_check(connector.id, good)
    assert (await tenant.connectors.get(connector.id)).status == "connected"
    await tenant.grants.mark(connector.id, "needs_reauth")
    for result in (failed, good):
        await tenant.connectors.record_check(connector.id, result)
        assert (await tenant.connectors.get(connector.id)).status == "needs_reauth"
