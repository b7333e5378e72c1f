"""The one place where a stored token is refreshed: ask, stash, write by compare-and-swap, cache, tell.

A token answer is stashed in Redis before it is written, so whatever fails afterwards (the database,
the worker) is cured by repeating the write. The request itself is never repeated for that.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Final

from temporalio import activity

from activities.failures import translated
from activities.herald import Herald
from activities.refresh_rules import Held, RefreshPlan, needed, planned, wait_after
from activities.revocation import give_back
from activities.token_trail import Trail
from varlor.contracts.messages import OpenRuns, RefreshInput, RefreshOutcome
from varlor.contracts.oauth import TokenState, TokenStatus
from varlor.errors import ConflictError, NotFoundError, PartUnavailableError, TokenError
from varlor.ports import (
    AuditLine,
    CachedToken,
    Clock,
    Events,
    Grant,
    OAuth2,
    StashedGrant,
    Store,
    TenantStore,
    TokenCache,
    TokenStash,
)

GONE: Final = "gone"
_PAGE: Final = 200
_STASH: Final = "refresh"
_ENDED: Final = frozenset({"none", "revoked"})  # by a user, or because the connector points elsewhere now
_SOON: Final = 1.0  # seconds; most providers answer within it, and so spare the database a write


class TokenActivities:
    def __init__(
        self,
        store: Store,
        oauth: OAuth2,
        cache: TokenCache,
        stash: TokenStash,
        events: Events,
        herald: Herald,
        plan: RefreshPlan,
        clock: Clock,
    ) -> None:
        self._store = store
        self._oauth = oauth
        self._cache = cache
        self._stash = stash
        self._herald = herald
        self._plan = plan
        self._clock = clock
        self._trail = Trail(store, events)
        self._random = Random()  # noqa: S311 - it spreads waits, it guards nothing

    def each(self) -> Sequence[Callable[..., object]]:
        """What a worker registers."""
        return [self.refresh_token, self.waiting_runs]

    @activity.defn
    @translated
    async def refresh_token(self, order: RefreshInput) -> RefreshOutcome:
        """Refresh once if that is still needed; what the provider does is the outcome, not a failure.

        Raises PartUnavailableError when database or Redis is away: the retry finds the stashed answer.
        """
        ahead = self._clock.now() - activity.info().started_time  # which is by Temporal's clock
        outcome = await self._outcome(order)
        return outcome.model_copy(update={"clock_ahead": ahead.total_seconds()})

    async def _outcome(self, order: RefreshInput) -> RefreshOutcome:
        tenant = self._store.tenant(order.tenant_id)
        held = await self._held(tenant, order.connector_id)
        if held is None:
            return RefreshOutcome(token=TokenState(status="revoked"), reason=GONE)
        stashed = await self._stash.get(order.tenant_id, order.connector_id, _STASH)
        if stashed is not None and stashed.expected_version == held.state.version:
            return await self._write(tenant, order, held, stashed)
        if not needed(order, held, self._clock.now()):
            await self._tell_parked(order, held.state)  # an attempt before may have died before it told
            return RefreshOutcome(token=held.state)
        return await self._renew(tenant, order, held)

    @activity.defn
    @translated
    async def waiting_runs(self, order: RefreshInput) -> OpenRuns:
        """The connector's runs that wait for their user to connect again."""
        runs, cursor, found = self._store.tenant(order.tenant_id).runs, None, list[str]()
        while True:
            page = await runs.list(
                limit=_PAGE, cursor=cursor, connector_id=order.connector_id, status="waiting_auth"
            )
            found += [run.workflow_id for run in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return OpenRuns(workflow_ids=found)

    async def _held(self, tenant: TenantStore, connector_id: str) -> Held | None:
        """None when the connector is gone or going, or signs in by other means."""
        try:
            held = await tenant.grants.held(connector_id)
        except NotFoundError:
            return None
        config = held.connector.oauth_config
        if config is None or held.connector.auth_type != "oauth2" or held.connector.status == "deleting":
            return None
        return Held(config, held.secrets, held.grant, held.state, held.connector.audience())

    async def _renew(self, tenant: TenantStore, order: RefreshInput, held: Held) -> RefreshOutcome:
        try:
            grant = await self._asked(tenant, order, held)
        except TokenError as error:
            return await self._failed(tenant, order, held, error)
        stashed = StashedGrant(grant, held.state.version, held.audience)
        with suppress(PartUnavailableError):  # then the write that follows is the only chance
            await self._stash.put(order.tenant_id, order.connector_id, _STASH, stashed)
        return await self._write(tenant, order, held, stashed)

    async def _asked(self, tenant: TenantStore, order: RefreshInput, held: Held) -> Grant:
        """The provider's answer; only a wait for it that somebody might notice is shown as `refreshing`."""
        asking = asyncio.create_task(self._oauth.renew(held.config, held.secrets, held.grant))
        try:
            answered, _ = await asyncio.wait({asking}, timeout=_SOON)
            if not answered:
                await self._show_waiting(tenant, order, held)
            grant = await asking
            if not answered:
                activity.heartbeat("answered")
            return grant
        finally:
            asking.cancel()

    async def _show_waiting(self, tenant: TenantStore, order: RefreshInput, held: Held) -> None:
        activity.heartbeat("asking")
        if held.grant is not None:
            with suppress(PartUnavailableError):  # the answer, once it is there, must not be lost
                await self._mark(tenant, order, held, "refreshing", held.state.next_refresh_at)

    async def _write(
        self, tenant: TenantStore, order: RefreshInput, held: Held, stashed: StashedGrant
    ) -> RefreshOutcome:
        grant = stashed.grant
        try:
            state = await tenant.grants.write(
                order.connector_id,
                grant,
                expected_version=stashed.expected_version,
                audience=stashed.audience,
                next_refresh_at=planned(self._plan, order.connector_id, held.config, grant),
                line=self._trail.line(
                    order, "token.refreshed", version=str(stashed.expected_version + 1), **_opened_under(held)
                ),
            )
        except (ConflictError, NotFoundError):
            return await self._superseded(tenant, order, held, grant)
        cached = CachedToken(grant.access_token, grant.token_type, state.version, grant.expires_at)
        with suppress(PartUnavailableError):  # without Redis the database is asked
            await self._cache.put(order.tenant_id, order.connector_id, cached)
            await self._stash.drop(order.tenant_id, order.connector_id, _STASH)
        await self._trail.tell(order.tenant_id, order.connector_id, state)
        return RefreshOutcome(token=state, refreshed=True)

    async def _superseded(
        self, tenant: TenantStore, order: RefreshInput, held: Held, grant: Grant
    ) -> RefreshOutcome:
        """A user connected anew, or the connector goes: what was just fetched belongs to nobody."""
        with suppress(PartUnavailableError):
            await self._stash.drop(order.tenant_id, order.connector_id, _STASH)
        now = await self._held(tenant, order.connector_id)
        if now is None or now.state.status in _ENDED:
            await give_back(self._oauth, held.config, held.secrets, grant)
        state = now.state if now is not None else TokenState(status="revoked")
        await self._trail.note(order, "token.refresh_superseded", state)
        return RefreshOutcome(token=state, reason=None if now is not None else GONE)

    async def _failed(
        self, tenant: TenantStore, order: RefreshInput, held: Held, error: TokenError
    ) -> RefreshOutcome:
        reason = error.code or error.kind
        if error.kind == "passing":
            wait = wait_after(order.failures + 1, error.retry_after, self._random)
            at = self._clock.now() + timedelta(seconds=wait)
            state = await self._mark(tenant, order, held, "degraded", at)
            await self._note_failure(order, held, state, reason)
            return RefreshOutcome(token=state, reason=reason, retry_seconds=wait)
        now = await tenant.grants.state(order.connector_id)
        if now.version > held.state.version:  # read again once: somebody has connected meanwhile
            return RefreshOutcome(token=now)
        await self._note_failure(order, held, now, reason)
        parked = self._trail.line(
            order, "token.needs_reauth", outcome="failed", version=str(held.state.version), reason=reason
        )
        line = parked if held.state.status != "needs_reauth" else None
        state = await self._mark(tenant, order, held, "needs_reauth", None, line)
        with suppress(PartUnavailableError):
            await self._cache.drop(order.tenant_id, order.connector_id, version=held.state.version)
        await self._tell_parked(order, state)
        await self._trail.tell(order.tenant_id, order.connector_id, state, reason)
        return RefreshOutcome(token=state, reason=reason)

    async def _note_failure(self, order: RefreshInput, held: Held, state: TokenState, reason: str) -> None:
        await self._trail.note(
            order, "token.refresh_failed", state, outcome="failed", reason=reason, **_opened_under(held)
        )

    async def _tell_parked(self, order: RefreshInput, state: TokenState) -> None:
        """Once for each token that died."""
        if state.status == "needs_reauth":
            data = {"connectorId": order.connector_id, "tokenVersion": state.version}
            key = f"{order.connector_id} {state.version}"
            await self._herald.tell(order.tenant_id, "connector.needs_reauth", key, data)

    async def _mark(
        self,
        tenant: TenantStore,
        order: RefreshInput,
        held: Held,
        status: TokenStatus,
        next_refresh_at: datetime | None,
        line: AuditLine | None = None,
    ) -> TokenState:
        """The state afterwards; that of a newer token where one was stored meanwhile."""
        try:
            return await tenant.grants.mark(
                order.connector_id,
                status,
                expected_version=held.state.version,
                next_refresh_at=next_refresh_at,
                line=line,
            )
        except ConflictError:
            return await tenant.grants.state(order.connector_id)


def _opened_under(held: Held) -> dict[str, str]:
    """For the audit: the master key that the token was opened with."""
    return {"openedUnder": held.grant.key_version or ""} if held.grant is not None else {}
