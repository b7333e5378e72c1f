"""The only door for requests that a tenant can point somewhere."""

import ssl
from collections.abc import Awaitable, Callable, Sequence

from varlor.connectors.http.message import OutRequest, OutResponse
from varlor.connectors.http.policy import EgressPolicy

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class GuardedClient:
    def __init__(
        self,
        policy: EgressPolicy,
        *,
        proxy_url: str | None = None,
        verify: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
    ) -> None: ...

    async def send(self, request: OutRequest, *, deadline: float, max_bytes: int) -> OutResponse:
        """Send and read whole, within `deadline` seconds in all and `max_bytes` decoded.

        Raises SourceError: timeout, unreachable, tls, blocked_destination, too_large, truncated,
        not_json (a content coding nobody asked for), bad_request. No status is an error.
        """
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError
