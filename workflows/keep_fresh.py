"""A connector's token: one durable workflow, the only place where it is refreshed.

Timers, a 401 in some worker and the API's refresh all arrive here and share one request. The token
itself never comes near: this knows its version, its status and when it is due.
"""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.revocation import RevocationActivities
    from activities.tokens import GONE, TokenActivities
    from varlor.contracts.messages import (
        EnsureFresh,
        KeepFreshInput,
        KeepFreshState,
        RefreshInput,
        RefreshOutcome,
    )
    from varlor.contracts.oauth import TokenState
    from varlor.contracts.token_acts import RevokeInput
    from workflows import options
    from workflows.restored import tell_waiting_runs
    from workflows.revoking import revoke_and_erase

_PARKED = frozenset({"none", "needs_reauth", "revoked"})


@workflow.defn(name="keep-token-fresh")
class KeepTokenFresh:
    """Lives as long as its connector; continues as new while its history is still quickly replayed."""

    @workflow.init
    def __init__(self, order: KeepFreshInput) -> None:
        self._order = order
        self._token = order.state.token
        self._failures = order.state.failures
        self._clock_ahead = timedelta(seconds=order.state.clock_ahead)
        self._updates = 0
        self._attempts = 0
        self._retired = False
        self._moved = False
        self._lock = asyncio.Lock()

    @workflow.run
    async def run(self, order: KeepFreshInput) -> None:
        if order.state.token.version == 0:
            await self._attempt(EnsureFresh())
        while not self._retired:
            if await self._until_due():
                await self._attempt(EnsureFresh(seen_version=self._token.version, force=True))
            if self._crowded() and not self._retired:
                await workflow.wait_condition(workflow.all_handlers_finished)
                self._continue_as_new()
        await workflow.wait_condition(workflow.all_handlers_finished)

    # --- what is asked of it -----------------------------------------------------------------

    @workflow.update
    async def ensure_fresh(self, want: EnsureFresh) -> TokenState:
        """Join the refresh under way, or begin one if what is stored is no better than what was seen."""
        self._updates += 1
        return await self._attempt(want)

    @ensure_fresh.validator
    def _check_want(self, want: EnsureFresh) -> None:
        if want.seen_version < 0:
            raise ValueError("seenVersion counts from 0")
        if self._retired:
            raise ApplicationError("The connector is being deleted.", type=GONE, non_retryable=True)

    @workflow.update
    async def revoke(self, actor: str) -> TokenState:
        """Stop the token at once, then tell the provider, for ten minutes if need be, and erase it."""
        self._updates += 1
        order = RevokeInput(
            tenant_id=self._order.tenant_id, connector_id=self._order.connector_id, actor=actor
        )
        async with self._lock:
            stopped = await workflow.execute_activity_method(
                RevocationActivities.stop_token, order, summary="stop the token", **options.BOOKKEEPING
            )
            self._take(stopped)
        if stopped.version == 0:
            return stopped
        _, state = await revoke_and_erase(order.model_copy(update={"version": stopped.version}))
        self._take(state)
        return state

    @workflow.signal
    def token_stored(self, token: TokenState) -> None:
        """A user has connected; the new token is in the database already."""
        self._failures = 0
        self._take(token)

    @workflow.signal
    def connector_retired(self) -> None:
        """The connector goes, and this with it."""
        self._retired = True

    @workflow.query
    def token(self) -> TokenState:
        return self._token

    # --- the one refresh ---------------------------------------------------------------------

    async def _attempt(self, want: EnsureFresh) -> TokenState:
        before = self._attempts
        async with self._lock:
            joined = self._attempts > before
            if not (joined or self._retired or self._satisfies(want)):
                await self._refresh(want)
            return self._token

    def _satisfies(self, want: EnsureFresh) -> bool:
        """Whether asking anybody would be of no use: there is news already, or it is not time yet."""
        token = self._token
        if want.seen_version > token.version or token.version == 0:
            return False
        if token.status == "active" and token.version > want.seen_version:
            return True
        if want.actor is not None:
            return False  # a person may always try
        if token.status in _PARKED:
            return True
        backing_off = token.next_refresh_at is not None and token.next_refresh_at > self._now()
        return token.status == "degraded" and backing_off

    async def _refresh(self, want: EnsureFresh) -> None:
        parked = self._token.status == "needs_reauth"
        self._show("refreshing")
        try:
            outcome = await workflow.execute_activity_method(
                TokenActivities.refresh_token,
                RefreshInput(
                    tenant_id=self._order.tenant_id,
                    connector_id=self._order.connector_id,
                    seen_version=want.seen_version,
                    force=want.force,
                    actor=want.actor,
                    failures=self._failures,
                ),
                summary=f"after version {self._token.version}" + (" (forced)" if want.force else ""),
                **options.REFRESH,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            outcome = self._broken()
        self._clock_ahead = timedelta(seconds=outcome.clock_ahead)
        self._attempts += outcome.refreshed or outcome.reason is not None
        self._retired = self._retired or outcome.reason == GONE
        self._failures = self._failures + 1 if outcome.retry_seconds is not None else 0
        self._take(outcome.token)
        if parked and outcome.refreshed:
            await tell_waiting_runs(self._order.tenant_id, self._order.connector_id)

    def _broken(self) -> RefreshOutcome:
        """A failure that no retry cures, such as a key that is not given: look again in a while."""
        again = self._now() + options.KEEPER_RETRY
        broken = self._token.model_copy(update={"status": "degraded", "next_refresh_at": again})
        wait, ahead = options.KEEPER_RETRY.total_seconds(), self._clock_ahead.total_seconds()
        return RefreshOutcome(token=broken, reason="internal", retry_seconds=wait, clock_ahead=ahead)

    def _take(self, token: TokenState) -> None:
        """Versions only grow: what was read before somebody stored the next one is no news."""
        if token.version >= self._token.version:
            self._token = token
            self._moved = True
        self._show(self._token.status)

    # --- waiting -----------------------------------------------------------------------------

    async def _until_due(self) -> bool:
        """True once the token is due; False when something moved that changes when that is."""
        self._moved = False
        try:
            await workflow.wait_condition(
                lambda: self._retired or self._moved or self._crowded(),
                timeout=self._due_in(),
                timeout_summary="until the next refresh",
            )
        except TimeoutError:
            return True
        return False

    def _due_in(self) -> timedelta | None:
        due = self._token.next_refresh_at
        if due is None or self._token.status in _PARKED:
            return None
        return max(due - self._now(), options.SHORTEST_TIMER)

    def _now(self) -> datetime:
        """By the workers' clock, as a token's times are; that of Temporal may be minutes away from it."""
        return workflow.now() + self._clock_ahead

    def _crowded(self) -> bool:
        long = workflow.info().get_current_history_length() > options.KEEPER_EVENTS
        return long or self._updates >= options.CONTINUE_AFTER_UPDATES

    def _continue_as_new(self) -> None:
        ahead = self._clock_ahead.total_seconds()
        state = KeepFreshState(token=self._token, failures=self._failures, clock_ahead=ahead)
        workflow.continue_as_new(self._order.model_copy(update={"state": state}))

    def _show(self, status: str) -> None:
        token = self._token
        lines = [f"**{status}** · version {token.version} · connector `{self._order.connector_id}`"]
        if token.expires_at is not None:
            lines.append(f"expires {token.expires_at:%Y-%m-%d %H:%M:%S} UTC")
        if token.next_refresh_at is not None:
            lines.append(f"next refresh {token.next_refresh_at:%Y-%m-%d %H:%M:%S} UTC")
        if self._failures:
            lines.append(f"{self._failures} failures in a row")
        if status == "needs_reauth":
            lines.append("waiting for its user to connect again")
        workflow.set_current_details("\n\n".join(lines))
