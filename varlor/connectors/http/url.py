"""One strict reading of a URL, so that nobody behind us can read it as another destination."""

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_plus, urlencode

import httpx2

from varlor.errors import InvalidInputError

MAX_LENGTH: Final = 16_384  # characters; next links carry long cursors

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\\%\[\]]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#\\]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.IGNORECASE | re.ASCII,
)
_LABELS = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?=/|$)", re.IGNORECASE)
_SAFE = "!$%&'()*+,-./:;=?@[]^_|~"  # left alone: reserved, or already an escape
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


Origin = tuple[str, str, int]
"""(scheme, host, port), as in RFC 6454."""


class Target(NamedTuple):
    """A destination taken apart: `path` begins with a slash, `query` has no question mark."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def origin(self) -> Origin:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def resource(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.resource}"


def check_url(url: str) -> str:
    """The normalised URL of something to be saved.

    Raises InvalidInputError, naming the remedy, for all but `http(s)://host[:port][/path][?query]`.
    """
    if "#" in url:
        raise InvalidInputError("Leave out the part of the URL from # on; it is never sent.")
    target = parse(url)
    if _DOTS.search(target.path):
        raise InvalidInputError("Write the URL's path without . and .. segments.")
    return target.url


def join_url(base: str, path: str) -> str:
    """`path` (with its query) below `base`, never beside it.

    Raises InvalidInputError for a path that names a host or climbs: `//host`, `https:…`, `../`.
    """
    if "://" in path.partition("?")[0] or path.startswith("//") or "\\" in path or "#" in path:
        raise InvalidInputError("Give a path below the base URL, such as /v1/items, not another URL.")
    place, _, query = path.partition("?")
    if _DOTS.search(place):
        raise InvalidInputError("Write the path without . and .. segments.")
    root = parse(base)
    joined = f"{root.path.rstrip('/')}/{place.lstrip('/')}" if place else root.path
    queries = "&".join(part for part in (root.query, query) if part)
    return parse(root._replace(path=joined, query=queries).url).url


@lru_cache(256)  # of one page's request, which each layer reads anew
def parse(url: str) -> Target:
    """Take a URL apart, dropping its fragment; raises InvalidInputError without repeating the URL."""
    if len(url) > MAX_LENGTH:
        raise InvalidInputError(f"Shorten the URL to at most {MAX_LENGTH} characters.")
    if _CONTROL.search(url):
        raise InvalidInputError("Remove control characters, tabs and line breaks from the URL.")
    match = _URL.fullmatch(url)
    if match is None:
        raise InvalidInputError(_remedy(url))
    scheme, host, port, path, query = match.groups()
    number = _DEFAULT_PORTS[scheme.lower()] if port is None else int(port)
    if not 0 < number < 65_536:  # noqa: PLR2004 - the range of ports
        raise InvalidInputError("Give a port between 1 and 65535, or none.")
    return Target(scheme.lower(), normal_host(host), number, _escaped(path or "/"), _escaped(query or ""))


def _remedy(url: str) -> str:
    scheme, _, rest = url.partition("://")
    if not rest or scheme.lower() not in _DEFAULT_PORTS:
        return "Begin the URL with http:// or https:// and a host."
    if "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        return "Take the user name and password out of the URL; give them as the connector's credential."
    return "Write the URL as https://host[:port]/path, with a plain host name or address and no backslash."


@lru_cache(256)
def normal_host(host: str) -> str:
    """A host name in lower-case ASCII without a trailing dot, or an address in its one canonical form.

    Other spellings of IPv4 (`127.1`, `0x7f.1`, `2130706433`; WHATWG URL, "ends in a number") are refused.
    """
    if host.startswith("["):
        return _canonical(host[1:-1])
    name = host.lower() if host.isascii() else _idna(host)
    name = name.removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _canonical(name)
    if not _LABELS.fullmatch(name) or len(name) > 253:  # noqa: PLR2004 - RFC 1035 section 2.3.4
        raise InvalidInputError("Give a host name made of letters, digits, hyphens and dots.")
    return name


def _canonical(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        raise InvalidInputError(
            "Write an address as four decimal numbers (192.0.2.1) or as IPv6 in brackets ([2001:db8::1])."
        ) from None


def _idna(host: str) -> str:
    try:
        return httpx2.URL(scheme="https", host=host).raw_host.decode("ascii")
    except httpx2.InvalidURL:
        raise InvalidInputError("The host name holds characters that no domain may have.") from None


def _escaped(part: str) -> str:
    return quote(part, safe=_SAFE)


def with_params(target: Target, params: Mapping[str, str | Sequence[str]]) -> Target:
    """`target` with its query's pairs of the same names replaced by `params`."""
    if not params:
        return target
    kept = without_params(target, params.keys()).query
    added = urlencode(params, doseq=True, quote_via=quote)
    return target._replace(query=f"{kept}&{added}" if kept and added else kept or added)


def without_params(target: Target, names: Collection[str]) -> Target:
    """`target` without the query's pairs of those names, however they are escaped."""
    if not names or not target.query:
        return target
    pairs = [pair for pair in target.query.split("&") if unquote_plus(pair.partition("=")[0]) not in names]
    return target._replace(query="&".join(pairs))
