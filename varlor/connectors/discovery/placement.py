"""Where a document's paths lie as seen from the connector's base URL, whatever server the document names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from varlor.connectors.discovery.foreign import mapping, sequence

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_UNUSABLE = re.compile(r"[\x00-\x20\x7f\\#]|(?:^|/)\.{1,2}(?:/|$)|^/?[A-Za-z]+://|^//")
_FILE = re.compile(r"\.(?:json|ya?ml|html?)$", re.IGNORECASE)  # nothing lies below a file
_BARE_HOST = re.compile(r"[\w.-]+:\d{1,5}(?:/|$)")
_LONGEST: Final = 2048


@dataclass(slots=True)
class Placement:
    """Turns a document's path into one below the base URL.

    Paths on the base URL's own server are cut by the base URL's path; those outside it are refused
    (None) and counted in `outside`. Paths on any other server, a gateway's or a mock's original, are
    taken as they stand, but for the base URL's path where each begins with it; that server is kept in
    `elsewhere`.
    """

    root: dict[str, Any]
    document_url: str
    base_url: str
    outside: dict[str, int] = field(default_factory=dict[str, int])
    elsewhere: str | None = None
    _trust_prefix: bool = True
    _slips: frozenset[str] = frozenset()
    _repeated: str = ""  # the base URL's path, where every path begins with it

    def __post_init__(self) -> None:
        self._slips = self._repeated_prefixes()
        # A server that is only "/" is often no more than a default: if it explains no path at all
        # below this base URL, the paths were meant to start here.
        base = _base_path(self.base_url)
        if all(path.startswith(f"{base}/") for path in self._paths()):
            self._repeated = base
        servers = list(self._servers(self.root))
        if base and not _FILE.search(base) and all(urlsplit(server).path in ("", "/") for server in servers):
            self._trust_prefix = any(path.startswith(f"{base}/") for path in self._paths())

    def _paths(self) -> list[str]:
        return [str(path) for path in mapping(self.root.get("paths"))]

    def _repeated_prefixes(self) -> frozenset[str]:
        """Server paths that a few of the document's paths repeat by mistake; where most do, it is meant."""
        found: set[str] = set()
        for prefix in {_base_path(server) for server in self._servers(self.root)} - {""}:
            repeating = sum(path.startswith(f"{prefix}/") for path in self._paths())
            if 0 < repeating * 2 < len(self._paths()):
                found.add(prefix)
        return frozenset(found)

    def place(self, path: str, *owners: Any) -> str | None:
        """`owners`: the operation, then its path item; their `servers` override the document's."""
        path = path if path.startswith("/") else f"/{path}"
        for prefix in self._slips:
            if path.startswith(f"{prefix}/"):
                path = path[len(prefix) :]
                break
        if _UNUSABLE.search(path) or len(path) > _LONGEST:
            return None
        servers = next((found for owner in owners if (found := list(self._named(owner)))), None)
        return self._relative(path, servers or list(self._servers(self.root)))

    def _relative(self, path: str, servers: list[str]) -> str | None:
        here = [server for server in servers if _same_place(server, self.base_url)]
        if not here:
            self.elsewhere = self.elsewhere or servers[0]
            return path[len(self._repeated) :]
        if not self._trust_prefix:
            return path
        base = _base_path(self.base_url)
        for server in here:
            whole = _base_path(server) + path
            if whole.startswith(f"{base}/"):
                return whole[len(base) :]
        self.outside[here[0]] = self.outside.get(here[0], 0) + 1
        return None

    def _servers(self, root: dict[str, Any]) -> Iterator[str]:
        if "swagger" in root:
            parts = urlsplit(self.document_url)
            scheme = next((s for s in sequence(root.get("schemes")) if s in ("http", "https")), parts.scheme)
            host = root.get("host") if isinstance(root.get("host"), str) else parts.netloc
            path = root.get("basePath") if isinstance(root.get("basePath"), str) else "/"
            yield f"{scheme}://{host}/{str(path).lstrip('/')}"
            return
        named = list(self._named(root))
        yield from named or [urljoin(self.document_url, "/")]

    def _named(self, owner: Any) -> Iterator[str]:
        for server in map(mapping, sequence(mapping(owner).get("servers"))):
            url = server.get("url")
            if isinstance(url, str) and len(url) <= _LONGEST:
                variables = mapping(server.get("variables"))
                filled = _VARIABLE.sub(lambda match: _default(variables, match[1]), url)  # noqa: B023 - used at once
                if _BARE_HOST.match(filled):  # no relative address: a first segment may hold no colon
                    filled = f"//{filled}"
                # Joined with nothing, or with what is no address, it would be the document's own file.
                if server_url := _join(self.document_url, filled or "/"):
                    yield server_url


def _default(variables: dict[str, Any], name: str) -> str:
    return str(mapping(variables.get(name)).get("default") or "")


def _join(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def _base_path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _same_place(one: str, other: str) -> bool:
    """The same host and port; a document may say http where a proxy in front speaks https."""
    try:
        a, b = urlsplit(one), urlsplit(other)
        ports = {port for port in (a.port, b.port) if port not in (None, 80, 443)}
    except ValueError:
        return False
    same_port = not ports or (a.port == b.port)
    return (a.hostname or "").rstrip(".") == (b.hostname or "").rstrip(".") and same_port


def path_below(url: Any, base_url: str, against: str = "") -> str | None:
    """The path of an address (relative ones seen from `against`) below the base URL; None for any other."""
    if not isinstance(url, str):
        return None
    absolute = _join(against, url)
    base, path = _base_path(base_url), _base_path(absolute)
    if not _same_place(absolute, base_url) or not path.startswith(f"{base}/") or _UNUSABLE.search(path):
        return None
    return path[len(base) :]
