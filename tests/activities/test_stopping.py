"""A page that takes long: the worker is not taken for dead, and a cancel is still a cancel."""

import asyncio
import gc
from typing import Any
from weakref import ref

import pytest
from temporalio.testing import ActivityEnvironment

from activities import stopping


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    monkeypatch.setattr(stopping, "PULSE_SECONDS", 0.01)
    monkeypatch.setattr(stopping, "LAST_PAGE_SECONDS", 0.2)


async def test_a_slow_page_goes_on_heartbeating() -> None:
    beats: list[tuple[Any, ...]] = []
    enough = asyncio.Event()

    def beat(*details: Any) -> None:
        beats.append(details)
        if len(beats) == 3:
            enough.set()

    async def slow_page() -> str:
        await asyncio.wait_for(enough.wait(), 10)
        return "read"

    stage = ActivityEnvironment()
    stage.on_heartbeat = beat
    assert await stage.run(stopping.until_stopped, slow_page(), asyncio.Event()) == "read"


async def test_a_cancel_during_an_endless_page_ends_as_a_cancel_and_lets_it_checkpoint() -> None:
    opened, kept, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def endless_page() -> None:
        opened.set()
        try:
            await asyncio.Event().wait()
        finally:
            kept.set()

    stage = ActivityEnvironment()
    running = asyncio.create_task(stage.run(stopping.until_stopped, endless_page(), stop))
    await opened.wait()
    stage.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert stop.is_set()
    assert kept.is_set()


async def test_a_chunk_that_failed_keeps_no_page_in_memory() -> None:
    """Not even until the collector comes by: pages are large, and it comes by the number of objects."""

    class Page:
        pass

    kept: list[ref[Page]] = []

    async def failing_page() -> None:
        page = Page()
        kept.append(ref(page))
        try:
            int("first")
        except ValueError as error:
            raise RuntimeError("second") from error

    gc.disable()
    try:
        with pytest.raises(RuntimeError):
            await ActivityEnvironment().run(stopping.until_stopped, failing_page(), asyncio.Event())
        assert kept[0]() is None
    finally:
        gc.enable()


async def test_a_worker_that_shuts_down_gives_an_endless_page_to_another() -> None:
    opened = asyncio.Event()

    async def endless_page() -> None:
        opened.set()
        await asyncio.Event().wait()

    stage = ActivityEnvironment()
    running = asyncio.create_task(stage.run(stopping.until_stopped, endless_page(), asyncio.Event()))
    await opened.wait()
    stage.worker_shutdown()
    with pytest.raises(TimeoutError):
        await running
