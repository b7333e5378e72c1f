"""Resolve once, judge every answer, connect by the judged address: DNS gets no second say."""

import asyncio
import re
import select
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from time import monotonic
from typing import Any, Final

import httpcore2

from varlor.connectors.http.policy import EgressPolicy, blocked

RESOLVE_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 5.0  # per address, so that a dead one leaves time for the next

_FRESH: Final = 0.1  # seconds after its last use for which a connection is taken for open
_READ: Final = 256 * 1024  # bytes at once; the pool asks for 64 kB, and each costs a turn of the loop
_INTERIM: Final = re.compile(rb"\r\n\r\nHTTP/1\.[01] 1")  # raw line breaks: no JSON text holds this
_FINAL: Final = re.compile(rb"HTTP/1\.[01] [2-5]")
_MOST_INTERIM: Final = 32  # of one read

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


class WatchedBackend(httpcore2.AsyncNetworkBackend):
    """Opens TCP to wherever it is told (the operator's proxy), and watches what comes back."""

    def __init__(self) -> None:
        self._dialler: httpcore2.AsyncNetworkBackend = httpcore2.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue] - the library also declares a stand-in for a missing anyio

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the pool's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        return _Watched(await self._dialler.connect_tcp(host, port, timeout, local_address, socket_options))


class GuardedBackend(WatchedBackend):
    """Opens TCP only to judged addresses; the pool never sees these, so TLS, SNI and Host keep the name."""

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._guard = guard

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the pool's signature; the deadline is ours
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception | None = None
        for address in await self._guard.addresses(host, port):
            try:
                return await super().connect_tcp(
                    address, port, CONNECT_SECONDS, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or blocked()


class _Watched(httpcore2.AsyncNetworkStream):
    """Refuses floods of interim answers (RFC 9110 section 15.2): reading them would hold the whole worker."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._socket = stream.get_extra_info("socket")
        self._used = 0.0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the library's signature
        data = await self._stream.read(max(max_bytes, _READ), timeout)
        self._used = monotonic()
        if _is_suspect(data) and len(_INTERIM.findall(data)) > _MOST_INTERIM:
            raise httpcore2.RemoteProtocolError(ValueError("a flood of interim answers"))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the library's signature
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
    ) -> httpcore2.AsyncNetworkStream:
        return _Watched(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._socket is not None:  # asked of every idle connection, each time
            return monotonic() - self._used > _FRESH and _is_readable(self._socket.fileno())
        return self._stream.get_extra_info(info)


def _is_suspect(data: bytes) -> bool:
    """Whether a raw line break stands behind the final answer's head; few bodies hold one, no JSON does."""
    behind = data.find(b"\r\n\r\n") + 4 if _FINAL.match(data) else 0
    return data.find(b"\r", behind) >= 0


def _is_readable(file: int) -> bool:
    """Whether something, such as the end, waits to be read; also for a socket that is closed."""
    if file < 0:
        return True
    asked = select.poll()
    asked.register(file, select.POLLIN)
    return bool(asked.poll(0))
