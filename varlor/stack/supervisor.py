"""Starts the parts, keeps them alive, and ends them in reverse order."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from varlor.stack.child import Child, describe_exit
from varlor.stack.errors import PartDiedError

DEATHS_PER_MINUTE: Final = 5
READY_WITHIN: Final = 60.0  # seconds; a loaded machine gets its time, a dead part is seen at once
PROBE_EVERY: Final = 0.1

Probe = Callable[[datetime], Awaitable[bool]]
"""Whether a part that was started at that time works now."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the stack. Parts of a lower `tier` are ready before higher ones start.

    `grace`: seconds beside SIGTERM and SIGKILL.
    """

    name: str
    tier: int
    argv: Sequence[str] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    ready: Probe
    grace: float


class Supervisor:
    """Runs `parts`; `report` takes one message for a person, `changed` the pids after each start."""

    def __init__(
        self,
        parts: Sequence[Part],
        logs: Path,
        *,
        report: Callable[[str], None],
        changed: Callable[[Mapping[str, int]], None] = lambda _pids: None,
    ) -> None:
        self._tiers = [list(tier) for _, tier in groupby(parts, key=lambda part: part.tier)]
        self._logs = logs
        self._report = report
        self._changed = changed
        self._children: dict[str, Child] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def pids(self) -> Mapping[str, int]:
        return {name: child.pid for name, child in self._children.items()}

    async def start(self, *, beside: Callable[[int], Awaitable[None]]) -> None:
        """Start all, tier by tier, beside `beside(tier)`; raises PartDiedError as soon as a part ends."""
        for tier in self._tiers:
            await _all_or_first_failure(
                beside(tier[0].tier), *(self._start_first_time(part) for part in tier)
            )

    async def broken(self) -> None:
        """Wait until the stack cannot go on; raises PartDiedError."""
        await asyncio.shield(self._broken)

    async def stop(self) -> None:
        """End every part, the last started first."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        if not self._broken.done():
            self._broken.cancel()
        for tier in reversed(self._tiers):
            await asyncio.gather(*(self._stop_part(part) for part in tier if part.name in self._children))

    def kill(self) -> None:
        """End every part at once, without grace."""
        for child in self._children.values():
            child.kill()

    async def _start_first_time(self, part: Part) -> None:
        child = await self._launch(part)
        if not await self._until_ready(part, child):
            raise PartDiedError(
                f"{part.name} ended at its start ({describe_exit(await child.wait())}), "
                f"see {self._log(part)}{child.tail()}"
            )
        self._keepers.append(asyncio.create_task(self._keep(part, child), name=f"keep {part.name}"))

    async def _keep(self, part: Part, child: Child) -> None:
        deaths: deque[float] = deque()
        loop = asyncio.get_running_loop()
        while True:
            code = await child.wait()
            deaths.append(loop.time())
            while deaths[0] < loop.time() - 60:
                deaths.popleft()
            said = f"{part.name} died ({describe_exit(code)})"
            if len(deaths) > DEATHS_PER_MINUTE:
                return self._give_up(f"{said} {len(deaths)} times within a minute{child.tail()}")
            pause = 0.2 * 2 ** (len(deaths) - 1)
            self._report(f"{said}, starting it again; its log is {self._log(part)}{child.tail()}")
            await asyncio.sleep(pause)
            child = await self._launch(part)
            with suppress(PartDiedError):  # not ready in time: it may still come, or die and be seen
                if await self._until_ready(part, child):
                    self._report(f"{part.name} is back")

    def _give_up(self, why: str) -> None:
        if not self._broken.done():
            self._broken.set_exception(PartDiedError(f"{why}\nthe stack stops"))

    async def _launch(self, part: Part) -> Child:
        child = await Child.start(part.argv, part.env, self._log(part))
        self._children[part.name] = child
        self._changed(self.pids)
        return child

    async def _until_ready(self, part: Part, child: Child) -> bool:
        """False when it died first; raises PartDiedError when it lives but does not answer."""
        ended = asyncio.create_task(child.wait())
        probing = asyncio.create_task(_poll(part.ready, datetime.now(UTC)))
        try:
            await asyncio.wait({ended, probing}, timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return False
            if not probing.done():
                raise PartDiedError(
                    f"{part.name} is not ready after {READY_WITHIN:g} s, see {self._log(part)}{child.tail()}"
                )
            return probing.result()
        finally:
            for task in (ended, probing):
                task.cancel()
            await asyncio.gather(ended, probing, return_exceptions=True)

    async def _stop_part(self, part: Part) -> None:
        if not await self._children[part.name].stop(part.grace):
            self._report(f"{part.name} did not stop within {part.grace:g} s and was killed")

    def _log(self, part: Part) -> Path:
        return self._logs / f"{part.name}.log"


async def _poll(probe: Probe, since: datetime) -> bool:
    while not await probe(since):  # noqa: ASYNC110 - another process sets no event of ours
        await asyncio.sleep(PROBE_EVERY)
    return True


async def _all_or_first_failure(*awaitables: Awaitable[None]) -> None:
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
