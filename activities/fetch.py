"""Fetching's effects: read one chunk of pages into the dataset, publish, and end the run."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from temporalio import activity

from activities.announce import announce, waits_told
from activities.chunk import Chunk
from activities.failures import ending, translated
from activities.herald import Herald
from activities.journal import Journal, Tally
from activities.outcome import tell_outcome
from activities.stopping import pulse, until_stopped
from varlor.contracts.check import Discovery
from varlor.contracts.for_each import ForEach
from varlor.contracts.messages import ChunkInput, ChunkResult, FinishInput, FinishOutcome, RunRef
from varlor.contracts.run import Run
from varlor.contracts.waits import WAIT_STATUS
from varlor.errors import NotFoundError
from varlor.ports import (
    Clock,
    Connectors,
    Credentials,
    Datasets,
    DiscoveryCache,
    Events,
    LandingTarget,
    Parents,
    RateWindow,
    ReadJob,
    RunState,
    Store,
    TenantStore,
)


class FetchActivities:
    def __init__(
        self,
        store: Store,
        connectors: Connectors,
        credentials: Credentials,
        datasets: Datasets,
        events: Events,
        window: RateWindow,
        discoveries: DiscoveryCache,
        herald: Herald,
        clock: Clock,
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._credentials = credentials
        self._datasets = datasets
        self._events = events
        self._window = window
        self._discoveries = discoveries
        self._herald = herald
        self._clock = clock

    @activity.defn
    @ending
    @translated
    async def fetch_chunk(self, order: ChunkInput) -> ChunkResult:
        """Read pages until a bound, a wait or the end. Cancel and shutdown finish the open page first."""
        tenant = self._store.tenant(order.tenant_id)
        async with waits_told(tenant, order.run_id):
            return await self._read_chunk(order, tenant)

    async def _read_chunk(self, order: ChunkInput, tenant: TenantStore) -> ChunkResult:
        run = await self._mark_running(tenant, order)
        target = self._target(order.tenant_id, run)
        landing = await self._datasets.open(target, heartbeat=activity.heartbeat)
        tally = Tally.after((landing.state or RunState()).counters)
        journal = Journal(order.tenant_id, run, tenant, self._events, tally)
        await journal.catch_up()
        stop = asyncio.Event()
        job = await self._job(order.tenant_id, tenant, run, journal)
        job = replace(job, since=landing.since, expect=landing.expect)
        landing_is_new = landing.state is None
        if landing_is_new and landing.since is not None:
            journal.note(f"An incremental sync: records from {landing.since} on are asked for.")
        reader = await self._connectors.reader(job, await self._described(job))
        chunk = Chunk(run, reader, landing, journal, tally, stop, order.failures)
        try:
            result = await until_stopped(chunk.read(), stop)
        finally:
            await reader.close()
            await journal.flush()
        if landing_is_new and result.counters.requests:
            await _note_first_use(tenant, job)
        await self._mark_waiting(tenant, order, result)
        return result

    async def _mark_running(self, tenant: TenantStore, order: ChunkInput) -> Run:
        run = await tenant.runs.mark(order.run_id, "running")
        await self._window.set_run_rate(order.tenant_id, order.run_id, run.requests_per_minute)
        await announce(self._events, order.tenant_id, run)
        return run

    async def _mark_waiting(self, tenant: TenantStore, order: ChunkInput, result: ChunkResult) -> None:
        if result.wait_reason is None:
            return
        waits_for_user = result.wait_reason == "auth"
        run = await tenant.runs.mark(
            order.run_id,
            WAIT_STATUS[result.wait_reason],
            resume_at=None if waits_for_user else self._clock.now() + timedelta(seconds=result.wait_seconds),
            error=result.error,
        )
        await announce(self._events, order.tenant_id, run)

    async def _job(self, tenant_id: str, tenant: TenantStore, run: Run, journal: Journal) -> ReadJob:
        connector = await tenant.connectors.get(run.connector_id)
        return ReadJob(
            tenant_id=tenant_id,
            run_id=run.id,
            connector=connector,
            auth=await self._credentials.auth(tenant_id, connector),
            request=run.request,
            log=journal.log,
            note=journal.note,
            parents=self._parents(tenant_id, tenant, run.request.for_each),
        )

    async def _described(self, job: ReadJob) -> Discovery | None:
        """What is known of the API; it is asked again only where the request names an endpoint by id.

        What was found is kept for an hour, and a schedule's request is read long after.
        """
        found = await self._discoveries.get(job.tenant_id, job.connector.id)
        if found is not None or job.request.endpoint_id is None:
            return found
        activity.heartbeat()
        found = await self._connectors.discover(job.tenant_id, job.connector, job.auth)
        activity.heartbeat()
        await self._discoveries.put(job.tenant_id, job.connector.id, found)
        return found

    def _parents(
        self, tenant_id: str, tenant: TenantStore, wanted: ForEach | None
    ) -> Callable[[int | None], Awaitable[Parents]] | None:
        """How a run reads the dataset of its parents, if it names one."""
        if wanted is None or wanted.dataset is None:
            return None
        name, column = wanted.dataset, wanted.field

        async def read(version: int | None) -> Parents:
            found = await tenant.datasets.find(name) or await tenant.datasets.get(name)
            return await self._datasets.values(self._datasets.location(tenant_id, found.id), column, version)

        return read

    def _target(self, tenant_id: str, run: Run) -> LandingTarget:
        wanted, incremental = run.request.dataset, run.request.incremental
        mode, key = wanted.write_mode, wanted.primary_key
        if incremental is not None and mode == "append":  # every version of a record, each once
            mode, key = "merge", list(dict.fromkeys([*key, incremental.cursor_field]))
        return LandingTarget(
            location=self._datasets.location(tenant_id, run.dataset_id),
            run_id=run.id,
            write_mode=mode,
            primary_key=key,
            schema_policy=wanted.schema_policy,
            incremental=incremental,
            stream=run.request.stream(run.connector_id),
            source=run.request.source,
        )

    @activity.defn
    @ending
    @translated
    @pulse()
    async def publish(self, ref: RunRef) -> None:
        """Make what landed the dataset's content, in one step; append has done so already."""
        tenant = self._store.tenant(ref.tenant_id)
        run = await tenant.runs.get(ref.run_id)
        async with waits_told(tenant, ref.run_id):
            await self._datasets.publish(self._target(ref.tenant_id, run), heartbeat=activity.heartbeat)

    @activity.defn
    @translated
    @pulse()
    async def finish_run(self, order: FinishInput) -> FinishOutcome:
        """Record how the run ended, give the dataset back, and name who waits for it."""
        tenant = self._store.tenant(order.tenant_id)
        run = await tenant.runs.get(order.run_id)
        location = self._datasets.location(order.tenant_id, run.dataset_id)
        if order.status != "succeeded":
            await self._datasets.discard(self._target(order.tenant_id, run))
        try:
            facts, refreshed = await self._datasets.facts(location), order.status == "succeeded"
            await tenant.datasets.record_facts(run.dataset_id, facts, refreshed=refreshed)
        except NotFoundError:
            activity.logger.info("the dataset was deleted while the run ended")
        run = await tenant.runs.mark(order.run_id, order.status, error=order.error)
        await announce(self._events, order.tenant_id, run)
        await tell_outcome(self._herald, order.tenant_id, tenant, run)
        waiting = await tenant.datasets.release(run.dataset_id, run.id)
        return FinishOutcome(counters=run, next_run_id=waiting)


async def _note_first_use(tenant: TenantStore, job: ReadJob) -> None:
    """Say in the audit that the run was handed the user's token; its later requests are in its own log."""
    if job.connector.auth_type != "oauth2":
        return
    opened = await tenant.grants.open(job.connector.id)
    key = opened[0].key_version if opened is not None else None
    await tenant.audit.write(
        "token.used",
        actor=f"run/{job.run_id}",
        connector_id=job.connector.id,
        correlation_id=activity.info().workflow_id,
        detail={"openedUnder": key} if key is not None else None,
    )
