"""The only door for requests that a tenant can point somewhere."""

import asyncio
import ssl
import time
from contextlib import aclosing
from typing import Final

import httpx2

from varlor.connectors.http.body import read_body
from varlor.connectors.http.dial import Dialler, Guard, Resolver, SystemResolver
from varlor.connectors.http.hop import Hop
from varlor.connectors.http.message import OutRequest, OutResponse
from varlor.connectors.http.policy import EgressPolicy
from varlor.connectors.http.pool import Pool
from varlor.connectors.http.proxy import Proxy
from varlor.errors import SourceError

MAX_REDIRECTS: Final = 5
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
        self._guard = Guard(policy, resolver or self._system)
        self._proxy = Proxy.parse(proxy_url) if proxy_url else None
        tls = verify or httpx2.create_ssl_context(trust_env=False)
        tls.set_alpn_protocols(["http/1.1"])
        self._pool = Pool(Dialler(self._guard, tls, self._proxy))

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
        request = hop.wire(self._proxy)
        if self._proxy:  # it looks the name up by itself, whenever it likes
            await self._guard.addresses(hop.target.host, hop.target.port)
        async with self._pool.connection(hop.target.origin) as connection:
            answer = await connection.ask(hop.method, request)
            headers = httpx2.Headers(answer.headers)
            empty = hop.method == "HEAD" or answer.status in _EMPTY
            # a part of a coded body cannot be decoded alone (RFC 9110 section 14)
            coding = "" if answer.status == _PART else headers.get("content-encoding", "")
            length = "" if empty else headers.get("content-length", "")
            async with aclosing(connection.body()) as pieces:
                body = await read_body(pieces, coding, length, max_bytes)
        return OutResponse(
            status=answer.status,
            reason=answer.reason.decode("latin-1"),
            headers=headers,
            body=body,
            url=hop.target.url,
            elapsed_ms=round((time.monotonic() - started) * 1000),
            content_type=headers.get("content-type"),
        )

    async def aclose(self) -> None:
        self._pool.close()
        self._system.close()
