"""One request as it goes on the wire, and the next one when the answer points elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urljoin

from varlor.connectors.http.body import ACCEPTED
from varlor.connectors.http.message import OutRequest, encode
from varlor.connectors.http.proxy import Proxy
from varlor.connectors.http.url import Target, parse, with_params, without_params
from varlor.errors import InvalidInputError, SourceError
from varlor.ports import AuthParts

_DEFAULTS: Final = {
    "accept": (b"Accept", b"*/*"),
    "accept-encoding": (b"Accept-Encoding", ACCEPTED.encode()),
    "user-agent": (b"User-Agent", b"varlor"),
}
_OURS: Final = frozenset(  # framing and routing are not the caller's
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_TRAVELS: Final = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER: Final = 303
_KEEPS_METHOD: Final = frozenset({307, 308})


@dataclass(frozen=True, slots=True, repr=False)
class Hop:
    """`target` is without the credential's parameters; `auth` is empty once the origin was left."""

    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | None
    auth: AuthParts

    @classmethod
    def first(cls, request: OutRequest) -> "Hop":
        """Raises SourceError(bad_request)."""
        _check_params(request.params)
        _check_params(request.auth.params)
        try:
            target = parse(request.url)
        except InvalidInputError as error:
            raise SourceError("bad_request", error.detail) from None
        target = without_params(with_params(target, request.params), request.auth.params.keys())
        return cls(request.method.upper(), target, request.headers, request.body, request.auth)

    def wire(self, proxy: Proxy | None = None) -> bytes:
        """Raises SourceError(bad_request) for a header that is not the caller's to set or not Latin-1."""
        target = with_params(self.target, self.auth.params)
        headers = [(b"Host", target.authority.encode()), *_merged(self.headers, self.auth.headers)]
        if self.body is not None:
            headers.append((b"Content-Length", str(len(self.body)).encode()))
        if proxy and target.scheme == "http":  # RFC 9112 section 3.2.2
            return encode(self.method, target.url, [*headers, *proxy.headers], self.body)
        return encode(self.method, target.resource, headers, self.body)

    def next(self, status: int, location: str | None) -> "Hop | None":
        """The request that an answer redirects to, None if it does not; RFC 9110 section 15.4.

        Raises SourceError(blocked_destination) for a redirect that must not be followed.
        """
        if status not in _REDIRECTS or not location:
            return None
        target = self._resolved(location)
        hop = replace(self, target=target)
        if status not in _KEEPS_METHOD and (status == _SEE_OTHER or self.method == "POST"):
            kept = {name: value for name, value in self.headers.items() if name.lower() != "content-type"}
            hop = replace(hop, method="HEAD" if self.method == "HEAD" else "GET", headers=kept, body=None)
        return hop if target.origin == self.target.origin else _away(hop)

    def _resolved(self, location: str) -> Target:
        try:
            target = parse(urljoin(self.target.url, location))
        except (InvalidInputError, ValueError):
            raise SourceError(
                "blocked_destination", "The API redirects to something that is not a plain http(s) URL."
            ) from None
        if self.target.scheme == "https" and target.scheme == "http":
            raise SourceError("blocked_destination", "The API redirects from https to http.")
        return without_params(target, self.auth.params.keys())


def _away(hop: Hop) -> Hop:
    """Leave the origin: whatever could be a credential stays behind, headers of one's own included."""
    if hop.body is not None:
        raise SourceError(
            "blocked_destination",
            "The API redirects a request with a body to another origin; make that the base URL.",
        )
    kept = {name: value for name, value in hop.headers.items() if name.lower() in _TRAVELS}
    return replace(hop, headers=kept, auth=AuthParts())


def _merged(*layers: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    merged = dict(_DEFAULTS)
    for layer in layers:
        for name, value in layer.items():
            lower = name.lower()
            if lower in _OURS:
                raise SourceError("bad_request", f"The header {lower} is set by the product; leave it out.")
            try:
                merged[lower] = name.encode("ascii"), value.encode("latin-1")
            except UnicodeEncodeError:
                raise SourceError(
                    "bad_request", "A header holds characters that HTTP cannot carry."
                ) from None
    return iter(merged.values())


def _check_params(params: Mapping[str, str | Sequence[str]]) -> None:
    for name, value in params.items():
        for text in (name, value) if isinstance(value, str) else (name, *value):
            if "\r" in text or "\n" in text or "\0" in text:
                raise SourceError("bad_request", "A parameter holds a line break or NUL; remove it.")
