"""What goes out and what comes back. Neither has a repr: both hold secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import h11
import httpx2

from varlor.errors import SourceError
from varlor.ports import AuthParts


@dataclass(frozen=True, slots=True, repr=False)
class OutRequest:
    """One request to where a tenant points.

    `params` replace those of the same name in `url`. `auth` goes with the request as long as it
    stays at its origin: a redirect that leaves it drops `auth` and every header of one's own.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict[str, "str | Sequence[str]"])
    body: bytes | None = None
    auth: AuthParts = field(default_factory=AuthParts)
    follow_redirects: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class OutResponse:
    """A whole answer, whatever its status.

    `body` is decoded. `url` is where it came from in the end, without the parameters of `auth`.
    `elapsed_ms` counts redirects and the body in. `note`: what was made of a body that is not JSON.
    """

    status: int
    reason: str
    headers: httpx2.Headers
    body: bytes
    url: str
    elapsed_ms: int
    content_type: str | None
    note: str | None = None


def encode(method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes | None = None) -> bytes:
    """The request as HTTP/1.1 writes it; raises SourceError(bad_request) for what it cannot hold."""
    try:
        request = h11.Request(method=method, target=target, headers=headers)
        head = h11.Connection(h11.CLIENT).send(request)
    except h11.LocalProtocolError:
        raise SourceError(
            "bad_request", "The request holds a method or header that HTTP does not allow."
        ) from None
    return (head or b"") + (body or b"")
