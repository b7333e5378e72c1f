"""Runs a whole stack around some work: start, work, stop; Ctrl-C and SIGTERM end it at any time."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Final

from varlor.stack.doctor import require_sound
from varlor.stack.options import StackOptions
from varlor.stack.plan import SERVERS, Plan, make_plan
from varlor.stack.state import RunningStack, StateDir
from varlor.stack.supervisor import Supervisor
from varlor.storage.migrate import upgrade

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that is ready; `seconds` is what its start took."""

    plan: Plan
    seconds: float


Work = Callable[[Stack], Awaitable[int]]
"""What to do with a ready stack; answers the exit code."""


async def run_stack(
    options: StackOptions, work: Work, *, report: Callable[[str], None], interrupted: int = 0
) -> int:
    """Start the stack, do `work`, stop it; the exit code is the work's, or `interrupted` after a signal.

    Raises StackError when the stack cannot start, or breaks while the work goes on.
    """
    state = StateDir(options.state_dir)
    with state.locked():
        state.withdraw()
        await require_sound(state)
        plan = make_plan(options, state)
        announcement = _Announcement(state, plan)
        supervisor = Supervisor(plan.parts, state.logs, report=report, changed=announcement.changed)
        stopping = _stop_signal(supervisor)
        try:
            return await _until_one_ends(
                _start_and_work(plan, supervisor, announcement, work), supervisor, stopping, interrupted
            )
        finally:
            state.withdraw()
            await supervisor.stop()


async def stay() -> int:
    """The work of `varlor up` once it is ready: none; a signal ends it."""
    return await asyncio.get_running_loop().create_future()


class _Announcement:
    """Keeps `stack.json` true from the moment the stack is ready."""

    def __init__(self, state: StateDir, plan: Plan) -> None:
        self._state = state
        self._plan = plan
        self._ready = False

    def ready(self, pids: Mapping[str, int]) -> None:
        self._ready = True
        self.changed(pids)

    def changed(self, pids: Mapping[str, int]) -> None:
        if self._ready:
            self._state.announce(
                RunningStack(
                    pid=os.getpid(),
                    api_url=self._plan.api_url,
                    temporal_ui_url=self._plan.temporal_ui_url,
                    sample_url=self._plan.sample_url,
                    pids=dict(pids),
                )
            )


async def _start_and_work(plan: Plan, supervisor: Supervisor, announcement: _Announcement, work: Work) -> int:
    began = time.monotonic()

    async def migrate(tier: int) -> None:
        if tier == SERVERS:
            await asyncio.to_thread(upgrade, plan.settings.database_url)

    await supervisor.start(beside=migrate)
    announcement.ready(supervisor.pids)
    return await work(Stack(plan=plan, seconds=time.monotonic() - began))


def _stop_signal(supervisor: Supervisor) -> asyncio.Event:
    """Set by the first signal; a second one ends every part without grace."""
    stopping = asyncio.Event()

    def on_signal() -> None:
        if stopping.is_set():
            supervisor.kill()
        stopping.set()

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    return stopping


async def _until_one_ends(
    work: Coroutine[object, object, int], supervisor: Supervisor, stopping: asyncio.Event, interrupted: int
) -> int:
    working = asyncio.create_task(work)
    breaking = asyncio.create_task(supervisor.broken())
    asked = asyncio.create_task(stopping.wait())
    tasks = (working, breaking, asked)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if asked.done():
            return interrupted
        if breaking.done():
            breaking.result()
        return working.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
