"""The worker process: joins settings, adapters and activities, and serves one queue or both."""

import asyncio
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

import uvloop
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker

from activities.burial import Burial
from activities.care import CareActivities
from activities.check import CheckActivities
from activities.deliver import DeliveryActivities
from activities.discover import DiscoverActivities
from activities.fetch import FetchActivities
from activities.herald import Herald
from activities.inbox import InboxActivities
from activities.keepers import Keepers
from activities.oauth import OAuthActivities
from activities.retire import RetireActivities
from activities.revocation import RevocationActivities
from activities.rotate import RotateActivities
from activities.runs import RunActivities
from activities.scheduled import ScheduledActivities
from activities.sweeps import SweepActivities
from activities.tokens import TokenActivities
from varlor import names
from varlor.bootstrap import Parts, build_parts
from varlor.errors import VarlorError
from varlor.settings import Settings
from varlor.telemetry import configure
from varlor.temporal import ensure_sweeps, sweep_inboxes
from workflows.check import CheckConnection
from workflows.deliver import DeliverNotifications
from workflows.discover import DiscoverEndpoints
from workflows.inbox import DrainInbox
from workflows.keep_fresh import KeepTokenFresh
from workflows.maintain import MaintainDataset
from workflows.onboard import OnboardConnector
from workflows.retire import RetireConnector
from workflows.rotate import RotateKeys
from workflows.sweeps import SweepFreshness, SweepMaintenance
from workflows.sync import SyncDataset

WORKFLOWS: Final = [
    *(CheckConnection, DiscoverEndpoints, DrainInbox, SyncDataset, DeliverNotifications),
    *(KeepTokenFresh, OnboardConnector, RetireConnector, RotateKeys),
    *(MaintainDataset, SweepFreshness, SweepMaintenance),
]
GRACE: Final = timedelta(seconds=6)  # Ctrl-C ends the whole stack within 10 s
PULSE: Final = timedelta(seconds=1)  # heartbeats carry a pause or a cancel back
FETCH_SLOTS: Final = 20
CONTROL_SLOTS: Final = 50
HOLD: Final = 0.0005
"""Seconds for which a thread may keep the interpreter. A page costs the event loop two milliseconds, so that
five of waiting for a thread that decodes, which is what Python allows, are felt."""


def control_worker(client: Client, parts: Parts) -> Worker:
    """Workflows and short activities: nothing here waits for a slow API's pages."""
    check = CheckActivities(
        parts.store, parts.connectors, parts.credentials, parts.oauth, parts.drafts, parts.clock
    )
    discover = DiscoverActivities(parts.store, parts.connectors, parts.credentials, parts.discoveries)
    runs = RunActivities(parts.store, parts.events, parts.window, burial(parts), parts.clock)
    retire = RetireActivities(parts.store, parts.discoveries)
    scheduled = ScheduledActivities(parts.store, parts.timetable, parts.events, herald(parts))
    return Worker(
        client,
        task_queue=names.CONTROL_QUEUE,
        workflows=WORKFLOWS,
        activities=[
            *(check.check_connection, discover.discover_endpoints),
            *(runs.begin_run, runs.mark_run, runs.set_rate),
            *(retire.open_runs, retire.erase_connector),
            *scheduled.each(),
            *SweepActivities(parts.store, herald(parts), parts.clock).each(),
            *DeliveryActivities(parts.store, parts.sender, parts.clock).each(),
            *inbox_activities(parts).each(),
            *token_activities(parts),
        ],
        max_concurrent_activities=CONTROL_SLOTS,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),  # one for new work let 40 tasks/s through
        workflow_runner=UnsandboxedWorkflowRunner(),
        graceful_shutdown_timeout=GRACE,
    )


def burial(parts: Parts) -> Burial:
    return Burial(parts.store, parts.workflows, herald(parts), parts.clock)


def token_activities(parts: Parts) -> list[Callable[..., object]]:
    p, plan = parts, parts.refresh_plan
    shelf = p.token_cache, p.token_stash
    oauth = OAuthActivities(p.store, p.oauth, p.attempts, p.drafts, *shelf, p.keeper, p.events, plan, p.clock)
    tokens = TokenActivities(p.store, p.oauth, *shelf, p.events, herald(p), plan, p.clock)
    revocation = RevocationActivities(p.store, p.oauth, *shelf, p.events)
    rotate = RotateActivities(p.store, p.key_version)
    return [*oauth.each(), *tokens.each(), *revocation.each(), *rotate.each()]


def herald(parts: Parts) -> Herald:
    return Herald(parts.store, parts.events, parts.deliveries)


def inbox_activities(parts: Parts) -> InboxActivities:
    return InboxActivities(parts.store, parts.datasets, parts.event_reader, parts.events, parts.clock)


def fetch_worker(client: Client, parts: Parts) -> Worker:
    """Pages into datasets; scale these processes with the number of syncs."""
    p = parts
    known = p.connectors, p.credentials, p.datasets
    fetch = FetchActivities(p.store, *known, p.events, p.window, p.discoveries, herald(p), p.clock)
    care = CareActivities(p.store, p.datasets, p.clock, p.keep_hours)
    return Worker(
        client,
        task_queue=names.FETCH_QUEUE,
        activities=[
            *(fetch.fetch_chunk, fetch.publish, fetch.finish_run),
            inbox_activities(p).drain_inbox,
            *care.each(),
        ],
        max_concurrent_activities=FETCH_SLOTS,
        max_heartbeat_throttle_interval=PULSE,
        default_heartbeat_throttle_interval=PULSE,
        graceful_shutdown_timeout=GRACE,
    )


async def serve(settings: Settings, queue: str) -> None:
    """Serve until SIGTERM or SIGINT; open pages are finished and checkpointed first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    async with build_parts(settings) as parts, AsyncExitStack() as workers:
        if queue in ("control", "all"):
            await ensure_sweeps(parts.temporal)
            await workers.enter_async_context(control_worker(parts.temporal, parts))
            keepers = Keepers(parts.store, parts.workflows, parts.keeper, parts.clock)
            sweeps = sweep_inboxes(parts.store, parts.drains), burial(parts).forever(), keepers.forever()
            for looking in sweeps:
                workers.callback(asyncio.create_task(looking).cancel)
        if queue in ("fetch", "all"):
            await workers.enter_async_context(fetch_worker(parts.temporal, parts))
        await stop.wait()


def main() -> None:
    parser = ArgumentParser(prog="worker")
    parser.add_argument("--queue", choices=["control", "fetch", "all"], default="all")
    settings = Settings()
    configure(settings, "worker")
    sys.setswitchinterval(HOLD)
    try:
        uvloop.run(serve(settings, parser.parse_args().queue))
    except VarlorError as error:  # what it is made of cannot be had
        sys.exit(f"error: {error.detail}")


if __name__ == "__main__":
    main()
