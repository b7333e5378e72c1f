"""Many small writes, one transaction: while one is being committed, those that come wait for the next.

An fsync costs the same for one event and for five hundred, so the more come the cheaper each gets.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from varlor.errors import PartUnavailableError

T = TypeVar("T")
R = TypeVar("R")
MOST: Final = 500  # items in one transaction
MOST_BYTES: Final = 8 * 1024 * 1024  # of them; one item may be larger
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024  # then the caller is told to come again


class GroupCommit(Generic[T, R]):
    """Hands items to `commit` in the order in which they came; each caller waits for its own group."""

    def __init__(
        self, commit: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]], size: Callable[[T], int]
    ) -> None:
        self._commit = commit
        self._size = size
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None

    async def add(self, item: T) -> R:
        """Answer what `commit` said of this item, or raise it, or raise what `commit` raised.

        PartUnavailableError when too much waits already: nothing of this item was kept.
        """
        if self._bytes + self._size(item) > MOST_WAITING_BYTES:
            raise PartUnavailableError("database", "Too many events wait to be stored; send this one again.")
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        self._bytes += self._size(item)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return await done

    async def _work(self) -> None:
        while self._waiting:
            group = self._next()
            try:
                answers = await self._commit([item for item, _ in group])
            except Exception as error:  # noqa: BLE001 - each of those who wait raises it
                for _, done in group:
                    if not done.done():  # its caller may have gone
                        done.set_exception(error)
            else:
                for (_, done), answer in zip(group, answers, strict=True):
                    if done.done():
                        continue
                    if isinstance(answer, Exception):
                        done.set_exception(answer)
                    else:
                        done.set_result(answer)

    def _next(self) -> list[tuple[T, asyncio.Future[R]]]:
        group: list[tuple[T, asyncio.Future[R]]] = []
        taken = 0
        while self._waiting and len(group) < MOST:
            size = self._size(self._waiting[0][0])
            if group and taken + size > MOST_BYTES:
                break
            group.append(self._waiting.popleft())
            taken += size
        self._bytes -= taken
        return group
