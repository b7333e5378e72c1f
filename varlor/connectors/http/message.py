"""What goes out and what comes back. Neither has a repr: both hold secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx2

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
