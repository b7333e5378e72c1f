"""The worker process: joins settings, adapters and activities, and serves one queue or both."""

import asyncio
import signal
from argparse import ArgumentParser
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.worker import Worker

from activities.check import CheckActivities
from activities.discover import DiscoverActivities
from activities.fetch import FetchActivities
from activities.retire import RetireActivities
from activities.runs import RunActivities
from varlor import names
from varlor.bootstrap import Parts, build_parts
from varlor.settings import Settings
from varlor.telemetry import configure
from workflows.check import CheckConnection
from workflows.discover import DiscoverEndpoints
from workflows.retire import RetireConnector
from workflows.sync import SyncDataset

WORKFLOWS: Final = [CheckConnection, DiscoverEndpoints, RetireConnector, SyncDataset]
GRACE: Final = timedelta(seconds=6)  # Ctrl-C ends the whole stack within 10 s
PULSE: Final = timedelta(seconds=1)  # heartbeats carry a pause or a cancel back
FETCH_SLOTS: Final = 20
CONTROL_SLOTS: Final = 50


def control_worker(client: Client, parts: Parts) -> Worker:
    """Workflows and short activities: nothing here waits for a slow API's pages."""
    check = CheckActivities(parts.store, parts.connectors, parts.drafts, parts.clock)
    discover = DiscoverActivities(parts.store, parts.connectors, parts.discoveries)
    runs = RunActivities(parts.store, parts.events, parts.window, parts.workflows, parts.clock)
    retire = RetireActivities(parts.store, parts.discoveries)
    return Worker(
        client,
        task_queue=names.CONTROL_QUEUE,
        workflows=WORKFLOWS,
        activities=[
            check.check_connection,
            discover.discover_endpoints,
            runs.begin_run,
            runs.mark_run,
            runs.set_rate,
            retire.open_runs,
            retire.erase_connector,
        ],
        max_concurrent_activities=CONTROL_SLOTS,
        graceful_shutdown_timeout=GRACE,
    )


def fetch_worker(client: Client, parts: Parts) -> Worker:
    """Pages into datasets; scale these processes with the number of syncs."""
    fetch = FetchActivities(
        parts.store,
        parts.connectors,
        parts.datasets,
        parts.events,
        parts.window,
        parts.discoveries,
        parts.clock,
    )
    return Worker(
        client,
        task_queue=names.FETCH_QUEUE,
        activities=[fetch.fetch_chunk, fetch.publish, fetch.finish_run],
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
            await workers.enter_async_context(control_worker(parts.temporal, parts))
        if queue in ("fetch", "all"):
            await workers.enter_async_context(fetch_worker(parts.temporal, parts))
        await stop.wait()


def main() -> None:
    parser = ArgumentParser(prog="worker")
    parser.add_argument("--queue", choices=["control", "fetch", "all"], default="all")
    settings = Settings()
    configure(settings, "worker")
    asyncio.run(serve(settings, parser.parse_args().queue))


if __name__ == "__main__":
    main()
