"""A sync: one run of one dataset, in bounded chunks, with every wait in the workflow and none in a worker."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.fetch import FetchActivities
    from activities.runs import RunActivities
    from varlor.contracts.messages import (
        ChunkInput,
        ChunkResult,
        FinishInput,
        MarkInput,
        RunRef,
        SetRateInput,
        SyncInput,
        SyncProgress,
        SyncResult,
        SyncState,
    )
    from varlor.contracts.run import Counters, RunError, RunStatus
    from varlor.contracts.waits import WAIT_STATUS
    from workflows import options
    from workflows.released import tell_next
    from workflows.run_words import reason_of, wait_words
    from workflows.scheduled import skip, with_run
    from workflows.stopped import NO_FAILURE, stopped


@workflow.defn(name="sync-dataset")
class SyncDataset:
    """Rows and cursor live in the dataset's log, so a lost chunk costs only itself."""

    @workflow.init
    def __init__(self, order: SyncInput) -> None:
        state = order.state
        self._order = order
        self._leased = state.leased
        self._failures = state.failures
        self._chunks = state.chunks
        self._paused = state.paused
        self._rate = state.requests_per_minute
        self._released = False
        self._authorized = False
        self._wake = False
        self._status: RunStatus = "paused" if state.paused else "queued"
        self._counters = Counters()
        self._position = ""
        self._waiting_for: str | None = None
        self._chunk: workflow.ActivityHandle[ChunkResult] | None = None

    @workflow.run
    async def run(self, order: SyncInput) -> SyncResult:
        ready = await with_run(order)
        if ready is None:
            return SyncResult(status="canceled")
        self._order = ready
        try:
            _heed_cancel()
            if not await self._take_lease():
                return SyncResult(status="canceled")
            await self._read()
            await self._publish()
        except (ActivityError, asyncio.CancelledError) as error:
            if stopped(error):
                await self._finish("canceled")
                raise asyncio.CancelledError from error
            reason = reason_of(error)
            await self._finish("failed", reason)
            raise ApplicationError(reason.detail, type=reason.type, non_retryable=True) from error
        await self._finish("succeeded")
        return SyncResult(status="succeeded", counters=self._counters)

    # --- what is asked of a running sync ---------------------------------------------------

    @workflow.update
    async def pause(self) -> None:
        """Stop after the open page; what was read is kept."""
        if self._paused:
            return
        self._paused = True
        if self._chunk is not None:
            self._chunk.cancel()
        await self._mark("paused")

    @workflow.update
    async def resume(self) -> None:
        if not self._paused:
            return
        self._paused = False
        await self._mark("running" if self._leased else "queued")

    @workflow.update
    async def set_rate(self, requests_per_minute: int | None) -> None:
        """Lower (or free again) this run's share of the connector's rate; obeyed from the next page."""
        self._rate = requests_per_minute
        self._wake = True
        await workflow.execute_activity_method(
            RunActivities.set_rate,
            SetRateInput(
                tenant_id=self._order.tenant_id,
                run_id=self._order.run_id,
                requests_per_minute=requests_per_minute,
            ),
            summary=f"{requests_per_minute or 'full'} requests a minute",
            **options.BOOKKEEPING,
        )

    @set_rate.validator
    def _check_rate(self, requests_per_minute: int | None) -> None:
        if requests_per_minute is not None and requests_per_minute < 1:
            raise ValueError("requestsPerMinute must be 1 or more, or null for the connector's own rate")

    @workflow.signal
    def dataset_released(self) -> None:
        """The run before us has given the dataset back."""
        self._released = True

    @workflow.signal
    def authorization_restored(self) -> None:
        """The connector's user has connected again."""
        self._authorized = True

    @workflow.query
    def progress(self) -> SyncProgress:
        return SyncProgress(
            status=self._status,
            counters=self._counters,
            chunks=self._chunks,
            position=self._position,
            waiting_for=self._waiting_for,
        )

    # --- the way through -------------------------------------------------------------------

    async def _take_lease(self) -> bool:
        """False when the dataset is another run's, and a schedule started this one."""
        while not self._leased:
            await self._resumed()
            self._released = False
            outcome = await workflow.execute_activity_method(
                RunActivities.begin_run, self._ref(), summary="take the dataset", **options.BOOKKEEPING
            )
            self._leased = outcome.leased
            if not outcome.leased and self._order.origin == "schedule":
                await skip(self._order, outcome.holder_run_id)
                self._show("canceled", f"skipped: another sync of this dataset ({outcome.holder_run_id})")
                return False
            if not outcome.leased:
                self._show("queued", f"another sync of this dataset ({outcome.holder_run_id})")
                await self._wait(options.LEASE_POLL)
                self._continue_when_long()  # the run before us may wait for days
        return True

    async def _read(self) -> None:
        while True:
            await self._resumed()
            self._authorized = self._released = False  # either may come late, and would end every wait
            self._show("running")
            result = await self._read_chunk()
            if result is not None:
                self._take(result)
                if result.done:
                    return
                if result.wait_reason is not None:
                    self._show(WAIT_STATUS[result.wait_reason], wait_words(result))
                    await self._wait(timedelta(seconds=result.wait_seconds))
            self._continue_when_long()

    async def _read_chunk(self) -> ChunkResult | None:
        """One chunk; None when a pause ended it before it could commit anything."""
        self._chunks += 1
        self._chunk = workflow.start_activity_method(
            FetchActivities.fetch_chunk,
            ChunkInput(tenant_id=self._order.tenant_id, run_id=self._order.run_id, failures=self._failures),
            summary=f"chunk {self._chunks}",
            **options.CHUNK,
        )
        try:
            result = await self._chunk
        except ActivityError as error:
            # A pause may have been taken back before the chunk was through with ending.
            if stopped(error) and not _cancelled() and (self._paused or workflow.patched(NO_FAILURE)):
                return None
            if _cancelled() and workflow.patched(NO_FAILURE):
                raise asyncio.CancelledError from error  # the open page may fail instead: its token is gone
            raise
        finally:
            self._chunk = None
        if _cancelled():
            self._take(result)
        _heed_cancel()
        return result

    def _take(self, result: ChunkResult) -> None:
        self._counters = result.counters
        self._position = result.position
        self._failures = result.failures

    async def _publish(self) -> None:
        self._show("running", "the finished rows to become the dataset")
        await workflow.execute_activity_method(
            FetchActivities.publish, self._ref(), summary="publish the rows", **options.PUBLISH
        )

    async def _finish(self, status: RunStatus, error: RunError | None = None) -> None:
        tenant, run = self._order.tenant_id, self._order.run_id
        ending = workflow.start_activity_method(
            FetchActivities.finish_run,
            FinishInput(tenant_id=tenant, run_id=run, status=status, error=error),
            summary=status,
            **options.FINISH,
        )
        while not ending.done():  # a cancel comes too late now: how the run ended is decided
            with suppress(asyncio.CancelledError):
                await asyncio.shield(ending)
        ended = await ending
        self._counters = ended.counters
        self._show(status, error.detail if error else None)
        if ended.next_run_id is not None:
            await tell_next(self._order.tenant_id, ended.next_run_id)
        await workflow.wait_condition(workflow.all_handlers_finished)

    # --- waiting ---------------------------------------------------------------------------

    async def _resumed(self) -> None:
        if self._paused:
            await self._mark("paused")  # again: the chunk's last commit said otherwise
            self._show("paused", "resume")
            await workflow.wait_condition(lambda: not self._paused)

    async def _wait(self, length: timedelta) -> None:
        """A durable timer; a pause, a new rate, a released dataset, a restored authorization end it early."""
        self._wake = False
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._paused or self._wake or self._released or self._authorized, timeout=length
            )

    def _continue_when_long(self) -> None:
        long = workflow.info().get_current_history_length() > options.CONTINUE_AFTER_EVENTS
        if not (long or workflow.info().is_continue_as_new_suggested()):
            return
        if not workflow.all_handlers_finished():
            return
        state = SyncState(
            leased=self._leased,
            failures=self._failures,
            chunks=self._chunks,
            paused=self._paused,
            requests_per_minute=self._rate,
        )
        workflow.continue_as_new(self._order.model_copy(update={"state": state}))

    # --- what others see -------------------------------------------------------------------

    def _ref(self) -> RunRef:
        return RunRef(tenant_id=self._order.tenant_id, run_id=self._order.run_id)

    async def _mark(self, status: RunStatus) -> None:
        self._show(status)
        await workflow.execute_activity_method(
            RunActivities.mark_run,
            MarkInput(tenant_id=self._order.tenant_id, run_id=self._order.run_id, status=status),
            summary=status,
            **options.BOOKKEEPING,
        )

    def _show(self, status: RunStatus, waiting_for: str | None = None) -> None:
        self._status, self._waiting_for = status, waiting_for
        done = self._counters
        lines = [
            f"**{status}**" + (f" · {waiting_for}" if waiting_for else ""),
            f"{done.rows:,} rows · {done.pages:,} pages",
            f"{done.requests:,} requests · {done.retries:,} retries",
            f"connector `{self._order.connector_id}` · dataset `{self._order.dataset_id}`",
        ]
        if self._position:
            lines.append(f"at {self._position}")
        workflow.set_current_details("\n\n".join(lines))


def _cancelled() -> bool:
    return workflow.cancellation_reason() is not None


def _heed_cancel() -> None:
    """An activity that waits for its own end answers a cancelled sync too."""
    if _cancelled():
        raise asyncio.CancelledError
