"""Requests to authorization servers: never redirected, 15 s in all, 1 MiB at most, in the clear nowhere."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol
from urllib.parse import urlencode

from varlor.connectors.http import OutRequest, OutResponse
from varlor.errors import InvalidInputError, SourceError, TokenError

SECONDS: Final = 15.0
MOST_BYTES: Final = 1024 * 1024
_FORM: Final = "application/x-www-form-urlencoded"


class Sender(Protocol):
    """The guarded client."""

    async def send(self, request: OutRequest, *, deadline: float, max_bytes: int) -> OutResponse: ...


class Transport:
    """`plain_http(url)`: whether the operator vouches for that host, so that it may do without TLS."""

    def __init__(self, client: Sender, plain_http: Callable[[str], bool]) -> None:
        self._client = client
        self._plain_http = plain_http

    def check(self, url: str) -> str:
        """The URL, if a secret may be sent there; TokenError(rejected) when it is not https."""
        if not url.lower().startswith("https://") and not self._plain_http(url):
            raise TokenError("rejected", "The authorization server's addresses must begin with https://.")
        return url

    async def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> OutResponse:
        """Whatever it answers; TokenError(passing) when there is no whole answer."""
        sent = {"accept": "application/json", "content-type": _FORM, **headers}
        return await self._send("POST", url, sent, urlencode(form).encode())

    async def get(self, url: str) -> OutResponse:
        return await self._send("GET", url, {"accept": "application/json"}, None)

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> OutResponse:
        request = OutRequest(method, self.check(url), headers, body=body, follow_redirects=False)
        try:
            return await self._client.send(request, deadline=SECONDS, max_bytes=MOST_BYTES)
        except SourceError as error:
            # The guard answers alike for a host that may not be reached and one that DNS lost for a minute.
            raise TokenError("passing", f"The authorization server: {error.detail}") from None
        except InvalidInputError as error:
            raise TokenError("rejected", error.detail) from None
