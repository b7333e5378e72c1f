"""The end of a token: nobody uses it any more, the provider is told (RFC 7009), then it is erased."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Literal

from temporalio import activity

from activities.failures import translated
from activities.token_trail import Trail
from varlor.contracts.connector import Secrets
from varlor.contracts.oauth import OAuthConfig, TokenState
from varlor.contracts.token_acts import EraseInput, RevokeInput, RevokeOutcome
from varlor.errors import ConflictError, NotFoundError, PartUnavailableError, SealError, TokenError
from varlor.ports import Events, Grant, OAuth2, Store, TokenCache, TokenStash

_ORDER: Final[tuple[Literal["refresh_token", "access_token"], ...]] = ("refresh_token", "access_token")

_TOLD: Final = frozenset({"confirmed", "unsupported", "not_confirmed"})


class RevocationActivities:
    def __init__(
        self, store: Store, oauth: OAuth2, cache: TokenCache, stash: TokenStash, events: Events
    ) -> None:
        self._store = store
        self._oauth = oauth
        self._cache = cache
        self._stash = stash
        self._trail = Trail(store, events)

    def each(self) -> Sequence[Callable[..., object]]:
        """What a worker registers."""
        return [self.stop_token, self.revoke_token, self.erase_token]

    @activity.defn
    @translated
    async def stop_token(self, order: RevokeInput) -> TokenState:
        """From here on nobody is handed the token, though it is still known, so as to be revoked."""
        grants = self._store.tenant(order.tenant_id).grants
        state = await grants.state(order.connector_id)
        if state.version == 0 or state.status == "revoked":
            return state
        with suppress(ConflictError):
            state = await grants.mark(order.connector_id, "revoked", expected_version=state.version)
        await self._forget_copies(order, state.version)
        await self._trail.tell(order.tenant_id, order.connector_id, state)
        return state

    @activity.defn
    @translated
    async def revoke_token(self, order: RevokeInput) -> RevokeOutcome:
        """Tell the provider, of the refresh token first: most end the access token with it.

        Raises TokenError: a passing one asks for another try.
        """
        tenant = self._store.tenant(order.tenant_id)
        try:
            held = await tenant.grants.held(order.connector_id)
        except NotFoundError:
            return RevokeOutcome(result="nothing")
        config = held.connector.oauth_config
        if held.grant is None or config is None:
            return RevokeOutcome(result="nothing")
        if order.version is not None and held.state.version != order.version:
            return RevokeOutcome(result="superseded")
        answers = {
            await self._oauth.revoke(config, held.secrets, token, hint) for hint, token in _tokens(held.grant)
        }
        return RevokeOutcome(result="confirmed" if "done" in answers else "unsupported")

    @activity.defn
    @translated
    async def erase_token(self, order: EraseInput) -> TokenState:
        """Forget the token and say in the audit what the provider said; doing it twice is as once."""
        grants = self._store.tenant(order.tenant_id).grants
        try:
            before = await grants.state(order.connector_id)
        except NotFoundError:
            return TokenState(status="revoked")
        if before.version == 0 or (order.version is not None and before.version != order.version):
            return before
        opened = await self._opened_under(order)
        state = await grants.erase(order.connector_id)
        await self._forget_copies(order, before.version)
        failed = order.result == "not_confirmed"
        await self._trail.note(
            order,
            "token.revoked",
            state,
            outcome="failed" if failed else "ok",
            provider=order.result,
            **opened,
        )
        return state

    async def _opened_under(self, order: EraseInput) -> dict[str, str]:
        """For the audit: the master key that the token was opened with to be revoked, if it was."""
        if order.result not in _TOLD:
            return {}
        with suppress(NotFoundError, SealError):
            held = await self._store.tenant(order.tenant_id).grants.held(order.connector_id)
            return {"openedUnder": held.grant.key_version or ""} if held.grant is not None else {}
        return {}

    async def _forget_copies(self, order: RevokeInput, version: int) -> None:
        with suppress(PartUnavailableError):  # they expire by themselves
            await self._cache.drop(order.tenant_id, order.connector_id, version=version)
            await self._stash.drop(order.tenant_id, order.connector_id, "refresh")


async def give_back(oauth: OAuth2, config: OAuthConfig, secrets: Secrets, grant: Grant) -> None:
    """Revoke a token that came too late to be stored; its best is enough, for it will expire."""
    with suppress(TokenError):
        for hint, token in _tokens(grant):
            await oauth.revoke(config, secrets, token, hint)


def _tokens(grant: Grant) -> list[tuple[Literal["refresh_token", "access_token"], str]]:
    held = {"refresh_token": grant.refresh_token, "access_token": grant.access_token}
    return [(hint, token) for hint in _ORDER if (token := held[hint]) is not None]
