"""Keeps a chunk's activity alive while one page takes long, and ends it in good order when it is asked to."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from traceback import clear_frames
from typing import TypeVar

from temporalio import activity

LAST_PAGE_SECONDS = 20.0  # for the open page once a stop was asked for
PULSE_SECONDS = 1.0  # between heartbeats, which carry a pause or a cancel back, also while a page takes long

T = TypeVar("T")


async def until_stopped(chunk: Coroutine[None, None, T], stop: asyncio.Event) -> T:
    """Run the chunk; on cancel or worker shutdown let it finish the open page and checkpoint.

    A page that takes too long even then is given up: raises CancelledError after a cancel, else
    TimeoutError (another worker takes over).
    """
    async with pulse():
        return await _until_stopped(chunk, stop)


async def _until_stopped(chunk: Coroutine[None, None, T], stop: asyncio.Event) -> T:
    reading = asyncio.create_task(chunk)
    shutdown = asyncio.create_task(activity.wait_for_worker_shutdown())
    canceled = False
    try:
        await asyncio.wait({reading, shutdown}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        canceled = True
        activity.logger.info("asked to stop; finishing the open page")
    finally:
        shutdown.cancel()
        stop.set()
    try:
        return await asyncio.wait_for(reading, LAST_PAGE_SECONDS)
    except TimeoutError:
        if canceled:
            raise asyncio.CancelledError from None
        raise
    except BaseException as error:
        _let_go(error)
        raise


@asynccontextmanager
async def pulse() -> AsyncGenerator[None]:
    """Heartbeats meanwhile, so that a worker's death is noticed long before the activity's time is up."""
    beating = asyncio.create_task(_pulse())
    try:
        yield
    finally:
        beating.cancel()


def _let_go(error: BaseException | None) -> None:
    """An error keeps the frames it came through, and these a page, until the collector comes by."""
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__


async def _pulse() -> None:
    while True:
        await asyncio.sleep(PULSE_SECONDS)
        activity.heartbeat()
