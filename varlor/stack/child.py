"""One part's process: a process group of its own, its output in a log file, ended without orphans."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from varlor.stack import leash

LOG_LIMIT: Final = 10_000_000  # bytes; a longer log is set aside when the part starts again
TAIL_LINES: Final = 5
TAIL_BYTES: Final = 4096


class Child:
    """A started part; `log_start` is where its own lines begin in the log file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, log_start: int) -> None:
        self._process = process
        self._log = log
        self._log_start = log_start

    @property
    def pid(self) -> int:
        return self._process.pid

    @classmethod
    async def start(cls, argv: Sequence[str], env: Mapping[str, str], log: Path) -> "Child":
        """Start `argv` in a session of its own, so that Ctrl-C reaches only the supervisor."""
        with _open_log(log) as output:
            process = await asyncio.create_subprocess_exec(
                *_leashed(argv),
                env=dict(env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            return cls(process, log, output.tell())

    async def wait(self) -> int:
        """The exit code; negative is the signal that ended it."""
        return await self._process.wait()

    async def stop(self, grace: float) -> bool:
        """SIGTERM, then after `grace` seconds SIGKILL, to the whole group; whether it went by itself."""
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), grace)
        except TimeoutError:
            graceful = False
        else:
            graceful = True
        self.kill()  # what the part itself may have started
        await self._process.wait()
        return graceful

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def tail(self) -> str:
        """The last lines it wrote, indented; empty when it wrote none."""
        with self._log.open("rb") as handle:
            end = handle.seek(0, os.SEEK_END)
            handle.seek(max(self._log_start, end - TAIL_BYTES))
            text = handle.read().decode(errors="replace")
        lines = [line for line in text.splitlines() if line.strip(" ^~")]  # carets only point
        return "".join(f"\n    {line}" for line in lines[-TAIL_LINES:])

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # the group is gone
            os.killpg(self._process.pid, number)


def _open_log(log: Path) -> BinaryIO:
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    return log.open("ab")


def _leashed(argv: Sequence[str]) -> Sequence[str]:
    if sys.platform != "linux":
        return argv
    return (sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *argv)


def describe_exit(code: int) -> str:
    """`exit code 1`, or the name of the signal."""
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
