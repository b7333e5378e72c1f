"""One refresh on a real database and a real Valkey: what survives a failed write, a lost race, a deletion."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.herald import Herald
from activities.refresh_rules import planned
from activities.tokens import TokenActivities
from varlor.auth.expiry import plan
from varlor.bootstrap import SystemClock
from varlor.cache import RedisEvents, RedisTokenCache, RedisTokenStash, connect
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.contracts.messages import RefreshInput, RefreshOutcome
from varlor.contracts.notification import NotificationTarget
from varlor.contracts.oauth import OAuthConfig, TokenState
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.errors import PartUnavailableError, TokenError
from varlor.ports import AuthorizationAnswer, CachedToken, Grant
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade

SETTINGS = ConnectorSettings(
    name="Shop",
    base_url="https://api.example.com",
    auth_type="oauth2",
    oauth_config=OAuthConfig(
        client_id="c",
        authorization_url="https://id.example.com/a",
        token_url="https://id.example.com/t",
    ),
)


@dataclass
class Provider:
    """Rotates: each renewal needs the refresh token of the one before. `meanwhile` runs while it is asked."""

    asked: list[str | None] = field(default_factory=list[str | None])
    given_back: list[str] = field(default_factory=list[str])
    error: TokenError | None = None
    meanwhile: Any = None

    async def renew(self, config: OAuthConfig, secrets: Secrets, held: Grant | None) -> Grant:
        self.asked.append(held.refresh_token if held else None)
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.error is not None:
            raise self.error
        return grant(len(self.asked) + 1)

    async def revoke(
        self,
        config: OAuthConfig,
        secrets: Secrets,
        token: str,
        hint: Literal["access_token", "refresh_token"],
    ) -> Literal["done", "unsupported"]:
        self.given_back.append(token)
        return "done"

    async def authorization(self, config: OAuthConfig, redirect_uri: str) -> Any: ...
    async def exchange(self, config: OAuthConfig, secrets: Secrets, answer: AuthorizationAnswer) -> Any: ...
    async def metadata(self, issuer: str) -> Any: ...


class Told:
    """Nobody delivers here."""

    async def wake(self, tenant: str, *, at_once: bool = False) -> None: ...


def grant(number: int, life: float = 3600) -> Grant:
    now = datetime.now(UTC)
    return Grant(f"access-{number}", f"refresh-{number}", "Bearer", (), now, now + timedelta(seconds=life))


@dataclass
class Stand:
    store: SqlStore
    activities: TokenActivities
    provider: Provider
    cache: RedisTokenCache
    stash: RedisTokenStash
    tenant: str
    connector: str

    async def refresh(self, **more: Any) -> RefreshOutcome:
        order = {"tenant_id": self.tenant, "connector_id": self.connector, "seen_version": 1} | more
        return await ActivityEnvironment().run(
            self.activities.refresh_token, RefreshInput.model_validate(order)
        )

    async def state(self) -> TokenState:
        return await self.store.tenant(self.tenant).grants.state(self.connector)

    async def actions(self) -> list[str]:
        lines = await self.store.tenant(self.tenant).audit.list(limit=50, cursor=None)
        return [line.action for line in lines.items][::-1]


@pytest.fixture
async def stand(tmp_path: Path, redis_url: str) -> AsyncIterator[Stand]:
    url = f"sqlite:///{tmp_path / 'varlor.db'}"
    await asyncio.to_thread(upgrade, url)
    engine, redis, clock = create_engine(url), connect(redis_url), SystemClock()
    encryption = EncryptionService(Keyring.parse(new_master_key()))
    store = SqlStore(engine, encryption, clock, lambda tenant, dataset: f"{tenant}/{dataset}")
    cache, stash = RedisTokenCache(redis, encryption, clock), RedisTokenStash(redis, encryption)
    provider, tenant = Provider(), f"t-{uuid.uuid4().hex[:12]}"
    events, told = RedisEvents(redis), Told()
    activities = TokenActivities(
        store, provider, cache, stash, events, Herald(store, events, told), plan, clock
    )
    secrets = Secrets(client_secret=SecretStr("s"))
    connector = await store.tenant(tenant).connectors.create(SETTINGS, secrets, created_by="ann")
    await store.tenant(tenant).grants.write(connector.id, grant(1), expected_version=0)
    yield Stand(store, activities, provider, cache, stash, tenant, connector.id)
    await redis.aclose()
    await engine.dispose()


async def test_a_refresh_is_stored_cached_and_told(stand: Stand) -> None:
    outcome = await stand.refresh(force=True)
    assert outcome.refreshed
    assert (outcome.token.status, outcome.token.version) == ("active", 2)
    assert outcome.token.next_refresh_at is not None
    cached = await stand.cache.get(stand.tenant, stand.connector)
    assert cached is not None
    assert (cached.access_token, cached.version) == ("access-2", 2)
    assert await stand.stash.get(stand.tenant, stand.connector, "refresh") is None
    assert await stand.actions() == ["token.refreshed"]
    (line,) = (await stand.store.tenant(stand.tenant).audit.list(limit=5, cursor=None)).items
    assert line.detail == {"version": "2", "openedUnder": "v1"}


async def test_a_token_that_is_fresh_or_newer_than_was_seen_is_left_alone(stand: Stand) -> None:
    assert (await stand.refresh()).token.version == 1
    assert (await stand.refresh(seen_version=0, force=True)).token.version == 1
    assert stand.provider.asked == []


async def test_what_is_over_or_due_or_was_begun_is_refreshed_without_force(stand: Stand) -> None:
    grants, now = stand.store.tenant(stand.tenant).grants, datetime.now(UTC)
    await grants.write(stand.connector, grant(2, life=-1), expected_version=1)
    assert (await stand.refresh(seen_version=2)).refreshed
    await grants.mark(stand.connector, "active", next_refresh_at=now - timedelta(seconds=1))
    assert (await stand.refresh(seen_version=3)).refreshed
    # by a worker that died while it asked
    await grants.mark(stand.connector, "refreshing", next_refresh_at=now + timedelta(hours=1))
    assert (await stand.refresh(seen_version=4)).refreshed
    assert not (await stand.refresh(seen_version=5)).refreshed
    assert len(stand.provider.asked) == 3


async def test_a_connector_that_was_never_connected_asks_nobody(stand: Stand) -> None:
    connectors = stand.store.tenant(stand.tenant).connectors
    stand.connector = (await connectors.create(SETTINGS, Secrets(), created_by="ann")).id
    outcome = await stand.refresh(seen_version=0, force=True)
    assert (outcome.refreshed, outcome.token.status) == (False, "none")
    assert stand.provider.asked == []


def test_only_what_cannot_be_renewed_is_used_to_its_very_end() -> None:
    held = Grant("a", None, "Bearer", (), datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1))
    machine = OAuthConfig(grant="client_credentials", client_id="c", token_url="https://id.example.com/t")
    user = SETTINGS.oauth_config
    assert user is not None
    assert held.expires_at is not None
    assert planned(plan, "con", user, held) == held.expires_at
    assert (planned(plan, "con", machine, held) or held.expires_at) < held.expires_at
    assert (planned(plan, "con", user, grant(1)) or held.expires_at) < held.expires_at


async def test_a_lost_write_is_repeated_as_a_write_and_never_as_a_request(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> TokenState:
        raise PartUnavailableError("database", "away")

    with monkeypatch.context() as broken:
        broken.setattr("varlor.storage.grants.SqlGrants.write", away)
        for _ in range(2):
            with pytest.raises(ApplicationError) as failed:
                await stand.refresh(force=True)
            assert not failed.value.non_retryable
    outcome = await stand.refresh(force=True)
    assert (outcome.token.version, stand.provider.asked) == (2, ["refresh-1"])
    opened = await stand.store.tenant(stand.tenant).grants.open(stand.connector)
    assert opened is not None
    assert opened[0].refresh_token == "refresh-2"


async def test_a_user_who_connects_during_a_refresh_wins(stand: Stand) -> None:
    async def connects() -> None:
        grants = stand.store.tenant(stand.tenant).grants
        await grants.write(stand.connector, grant(77), expected_version=1)

    stand.provider.meanwhile = connects
    outcome = await stand.refresh(force=True)
    assert (outcome.refreshed, outcome.token.version, outcome.token.status) == (False, 2, "active")
    opened = await stand.store.tenant(stand.tenant).grants.open(stand.connector)
    assert opened is not None
    assert opened[0].access_token == "access-77"
    assert stand.provider.given_back == []


@pytest.mark.parametrize("erased", [False, True])
async def test_a_deletion_during_a_refresh_gives_the_new_token_back(stand: Stand, erased: bool) -> None:
    async def goes() -> None:
        connectors = stand.store.tenant(stand.tenant).connectors
        await connectors.set_status(stand.connector, "deleting")
        if erased:
            await connectors.erase(stand.connector)

    stand.provider.meanwhile = goes
    outcome = await stand.refresh(force=True)
    assert (outcome.reason, outcome.token.status) == ("gone", "revoked")
    assert stand.provider.given_back == ["refresh-2", "access-2"]


async def test_a_dead_grant_needs_its_user_and_is_told_once(stand: Stand) -> None:
    outbox = stand.store.tenant(stand.tenant).notifications
    target = NotificationTarget(url="https://hooks.example.com/x", events=["connector.needs_reauth"])
    await outbox.configure(target, SecretStr("whsec_c2VjcmV0LW9mLXR3ZW50eS1mb3VyLWJ5dGVz"))
    held = grant(1)
    await stand.cache.put(
        stand.tenant, stand.connector, CachedToken(held.access_token, "Bearer", 1, held.expires_at)
    )
    stand.provider.error = TokenError("invalid_grant", "expired", code="invalid_grant", status=400)
    first = await stand.refresh(force=True)
    again = await stand.refresh(force=True)
    assert (first.token.status, first.reason) == ("needs_reauth", "invalid_grant")
    assert again.token.status == "needs_reauth"
    assert len(stand.provider.asked) == 1
    by_hand = await stand.refresh(force=True, actor="ann")
    assert by_hand.token.status == "needs_reauth"
    assert len(stand.provider.asked) == 2, "a person may always try"
    assert (await stand.actions()).count("token.needs_reauth") == 1
    (sent,) = (await outbox.list(limit=10, cursor=None)).items
    assert (sent.type, sent.status) == ("connector.needs_reauth", "pending")
    assert sent.data["connectorId"] == stand.connector
    connector = await stand.store.tenant(stand.tenant).connectors.get(stand.connector)
    assert connector.status == "needs_reauth"
    assert await stand.cache.get(stand.tenant, stand.connector) is None, "no request goes out with it"


async def test_a_database_that_goes_while_a_grant_dies_leaves_no_gap_in_the_audit(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise PartUnavailableError("database", "away")

    stand.provider.error = TokenError("invalid_grant", "expired", code="invalid_grant", status=400)
    with monkeypatch.context() as broken:
        broken.setattr("varlor.storage.audit.SqlAudit.write", away)
        with pytest.raises(ApplicationError):
            await stand.refresh(force=True)
    assert (await stand.refresh(force=True)).token.status == "needs_reauth"
    assert await stand.actions() == ["token.refresh_failed", "token.needs_reauth"]


async def test_a_dead_grant_is_read_again_before_anybody_is_bothered(stand: Stand) -> None:
    async def connects() -> None:
        grants = stand.store.tenant(stand.tenant).grants
        await grants.write(stand.connector, grant(77), expected_version=1)

    stand.provider.meanwhile = connects
    stand.provider.error = TokenError("invalid_grant", "expired", code="invalid_grant", status=400)
    outcome = await stand.refresh(force=True)
    assert (outcome.token.status, outcome.token.version) == ("active", 2)
    assert "token.needs_reauth" not in await stand.actions()


async def test_a_provider_in_trouble_degrades_and_never_bothers_the_user(stand: Stand) -> None:
    stand.provider.error = TokenError("passing", "down", status=503, retry_after=7.0)
    waits: list[float] = []
    for failures in range(12):
        outcome = await stand.refresh(force=True, failures=failures)
        assert (outcome.token.status, outcome.token.version) == ("degraded", 1)
        waits.append(outcome.retry_seconds or 0.0)
    assert waits[0] == 7.0
    assert 150 <= waits[-1] <= 300
    stand.provider.error = None
    assert (await stand.refresh(force=True)).token.status == "active"
