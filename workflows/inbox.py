"""A webhook's inbox: events move into the dataset in batches, as runs that take turns with other writers."""

import asyncio
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.fetch import FetchActivities
    from activities.inbox import InboxActivities
    from activities.runs import RunActivities
    from varlor.contracts.messages import FinishInput, RunRef
    from varlor.contracts.run import RunError, RunStatus
    from varlor.contracts.webhook import DrainInput, DrainOrder, DrainState
    from workflows import options
    from workflows.released import tell_next
    from workflows.run_words import reason_of
    from workflows.stopped import stopped


@workflow.defn(name="drain-inbox")
class DrainInbox:
    """Ends when the inbox stays empty; the next event starts it again. How far it is, the dataset knows."""

    @workflow.init
    def __init__(self, order: DrainInput) -> None:
        self._order = order
        self._run_id = order.state.run_id
        self._leased = order.state.leased
        self._batches = order.state.batches
        self._rows = self._aside = 0
        self._arrived = False

    @workflow.run
    async def run(self, order: DrainInput) -> None:  # noqa: ARG002 - taken by __init__
        try:
            if not await self._open():
                if self._arrived:
                    self._anew(DrainState())
                return
            await self._take_lease()
            more = await self._drain()
        except (ActivityError, asyncio.CancelledError) as error:
            if stopped(error):
                await self._finish("canceled")
                raise asyncio.CancelledError from error
            await self._finish("failed", reason_of(error))
            await self._later()
        else:
            await self._finish("succeeded")
            if more or self._arrived:
                self._anew(DrainState())

    @workflow.signal
    def events_arrived(self) -> None:
        """There is something in the inbox."""
        self._arrived = True

    # --- the way through -------------------------------------------------------------------

    async def _open(self) -> bool:
        """False when there is nothing to do."""
        if self._run_id is None:
            self._arrived = False
            opened = await workflow.execute_activity_method(
                InboxActivities.open_drain, self._order, summary="open a run", **options.BOOKKEEPING
            )
            self._run_id = opened.run_id
        return self._run_id is not None

    async def _take_lease(self) -> None:
        while not self._leased:
            outcome = await workflow.execute_activity_method(
                RunActivities.begin_run, self._ref(), summary="take the dataset", **options.BOOKKEEPING
            )
            self._leased = outcome.leased
            if not outcome.leased:
                self._show(f"queued · another sync of the dataset ({outcome.holder_run_id})")
                await workflow.sleep(options.LEASE_POLL)
                self._continue_when_long()

    async def _drain(self) -> bool:
        """Until the inbox stays empty for a while, or others should have their turn; True for more to do."""
        while True:
            self._arrived = False
            self._show("draining")
            result = await workflow.execute_activity_method(
                InboxActivities.drain_inbox,
                DrainOrder(
                    tenant_id=self._order.tenant_id,
                    connector_id=self._order.connector_id,
                    run_id=self._ref().run_id,
                ),
                summary=f"stretch {self._batches + 1}",
                **options.DRAIN,
            )
            self._batches += 1
            self._rows += result.rows
            self._aside += result.set_aside
            if (
                workflow.cancellation_reason() is not None
            ):  # an activity that waits for its own end answers too
                raise asyncio.CancelledError
            if self._batches >= options.DRAINS_IN_A_RUN:
                return result.more
            if not result.more and not await self._more():
                return False
            self._continue_when_long()

    async def _more(self) -> bool:
        """Whether events came; a little later, so that they make one batch."""
        self._show("empty · waiting a while for more")
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._arrived, timeout=options.DRAIN_LINGER)
        if self._arrived:
            await workflow.sleep(options.DRAIN_PAUSE)
        return self._arrived

    async def _finish(self, status: RunStatus, error: RunError | None = None) -> None:
        if self._run_id is None:
            return
        # Shielded: a cancelled run still has to give its dataset back.
        ended = await asyncio.shield(
            workflow.execute_activity_method(
                FetchActivities.finish_run,
                FinishInput(tenant_id=self._order.tenant_id, run_id=self._run_id, status=status, error=error),
                summary=status,
                **options.FINISH,
            )
        )
        self._show(f"{status} · {error.detail}" if error else status)
        if ended.next_run_id is not None:
            await tell_next(self._order.tenant_id, ended.next_run_id)

    async def _later(self) -> None:
        """Events never give up: a new run after a while, a longer one each time."""
        failures = self._order.state.failures + 1
        wait = min(options.DRAIN_RETRY * 4 ** min(failures - 1, 8), options.DRAIN_RETRY_MOST)
        await workflow.sleep(wait, summary="until the next try")
        self._anew(DrainState(failures=failures))

    def _continue_when_long(self) -> None:
        long = workflow.info().get_current_history_length() > options.CONTINUE_AFTER_EVENTS
        if long or workflow.info().is_continue_as_new_suggested():
            self._anew(DrainState(run_id=self._run_id, leased=self._leased, batches=self._batches))

    def _anew(self, state: DrainState) -> None:
        workflow.continue_as_new(self._order.model_copy(update={"state": state}))

    def _ref(self) -> RunRef:
        return RunRef(tenant_id=self._order.tenant_id, run_id=self._run_id or "")

    def _show(self, words: str) -> None:
        workflow.set_current_details(
            f"**{words}**\n\n{self._rows:,} rows · {self._aside:,} set aside · {self._batches:,} stretches"
            f"\n\nconnector `{self._order.connector_id}` · run `{self._run_id}`"
        )
