"""A connector's credential at send time; for OAuth the newest token there is, renewed elsewhere.

The token is looked up in Redis, then in the database. Only when it is about to end, or was refused,
is the connector's keep-token-fresh asked: it alone refreshes, and its callers share one request.
"""

from contextlib import suppress
from datetime import datetime
from typing import Final

from varlor.auth.expiry import is_stale
from varlor.contracts.connector import Connector
from varlor.contracts.oauth import TokenState
from varlor.errors import AuthRequiredError, PartUnavailableError, TokenError
from varlor.ports import (
    AuthParts,
    CachedToken,
    Clock,
    Connectors,
    RequestAuth,
    Store,
    TokenCache,
    TokenRefresher,
    WaitRequiredError,
)

SHORTEST_WAIT: Final = 5.0  # seconds until a failing provider is asked for again, at least
LONGEST_WAIT: Final = 300.0
_PARKED: Final = frozenset({"needs_reauth", "revoked"})


class TokenManagerService:
    """ports.Credentials."""

    def __init__(
        self,
        store: Store,
        connectors: Connectors,
        cache: TokenCache,
        refresher: TokenRefresher,
        clock: Clock,
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._cache = cache
        self._refresher = refresher
        self._clock = clock

    async def auth(self, tenant: str, connector: Connector) -> RequestAuth:
        """Raises InvalidInputError when a static credential is missing; an OAuth one is told by `parts`."""
        if connector.auth_type == "oauth2":
            return LiveToken(self, tenant, connector)
        secrets = await self._store.tenant(tenant).connectors.secrets(connector.id)
        return self._connectors.auth(connector, secrets)

    async def cached(self, tenant: str, connector: str) -> CachedToken | None:
        """What Redis holds; None while it is away, since the database knows too."""
        with suppress(PartUnavailableError):
            return await self._cache.get(tenant, connector)
        return None

    async def stored(self, tenant: str, connector: Connector) -> tuple[CachedToken | None, TokenState]:
        """What the database holds; AuthRequiredError when only the connector's user can help."""
        grants = self._store.tenant(tenant).grants
        opened = await grants.open(connector.id)
        state = opened[1] if opened is not None else await grants.state(connector.id)
        if state.status in _PARKED or (opened is None and not _alone(connector)):
            raise AuthRequiredError("The connector has to be connected (again) by its user.")
        if opened is None:
            return None, state
        grant = opened[0]
        token = CachedToken(grant.access_token, grant.token_type, state.version, grant.expires_at)
        with suppress(PartUnavailableError):
            await self._cache.put(tenant, connector.id, token)
        return token, state

    async def renewed(
        self, tenant: str, connector: Connector, seen: int, *, force: bool = False
    ) -> tuple[CachedToken | None, TokenState]:
        """As `stored`, after keep-token-fresh has seen to it."""
        await self._refresher.ensure_fresh(tenant, connector.id, seen, force=force)
        return await self.stored(tenant, connector)

    def stale(self, token: CachedToken) -> bool:
        return is_stale(token.expires_at, self._clock.now())

    def over(self, token: CachedToken) -> bool:
        return token.expires_at is not None and self._clock.now() >= token.expires_at

    def wait(self, state: TokenState) -> WaitRequiredError:
        """For a token that cannot be had now: until keep-token-fresh tries again."""
        at: datetime | None = state.next_refresh_at
        seconds = (at - self._clock.now()).total_seconds() if at is not None else 0.0
        because = TokenError("passing", "The authorization server gives no new token now.")
        return WaitRequiredError("retry", min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT), because)


class LiveToken:
    """ports.RequestAuth of one OAuth connector. It remembers what it sent, so it knows what was refused."""

    def __init__(self, manager: TokenManagerService, tenant: str, connector: Connector) -> None:
        self._manager = manager
        self._tenant = tenant
        self._connector = connector
        self._sent: CachedToken | None = None

    async def parts(self) -> AuthParts:
        """Raises AuthRequiredError, WaitRequiredError while the provider is down, PartUnavailableError."""
        token = self._sent = await self._current()
        return AuthParts(headers={"Authorization": f"{token.token_type} {token.access_token}"})

    async def refused(self) -> bool:
        """One forced refresh, unless somebody has done it already; raises as `parts` does."""
        if self._sent is None:
            return False
        seen = self._sent.version
        token, state = await self._manager.stored(self._tenant, self._connector)
        if token is None or token.version <= seen:
            token, state = await self._manager.renewed(self._tenant, self._connector, seen, force=True)
        if token is not None and token.version > seen:
            self._sent = token
            return True
        if state.status == "degraded":
            raise self._manager.wait(state)
        return False

    async def _current(self) -> CachedToken:
        token = self._newer(await self._manager.cached(self._tenant, self._connector.id))
        if token is not None and not self._manager.stale(token):
            return token
        token, state = await self._manager.stored(self._tenant, self._connector)
        if token is None or self._manager.stale(token):
            token, state = await self._renewed(token, state)
        # Of an active one keep-token-fresh knows better than this process' clock, which may be minutes ahead.
        if token is None or (self._manager.over(token) and state.status != "active"):
            raise self._manager.wait(state)
        return token

    async def _renewed(
        self, token: CachedToken | None, state: TokenState
    ) -> tuple[CachedToken | None, TokenState]:
        """Whatever keeps it from being renewed, a token that has not ended yet is still good."""
        try:
            return await self._manager.renewed(self._tenant, self._connector, state.version)
        except PartUnavailableError:
            if token is None or self._manager.over(token):
                raise
            return token, state

    def _newer(self, cached: CachedToken | None) -> CachedToken | None:
        """Of what Redis holds and what was sent last, the later version: Redis may have been flushed."""
        if cached is None or (self._sent is not None and self._sent.version > cached.version):
            return self._sent
        return cached


def _alone(connector: Connector) -> bool:
    """Whether a machine's grant gets its first token without a user."""
    return connector.oauth_config is not None and connector.oauth_config.grant != "authorization_code"
