"""Discovery's requests: few, in bounded time, through the rate window, with the credential at home only."""

import asyncio
import time
from collections import Counter
from http import HTTPStatus
from typing import Final

from varlor.connectors.discovery.documents import MAX_BYTES
from varlor.connectors.http import GuardedClient, OutRequest, OutResponse
from varlor.connectors.http.url import parse
from varlor.connectors.retry_after import seconds_to_wait
from varlor.contracts.connector import Connector
from varlor.errors import InvalidInputError, SourceError
from varlor.ports import AuthParts, Clock, RateWindow, RequestAuth

_MOST_REQUESTS: Final = 40
_MOST_SECONDS: Final = 25.0
_ONE_REQUEST: Final = 8.0
_ACCEPT: Final = (
    "application/vnd.oai.openapi+json, application/json;q=0.9, application/linkset+json;q=0.9, "
    "application/yaml;q=0.8, text/html;q=0.7, */*;q=0.5"
)
_USELESS: Final = frozenset({"blocked_destination", "unreachable", "tls", "timeout"})


class Asking:
    """One discovery's budget: 40 requests and 25 s in all; `None` is the answer once it is used up."""

    def __init__(
        self,
        client: GuardedClient,
        window: RateWindow | None,
        clock: Clock,
        tenant: str,
        connector: Connector,
        auth: RequestAuth,
    ) -> None:
        self._client, self._window, self._clock = client, window, clock
        self._tenant, self._connector, self._auth = tenant, connector, auth
        self._home = parse(connector.base_url).origin
        self._end = time.monotonic() + _MOST_SECONDS
        self._left = _MOST_REQUESTS
        self._renewed = False
        self.statuses: Counter[int] = Counter()
        self.failures: list[SourceError] = []
        self.stopped: str | None = None

    async def ask(self, url: str) -> OutResponse | None:
        """The answer to GET if its status is 200; raises PartUnavailableError when Redis is away."""
        try:
            at_home = parse(url).origin == self._home
        except InvalidInputError:
            return None
        answer = await self._send(url, at_home=at_home)
        if answer is not None and answer.status == HTTPStatus.UNAUTHORIZED and at_home and not self._renewed:
            self._renewed = True
            if await self._auth.refused():
                answer = await self._send(url, at_home=True)
        return answer if answer is not None and answer.status == HTTPStatus.OK else None

    async def _send(self, url: str, *, at_home: bool) -> OutResponse | None:
        if not await self._may_send():
            return None
        own = self._connector.headers if at_home else {}
        headers = {"Accept": _ACCEPT} | {name: v for name, v in own.items() if name.lower() != "accept"}
        auth = await self._auth.parts() if at_home else AuthParts()
        try:
            answer = await self._client.send(
                OutRequest("GET", url, headers=headers, auth=auth),
                deadline=max(0.1, min(_ONE_REQUEST, self._end - time.monotonic())),
                max_bytes=MAX_BYTES,
            )
        except SourceError as error:
            self._failed(error, at_home=at_home)
            return None
        self.statuses[answer.status] += 1
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            await self._throttled(answer)
        return answer

    async def _may_send(self) -> bool:
        """Take one request from the budget and from the window, waiting while there is time."""
        while self.stopped is None:
            left = self._end - time.monotonic()
            if left <= 0 or self._left <= 0:
                self.stopped = "its time is up" if left <= 0 else "it has asked often enough"
                break
            wait = await self._wait()
            if wait <= 0:
                self._left -= 1
                return True
            if wait >= left:
                self.stopped = "the connector's rate limit allows no further request for now"
                break
            await asyncio.sleep(wait)
        return False

    async def _wait(self) -> float:
        if self._window is None:
            return 0.0
        limit = self._connector.rate_limit_config
        return await self._window.acquire(self._tenant, self._connector.id, limit)

    def _failed(self, error: SourceError, *, at_home: bool) -> None:
        self.failures.append(error)
        if at_home and error.kind in _USELESS and not self.statuses and self.stopped is None:
            self.stopped = "the API cannot be reached"

    async def _throttled(self, answer: OutResponse) -> None:
        self.stopped = "the API asks for fewer requests"
        wait = seconds_to_wait(answer.headers, self._clock.now())
        self.failures.append(
            SourceError("rate_limited", "The API asks for fewer requests.", status=429, retry_after=wait)
        )
        if self._window is not None and wait:
            await self._window.block(self._tenant, self._connector.id, wait)

    def excuse(self) -> SourceError | None:
        """Why finding nothing says nothing about the API: it was away, overrun or broken throughout."""
        if self.statuses[HTTPStatus.TOO_MANY_REQUESTS]:
            return self.failures[-1]
        if any(status < HTTPStatus.INTERNAL_SERVER_ERROR for status in self.statuses):
            return None
        if self.failures:
            return self.failures[0]
        broken = next(iter(self.statuses), None)
        if broken is None:
            return None
        return SourceError("server_error", f"The API answered every request with {broken}.", status=broken)
