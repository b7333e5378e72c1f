"""What an authorization server says of itself, found by its issuer alone and held to that name."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from varlor.auth.oauth2.answers import read_body
from varlor.auth.oauth2.transport import Transport
from varlor.connectors.retry_after import seconds_to_wait
from varlor.contracts.oauth import ServerMetadata
from varlor.errors import TokenError
from varlor.ports import Clock

KEPT: Final = timedelta(hours=1)
MOST_KEPT: Final = 256  # documents of one process
_OK, _TOO_MANY, _SERVER_ERROR = 200, 429, 500


class MetadataSource:
    """RFC 8414 and OpenID Connect Discovery, remembered for an hour."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._kept: OrderedDict[str, tuple[datetime, ServerMetadata]] = OrderedDict()

    async def find(self, issuer: str) -> ServerMetadata:
        """Raises TokenError: rejected when there is none or it is another issuer's, passing to try again."""
        found = await self.look(issuer)
        if found is None:
            raise TokenError("rejected", "The issuer publishes no OAuth or OpenID metadata.")
        return found

    async def look(self, issuer: str) -> ServerMetadata | None:
        """As `find`, but None when the issuer publishes none."""
        kept = self._kept.get(issuer)
        if kept is not None and self._clock.now() - kept[0] < KEPT:
            return kept[1]
        found = await self._fetch(issuer)
        if found is None:
            return None
        self._kept[issuer] = self._clock.now(), found
        self._kept.move_to_end(issuer)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    async def _fetch(self, issuer: str) -> ServerMetadata | None:
        passing: TokenError | None = None
        for place in locations(issuer):
            answer = await self._transport.get(place)
            if answer.status == _OK and (document := read_body(answer.body)).get("issuer") is not None:
                return self._held(issuer, document)
            if answer.status >= _SERVER_ERROR or answer.status == _TOO_MANY:
                wait = seconds_to_wait(answer.headers, self._clock.now())
                detail = f"The issuer's metadata cannot be read: it answered {answer.status}."
                passing = TokenError("passing", detail, status=answer.status, retry_after=wait)
        if passing is not None:
            raise passing
        return None

    def _held(self, issuer: str, document: Any) -> ServerMetadata:
        """RFC 8414, section 3.3: a document of another issuer must not be used."""
        if document.get("issuer") != issuer:
            raise TokenError(
                "rejected",
                "The metadata names another issuer; to the letter, slash included, it must be yours.",
            )
        return ServerMetadata(
            issuer=issuer,
            authorization_url=self._endpoint(document, "authorization_endpoint"),
            token_url=self._endpoint(document, "token_endpoint"),
            revocation_url=self._endpoint(document, "revocation_endpoint"),
            jwks_url=self._endpoint(document, "jwks_uri"),
            iss_required=document.get("authorization_response_iss_parameter_supported") is True,
            auth_methods=_words(document.get("token_endpoint_auth_methods_supported")),
            scopes=_words(document.get("scopes_supported")),
        )

    def _endpoint(self, document: Any, name: str) -> str | None:
        url = document.get(name)
        return self._transport.check(url) if isinstance(url, str) and url else None


def locations(issuer: str) -> list[str]:
    """Where to look, in order: RFC 8414 sections 3.1 and 5, OpenID Connect Discovery section 4."""
    parts = urlsplit(issuer)
    if parts.query or parts.fragment:
        raise TokenError("rejected", "An issuer is an address without query and fragment.")
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    places = [
        f"{origin}/.well-known/{name}{path}"
        for name in ("oauth-authorization-server", "openid-configuration")
    ]
    return list(dict.fromkeys([*places, f"{origin}{path}/.well-known/openid-configuration"]))


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)][:256] if isinstance(value, list) else []
