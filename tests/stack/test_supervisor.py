"""The supervisor with small parts of its own: what it does with those that die or will not stop."""

import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.stack.launched import eventually, is_alive
from varlor.stack.errors import PartDiedError
from varlor.stack.supervisor import Part, Supervisor

SLEEP = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"
PARENT = (
    f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid, flush=True); "
    f"{SLEEP}"
)


def wrote(log: Path) -> Callable[[datetime], object]:
    """Ready once the part has written its line."""

    async def probe(_since: datetime) -> bool:
        return log.exists() and b"\n" in log.read_bytes()  # noqa: ASYNC240 - a tiny local file

    return probe


async def always(_since: datetime) -> bool:
    return True


async def never(_since: datetime) -> bool:
    return False


async def nothing(_tier: int) -> None:
    return None


def part(name: str, code: str, ready: object, *, tier: int = 0, grace: float = 1) -> Part:
    return Part(name, tier, (sys.executable, "-c", code), {}, ready, grace)  # pyright: ignore[reportArgumentType] - a probe


@asynccontextmanager
async def supervised(folder: Path, said: list[str], *parts: Part) -> AsyncGenerator[Supervisor]:
    supervisor = Supervisor(parts, folder, report=said.append)
    try:
        yield supervisor
    finally:
        await supervisor.stop()


async def test_a_part_that_ends_at_its_start_is_seen_at_once_with_its_last_words(tmp_path: Path) -> None:
    broken = part("broken", "print('no such table'); raise SystemExit(3)", never)
    async with supervised(tmp_path, [], part("fine", SLEEP, always), broken) as supervisor:
        with pytest.raises(PartDiedError) as caught:
            await supervisor.start(beside=nothing)
    assert "broken ended at its start (exit code 3)" in caught.value.detail
    assert "no such table" in caught.value.detail


async def test_a_part_that_keeps_dying_ends_the_stack(tmp_path: Path) -> None:
    said: list[str] = []
    flaky = part("flaky", "import time; time.sleep(0.3)", always)
    async with supervised(tmp_path, said, flaky) as supervisor:
        await supervisor.start(beside=nothing)
        with pytest.raises(PartDiedError, match=r"flaky died .* 6 times within a minute"):
            await supervisor.broken()
    assert sum("starting it again" in line for line in said) == 5


async def test_stopping_ends_a_part_that_ignores_being_asked(tmp_path: Path) -> None:
    said: list[str] = []
    deaf = part("deaf", DEAF, wrote(tmp_path / "deaf.log"), grace=0.3)
    async with supervised(tmp_path, said, deaf) as supervisor:
        await supervisor.start(beside=nothing)
        pid = supervisor.pids["deaf"]
    assert not is_alive(pid)
    assert said == ["deaf did not stop within 0.3 s and was killed"]


async def test_stopping_ends_what_a_part_has_started(tmp_path: Path) -> None:
    log = tmp_path / "parent.log"
    async with supervised(tmp_path, [], part("parent", PARENT, wrote(log))) as supervisor:
        await supervisor.start(beside=nothing)
        grandchild = int(log.read_text())
        assert is_alive(grandchild)
    eventually("the grandchild ends", lambda: not is_alive(grandchild), 5)


async def test_a_higher_tier_waits_for_the_lower_one(tmp_path: Path) -> None:
    first = part("first", f"print('up', flush=True); {SLEEP}", wrote(tmp_path / "first.log"))
    seen: list[bool] = []

    async def beside(tier: int) -> None:
        if tier == 1:
            seen.append((tmp_path / "first.log").exists())

    async with supervised(tmp_path, [], first, part("second", SLEEP, always, tier=1)) as supervisor:
        await supervisor.start(beside=beside)
    assert seen == [True]
