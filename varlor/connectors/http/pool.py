"""Connections that are open and free."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from varlor.connectors.http.connection import Connection
from varlor.connectors.http.url import Origin

KEEPALIVE_SECONDS: Final = 4.0  # below the 5 s after which common servers hang up
_MAX_IDLE: Final = 100


class Pool:
    """`dial` opens a connection to an origin; as many are open as are asked for at once."""

    def __init__(self, dial: Callable[[Origin], Awaitable[Connection]]) -> None:
        self._dial = dial
        self._idle: dict[Connection, tuple[Origin, asyncio.TimerHandle]] = {}
        self._is_closed = False

    @asynccontextmanager
    async def connection(self, origin: Origin) -> AsyncGenerator[Connection]:
        """A connection for one exchange; it is kept if the exchange came to its end."""
        connection = self._take(origin) or await self._dial(origin)
        try:
            yield connection
        finally:
            self._keep(origin, connection)

    def _take(self, origin: Origin) -> Connection | None:
        now = asyncio.get_running_loop().time()
        for connection in [each for each, (reached, _) in reversed(self._idle.items()) if reached == origin]:
            _, timer = self._idle.pop(connection)
            timer.cancel()
            is_late = now >= timer.when()  # a loop that was busy comes late to its timers
            if not is_late and connection.is_free and not connection.is_readable:
                return connection
            connection.abort()
        return None

    def _keep(self, origin: Origin, connection: Connection) -> None:
        if self._is_closed or not connection.is_free:
            connection.abort()
            return
        if len(self._idle) >= _MAX_IDLE:
            self._drop(next(iter(self._idle)))
        timer = asyncio.get_running_loop().call_later(KEEPALIVE_SECONDS, self._drop, connection)
        self._idle[connection] = origin, timer

    def _drop(self, connection: Connection) -> None:
        _, timer = self._idle.pop(connection)
        timer.cancel()
        connection.abort()

    def close(self) -> None:
        """Closes what is free; what is in use is closed when its exchange ends."""
        self._is_closed = True
        for connection in list(self._idle):
            self._drop(connection)
