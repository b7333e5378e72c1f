"""The effects of an onboarding: the authorization URL, the one exchange of a code, and how it ended."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from temporalio import activity

from activities.check import CheckDraft
from activities.failures import translated
from activities.onboard_draft import AuthorizationDraft, OnboardDraft
from activities.refresh_rules import RefreshPlan, planned
from activities.revocation import give_back
from activities.token_trail import Trail
from varlor.contracts.messages import OnboardInput
from varlor.contracts.oauth import OAuthConfig, TokenState
from varlor.contracts.token_acts import ExchangeOutcome, OnboardEnd, PreparedAuthorization, StoredToken
from varlor.errors import ConflictError, NotFoundError, PartUnavailableError, TokenError
from varlor.ports import (
    CachedToken,
    Clock,
    Drafts,
    Events,
    Grant,
    OAuth2,
    OAuthAttempt,
    OAuthAttempts,
    StashedGrant,
    Store,
    TenantStore,
    TokenCache,
    TokenKeeper,
    TokenStash,
)

_TRIES: Final = 5  # of a write that another token got ahead of


class OAuthActivities:
    def __init__(
        self,
        store: Store,
        oauth: OAuth2,
        attempts: OAuthAttempts,
        drafts: Drafts,
        cache: TokenCache,
        stash: TokenStash,
        keeper: TokenKeeper,
        events: Events,
        plan: RefreshPlan,
        clock: Clock,
    ) -> None:
        self._store = store
        self._oauth = oauth
        self._attempts = attempts
        self._drafts = drafts
        self._cache = cache
        self._stash = stash
        self._keeper = keeper
        self._plan = plan
        self._clock = clock
        self._trail = Trail(store, events)

    def each(self) -> Sequence[Callable[..., object]]:
        """What a worker registers."""
        return [self.prepare_authorization, self.exchange_code, self.announce_token, self.end_onboarding]

    @activity.defn
    @translated
    async def prepare_authorization(self, order: OnboardInput) -> PreparedAuthorization:
        """Make state and verifier, keep them sealed for 600 s, and leave the URL for the API."""
        raw = await self._drafts.get(order.tenant_id, order.nonce, "onboard")
        if raw is None:
            return PreparedAuthorization(reason="expired")
        draft = OnboardDraft.model_validate_json(raw)
        found = await self._settings(self._store.tenant(order.tenant_id), order.connector_id)
        if found is None:
            return PreparedAuthorization(reason="not_oauth")
        config, audience = found
        try:
            made = await self._oauth.authorization(config, draft.redirect_uri)
        except TokenError as error:
            return PreparedAuthorization(reason=error.code or "provider_metadata", detail=error.detail)
        now = self._clock.now()
        attempt = OAuthAttempt(
            tenant_id=order.tenant_id,
            connector_id=order.connector_id,
            subject=draft.subject,
            nonce=order.nonce,
            onboard_run=activity.info().workflow_run_id or "",
            browser_hash=draft.browser_hash,
            verifier=made.verifier,
            redirect_uri=draft.redirect_uri,
            token_url=made.token_url,
            audience=audience,
            return_to=draft.return_to,
            issuer=made.issuer,
            iss_required=made.iss_required,
            created_at=now,
        )
        await self._attempts.save(made.state, attempt)
        answer = AuthorizationDraft(url=made.url, state=made.state, prepared_at=now)
        await self._drafts.put(
            order.tenant_id, order.nonce, "authorization", answer.model_dump_json().encode()
        )
        return PreparedAuthorization()

    @activity.defn
    @translated
    async def exchange_code(self, order: OnboardInput) -> ExchangeOutcome:
        """Exchange the code, stash the answer, store it. A retry repeats the write, not the exchange.

        Raises TokenError(passing) and PartUnavailableError, which ask for another try.
        """
        tenant = self._store.tenant(order.tenant_id)
        found = await self._settings(tenant, order.connector_id)
        if found is None:
            return ExchangeOutcome(reason="deleted")
        config, audience = found
        stashed = await self._stash.get(order.tenant_id, order.connector_id, order.nonce)
        if stashed is None:
            answer = await self._attempts.code(order.tenant_id, order.nonce)
            if answer is None:
                return ExchangeOutcome(reason="expired")
            if answer.audience not in (None, audience):  # was pointed elsewhere: nobody's consent is for that
                return ExchangeOutcome(reason="superseded")
            version = (await tenant.grants.state(order.connector_id)).version
            secrets = await tenant.connectors.secrets(order.connector_id)
            try:
                grant = await self._oauth.exchange(config, secrets, answer)
            except TokenError as error:
                if error.kind == "passing":
                    raise
                return ExchangeOutcome(reason=error.code or "exchange_failed")
            activity.heartbeat("answered")
            stashed = StashedGrant(grant, version, audience)
            with suppress(PartUnavailableError):
                await self._stash.put(order.tenant_id, order.connector_id, order.nonce, stashed)
            outcome = await self._store_grant(tenant, order, config, stashed)
            if outcome.token is None:  # a retry may find another address in the config: it tells nobody
                await give_back(self._oauth, config, secrets, grant)
            return outcome
        return await self._store_grant(tenant, order, config, stashed)

    async def _store_grant(
        self, tenant: TenantStore, order: OnboardInput, config: OAuthConfig, stashed: StashedGrant
    ) -> ExchangeOutcome:
        grant = stashed.grant
        due = planned(self._plan, order.connector_id, config, grant)
        try:
            state = await self._write(tenant, order, stashed, due)
        except (ConflictError, NotFoundError):
            return ExchangeOutcome(reason="superseded")
        cached = CachedToken(grant.access_token, grant.token_type, state.version, grant.expires_at)
        with suppress(PartUnavailableError):
            await self._cache.put(order.tenant_id, order.connector_id, cached)
        await self._trail.note(order, "authorization.completed", state)
        with suppress(PartUnavailableError):  # last: by these a retry finds what it has done already
            await self._stash.drop(order.tenant_id, order.connector_id, order.nonce)
            await self._attempts.drop_code(order.tenant_id, order.nonce)
        return ExchangeOutcome(token=state)

    async def _write(
        self, tenant: TenantStore, order: OnboardInput, stashed: StashedGrant, due: datetime | None
    ) -> TokenState:
        """A user's newest consent wins over whatever a refresh stored meanwhile.

        ConflictError when the connector is being deleted, or was pointed elsewhere since.
        """
        connector_id, version = order.connector_id, stashed.expected_version
        for _ in range(_TRIES):
            line = self._trail.line(order, "token.exchanged", version=str(version + 1))
            try:
                return await tenant.grants.write(
                    connector_id,
                    stashed.grant,
                    expected_version=version,
                    audience=stashed.audience,
                    next_refresh_at=due,
                    line=line,
                )
            except ConflictError:
                now = await tenant.grants.state(connector_id)
                if now.version == version or now.status == "none":
                    raise
                if _same(stashed.grant, await tenant.grants.open(connector_id)):
                    return now
                version = now.version
        raise PartUnavailableError("database", "The connector's token keeps changing.")

    @activity.defn
    @translated
    async def announce_token(self, stored: StoredToken) -> None:
        """Tell keep-token-fresh, and leave a draft for the connection test that follows."""
        await self._keeper.token_stored(stored.tenant_id, stored.connector_id, stored.token)
        draft = CheckDraft().model_dump_json().encode()
        await self._drafts.put(stored.tenant_id, stored.nonce, "request", draft)

    @activity.defn
    @translated
    async def end_onboarding(self, end: OnboardEnd) -> None:
        """Say in the audit that no token came of it, and why."""
        action = {"access_denied": "denied", "expired": "expired"}.get(end.reason, "failed")
        await self._trail.note(end, f"authorization.{action}", None, outcome="failed", reason=end.reason)

    async def _settings(self, tenant: TenantStore, connector_id: str) -> tuple[OAuthConfig, str] | None:
        """How it signs in, and its audience; None when it is gone or going, or signs in by other means."""
        try:
            connector = await tenant.connectors.get(connector_id)
        except NotFoundError:
            return None
        config = connector.oauth_config
        if config is None or connector.auth_type != "oauth2" or connector.status == "deleting":
            return None
        return config, connector.audience()


def _same(grant: Grant, opened: tuple[Grant, TokenState] | None) -> bool:
    """Whether an earlier attempt has stored this very token."""
    return opened is not None and opened[0].access_token == grant.access_token
