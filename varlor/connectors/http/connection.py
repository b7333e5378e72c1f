"""One HTTP/1.1 connection, one exchange at a time: no faster than it is read, no longer than it is wanted."""

import asyncio
import select
import ssl
from collections.abc import AsyncGenerator
from typing import Final, cast

import httptools

from varlor.connectors.http import failures
from varlor.connectors.http.answer import Answer, TooMuchAroundError
from varlor.errors import SourceError

_HELD: Final = 1024 * 1024  # bytes of a body that nobody took yet, from which the sender has to wait


class Connection(asyncio.Protocol):
    """Made by a Dialler. Whoever used it last asks `is_free`, and aborts it if it is not."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._failure: SourceError | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._is_paused = False

    @property
    def is_free(self) -> bool:
        """Open, with nothing asked or answered in full."""
        return self._failure is None and (
            self._answer is None or (self._answer.whole and self._answer.lasting)
        )

    @property
    def is_readable(self) -> bool:
        """Whether something came, or the end, that the loop has not seen yet."""
        asked = select.poll()
        asked.register(self._open.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(asked.poll(0))

    async def ask(self, method: str, request: bytes) -> Answer:
        """Send, and wait for the head of the answer; raises SourceError."""
        answer = self._answer = Answer(method)
        self._open.write(request)
        while not answer.headed:
            await self._news()
        return answer

    async def body(self) -> AsyncGenerator[bytes]:
        """The body of what was asked last, in pieces as they come; raises SourceError."""
        answer = self._answer
        while answer is not None:
            if answer.held:
                yield answer.take()
            elif answer.whole:
                return
            else:
                self._resume()
                await self._news()

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Raises SourceError; the certificate is checked for `host`."""
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(self._open, self, context, server_hostname=host)
        except OSError as error:
            raise failures.unconnected(error) from None
        self._transport = cast("asyncio.Transport", transport)
        self._answer = None

    def abort(self, failure: SourceError | None = None) -> None:
        """Close at once; who still waits for something is told `failure`."""
        self._fail(failure or failures.unanswered())
        if self._transport is not None:
            self._transport.abort()

    @property
    def _open(self) -> asyncio.Transport:
        if self._failure is not None or self._transport is None:
            raise self._failure or failures.unanswered()
        return self._transport

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            self._open.resume_reading()

    async def _news(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _fail(self, failure: SourceError) -> None:
        self._failure = self._failure or (failures.cut() if self._is_answering else failure)
        self._wake()

    @property
    def _is_answering(self) -> bool:
        return self._answer is not None and self._answer.headed and not self._answer.whole

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None or answer.whole:
            self.abort()  # nobody asked
            return
        try:
            answer.feed(data)
        except TooMuchAroundError:
            self._failure = failures.large_head()
            self.abort()
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.abort(failures.no_http())
        else:
            self._hold_back(answer)
            self._wake()

    def _hold_back(self, answer: Answer) -> None:
        if answer.held > _HELD and not answer.whole and not self._is_paused:
            self._is_paused = True
            self._open.pause_reading()

    def eof_received(self) -> None:
        self.connection_lost(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and self._failure is None and exc is None:
            self._answer.end()
        self._fail(failures.unconnected(exc) if exc else failures.unanswered())
