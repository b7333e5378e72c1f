"""The only door for requests that a tenant can point somewhere."""

import asyncio
import ssl
import time
from contextlib import aclosing
from typing import Final

import httpcore2
import httpx2

from varlor.connectors.http.body import read_body
from varlor.connectors.http.dial import Guard, GuardedBackend, Resolver, SystemResolver, WatchedBackend
from varlor.connectors.http.failures import NETWORK_ERRORS, translate
from varlor.connectors.http.hop import Hop
from varlor.connectors.http.message import OutRequest, OutResponse
from varlor.connectors.http.policy import EgressPolicy
from varlor.errors import SourceError

MAX_REDIRECTS: Final = 5
KEEPALIVE_SECONDS: Final = 4.0  # below the 5 s after which common servers hang up
_MAX_IDLE: Final = 100
_PART: Final = 206
_EMPTY: Final = frozenset({204, 304})  # may tell a length without sending it


class GuardedClient:
    """Keeps connections open between requests; one client serves one policy. Close it with `aclose`."""

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        proxy_url: str | None = None,
        verify: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        self._system = SystemResolver()
        guard = Guard(policy, resolver or self._system)
        self._judge_first = guard if proxy_url else None
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=verify or httpx2.create_ssl_context(trust_env=False),
            proxy=_proxy(proxy_url) if proxy_url else None,
            max_connections=None,
            max_keepalive_connections=_MAX_IDLE,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=WatchedBackend() if proxy_url else GuardedBackend(guard),
        )

    async def send(self, request: OutRequest, *, deadline: float, max_bytes: int) -> OutResponse:
        """Send and read whole, within `deadline` seconds in all and `max_bytes` decoded.

        Raises SourceError: timeout, unreachable, tls, blocked_destination, too_large, truncated,
        not_json (a content coding nobody asked for), server_error (no HTTP), bad_request.
        No status is an error.
        """
        started = time.monotonic()
        try:
            async with asyncio.timeout(deadline):
                return await self._follow(request, started, max_bytes)
        except TimeoutError:
            raise SourceError("timeout", f"No whole answer within {deadline:g} s.") from None

    async def _follow(self, request: OutRequest, started: float, max_bytes: int) -> OutResponse:
        hop = Hop.first(request)
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._exchange(hop, started, max_bytes)
            following = request.follow_redirects and hop.next(answer.status, answer.headers.get("location"))
            if not following:
                return answer
            hop = following
        raise SourceError("bad_request", f"The API redirects more than {MAX_REDIRECTS} times.")

    async def _exchange(self, hop: Hop, started: float, max_bytes: int) -> OutResponse:
        wire = hop.wire()
        if self._judge_first:
            await self._judge_first.addresses(hop.target.host, hop.target.port)
        try:
            answer = await self._pool.handle_async_request(wire)
        except NETWORK_ERRORS as error:
            raise translate(error, answered=False) from None
        headers = httpx2.Headers(answer.headers)
        body = await _read(answer, headers, max_bytes, empty=hop.method == "HEAD" or answer.status in _EMPTY)
        return OutResponse(
            status=answer.status,
            reason=answer.extensions["reason_phrase"].decode("latin-1"),
            headers=headers,
            body=body,
            url=hop.target.url,
            elapsed_ms=round((time.monotonic() - started) * 1000),
            content_type=headers.get("content-type"),
        )

    async def aclose(self) -> None:
        await self._pool.aclose()
        self._system.close()


async def _read(answer: httpcore2.Response, headers: httpx2.Headers, max_bytes: int, *, empty: bool) -> bytes:
    coding, length = headers.get("content-encoding", ""), headers.get("content-length", "")
    if answer.status == _PART:
        coding = ""  # a part of a coded body cannot be decoded alone (RFC 9110 section 14)
    try:
        async with aclosing(answer.aiter_stream()) as stream:
            return await read_body(stream, coding, "" if empty else length, max_bytes)
    except NETWORK_ERRORS as error:
        raise translate(error, answered=True) from None
    finally:
        await answer.aclose()


def _proxy(url: str) -> httpcore2.Proxy:
    parsed = httpx2.Proxy(url)
    return httpcore2.Proxy(url=str(parsed.url), auth=parsed.raw_auth, headers=parsed.headers.raw)
