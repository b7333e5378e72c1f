"""An API without a document may still name its resources at its base URL, as hypermedia APIs do."""

import re
from collections.abc import Iterator
from typing import Any, Final

from varlor.connectors.discovery.documents import read_json
from varlor.connectors.discovery.foreign import mapping
from varlor.connectors.discovery.placement import path_below
from varlor.contracts.check import Endpoint

_FEWEST: Final = 2
_MOST: Final = 200
_OPTIONAL = re.compile(r"\{[^{}]*\}.*$|[?#].*$")  # RFC 6570 expressions, queries: the plain resource remains
_ASIDE: Final = frozenset({"self", "next", "prev", "previous", "first", "last", "curies", "profile"})


def read_links(body: bytes, url: str, base_url: str) -> list[Endpoint]:
    """The resources below `base_url` that the JSON answer from `url` names; none if fewer than two."""
    root = mapping(read_json(body.strip()))
    found: dict[str, Endpoint] = {}
    for name, address in _links(root):
        path = path_below(address, base_url, url)
        if path and name not in _ASIDE and len(found) < _MOST:
            found.setdefault(path, Endpoint(id=f"GET {path}", method="GET", path=path, summary=name[:200]))
    return list(found.values()) if len(found) >= _FEWEST else []


def _links(root: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for members in (mapping(root.get("_links")), mapping(root.get("links")), root):
        for name, value in members.items():
            address = mapping(value).get("href") or value
            if isinstance(address, str) and address.startswith(("http://", "https://", "/")):
                yield str(name), _OPTIONAL.sub("", address)
