"""Resolve once, judge every answer, connect by the judged address: DNS gets no second say."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Final

from varlor.connectors.http import failures
from varlor.connectors.http.connection import Connection
from varlor.connectors.http.message import encode
from varlor.connectors.http.policy import EgressPolicy, blocked
from varlor.connectors.http.proxy import Proxy
from varlor.connectors.http.url import Origin

RESOLVE_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 5.0  # per address, so that a dead one leaves time for the next

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) → addresses. Raises OSError when there are none."""


class SystemResolver:
    """`getaddrinfo` on threads of its own, so that slow DNS starves nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class Guard:
    """Turns a host into addresses that may be connected to."""

    def __init__(self, policy: EgressPolicy, resolver: Resolver) -> None:
        self._policy = policy
        self._resolver = resolver

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """All addresses of the host; SourceError(blocked_destination) if there is none or one is refused."""
        found = await self._resolve(host, port)
        try:
            names = self._policy.own_names(port, found)
            own = [address for name in names for address in await self._resolve(name, port)]
            self._policy.judge(host, port, found, own)
        except ValueError:  # not an address: a resolver's fault, closed all the same
            raise blocked() from None
        return found

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                return await self._resolver(host, port)
        except (OSError, UnicodeError, TimeoutError):
            return ()


class Dialler:
    """Opens connections to origins: to their judged addresses, or through the operator's proxy."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext, proxy: Proxy | None) -> None:
        self._guard = guard
        self._tls = tls
        self._proxy = proxy

    async def __call__(self, origin: Origin) -> Connection:
        """Raises SourceError(blocked_destination, unreachable, tls). Behind a proxy, judge before you ask."""
        scheme, host, port = origin
        if self._proxy:
            connection = await _connect([self._proxy.host], self._proxy.port)
        else:
            connection = await _connect(await self._guard.addresses(host, port), port)
        try:
            if self._proxy:
                await self._through(self._proxy, connection, origin)
            if scheme == "https":
                await connection.start_tls(self._tls, host)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _through(self, proxy: Proxy, connection: Connection, origin: Origin) -> None:
        scheme, host, port = origin
        if proxy.is_secure:
            await connection.start_tls(self._tls, proxy.host)
        if scheme == "https":
            authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            headers = [(b"Host", authority.encode()), *proxy.headers]
            answer = await connection.ask("CONNECT", encode("CONNECT", authority, headers))
            if answer.status >= 300:  # noqa: PLR2004 - RFC 9110 section 9.3.6: any 2xx opens the tunnel
                raise failures.unproxied()


async def _connect(addresses: Sequence[str], port: int) -> Connection:
    loop, failure = asyncio.get_running_loop(), blocked()
    for address in addresses:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(Connection, address, port)
        except OSError as error:  # a TimeoutError too
            failure = failures.unconnected(error)
        else:
            return connection
    raise failure
