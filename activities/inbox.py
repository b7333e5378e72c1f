"""Draining's effects: events leave the inbox for the dataset, each exactly once; a bad one is set aside."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import activity

from activities.announce import announce
from activities.drain import Drain
from activities.failures import ending, translated
from activities.journal import Journal, Tally
from activities.stopping import until_stopped
from varlor import names
from varlor.contracts.connector import Connector
from varlor.contracts.fetch import DatasetTarget, FetchRequest
from varlor.contracts.run import FINAL_STATUSES, Counters, RunError
from varlor.contracts.webhook import DrainInput, DrainOrder, DrainResult, OpenedDrain
from varlor.errors import ConflictError, NotFoundError, PartUnavailableError
from varlor.ports import Clock, Datasets, EventReader, Events, LandingTarget, Store, TenantStore

KNOWN_FOR: Final = timedelta(days=7)  # how long an event that comes again is known to have come
PAGE: Final = 200
PLACE: Final = "inbox"  # what stands for a path in the run's request


class InboxActivities:
    def __init__(
        self, store: Store, datasets: Datasets, reader: EventReader, events: Events, clock: Clock
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._reader = reader
        self._events = events
        self._clock = clock

    def each(self) -> list[Callable[..., object]]:
        """What a worker for short activities registers; `drain_inbox` is a long one."""
        return [self.open_drain]

    @activity.defn
    @translated
    async def open_drain(self, order: DrainInput) -> OpenedDrain:
        """Make the run's row, and the dataset if it is missing; asked again, answer the same run."""
        tenant = self._store.tenant(order.tenant_id)
        try:
            connector = await tenant.connectors.get(order.connector_id)
            await tenant.inbox.forget(connector.id, self._clock.now() - KNOWN_FOR)
            waiting = await tenant.inbox.waiting(connector.id, after=0, most=1, most_bytes=0)
        except NotFoundError:
            return OpenedDrain()
        if connector.status == "deleting" or not waiting:
            return OpenedDrain()
        info = activity.info()
        run_id = names.scheduled_run_id(info.workflow_id or "", info.workflow_run_id or "")
        await self._bury_others(tenant, order, run_id)
        dataset_id = await _dataset(tenant, connector)
        run = await tenant.runs.create(
            run_id,
            connector_id=connector.id,
            dataset_id=dataset_id,
            request=FetchRequest(path=PLACE, dataset=DatasetTarget(id=dataset_id)),
            origin="webhook",
            workflow_id=info.workflow_id,
        )
        await announce(self._events, order.tenant_id, run)
        await self._connected(tenant, order, connector)
        return OpenedDrain(run_id=run_id)

    async def _bury_others(self, tenant: TenantStore, order: DrainInput, run_id: str) -> None:
        """An inbox has one drain at a time: a run of an earlier one that has no end was terminated."""
        lost = RunError(
            type="terminated",
            title="terminated",
            detail="The run's workflow was ended from outside. Its events go on with the next run.",
        )
        found = await tenant.runs.list(limit=PAGE, cursor=None, connector_id=order.connector_id)
        for run in found.items:
            if run.id != run_id and run.origin == "webhook" and run.status not in FINAL_STATUSES:
                await announce(
                    self._events, order.tenant_id, await tenant.runs.mark(run.id, "failed", error=lost)
                )

    async def _connected(self, tenant: TenantStore, order: DrainInput, connector: Connector) -> None:
        """A first event is what a connection test is to other connectors."""
        if connector.status not in {"draft", "error"}:
            return
        await tenant.connectors.set_status(connector.id, "connected")
        data = {"connectorId": connector.id, "status": "connected"}
        with suppress(PartUnavailableError):
            await self._events.publish(order.tenant_id, "connection.changed", data)

    @activity.defn
    @ending
    @translated
    async def drain_inbox(self, order: DrainOrder) -> DrainResult:
        """Drain until a bound or the end. Cancel and shutdown finish the open batch first."""
        tenant = self._store.tenant(order.tenant_id)
        run = await tenant.runs.mark(order.run_id, "running")
        target = LandingTarget(
            location=self._datasets.location(order.tenant_id, run.dataset_id),
            run_id=run.id,
            write_mode="append",
            inbox=order.connector_id,
        )
        landing = await self._datasets.open(target, heartbeat=activity.heartbeat)
        tally = Tally.after(landing.state.counters if landing.state else Counters())
        journal = Journal(order.tenant_id, run, tenant, self._events, tally)
        await journal.catch_up()
        stop = asyncio.Event()
        drain = Drain(order.connector_id, tenant.inbox, landing, self._reader, journal, tally, stop)
        result = await until_stopped(drain.work(), stop)
        if result.set_aside:
            data = {"connectorId": order.connector_id, "runId": run.id, "events": result.set_aside}
            with suppress(PartUnavailableError):
                await self._events.publish(order.tenant_id, "inbox.set_aside", data)
        return result


async def _dataset(tenant: TenantStore, connector: Connector) -> str:
    """The one the events went to so far, unless it was deleted; else the one of the configured name."""
    known = await tenant.inbox.dataset(connector.id)
    if known is not None:
        with suppress(NotFoundError):
            return (await tenant.datasets.get(known)).id
    config = connector.webhook_config
    name = (config.dataset if config else None) or connector.name
    found = await tenant.datasets.find(name)
    if found is None:
        try:
            found = await tenant.datasets.create(name, connector_id=connector.id)
        except ConflictError:  # somebody else was first: theirs is the one
            found = await tenant.datasets.find(name)
    if found is None:
        raise NotFoundError("No such dataset.")
    await tenant.inbox.bind(connector.id, found.id)
    return found.id
