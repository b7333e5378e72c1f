"""`$ref` within one document; a reference to anywhere else is never fetched, only counted."""

from typing import Any, Final
from urllib.parse import unquote

from varlor.connectors.discovery.foreign import mapping

_MOST_HOPS: Final = 32


class Document:
    """A document's root, and whatever its local references (RFC 6901) stand for."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.foreign_references: set[str] = set()
        self._known: dict[str, Any] = {}

    def follow(self, node: Any) -> dict[str, Any]:
        """The object that a node stands for; an empty one where its references lead nowhere."""
        for _ in range(_MOST_HOPS):
            found = mapping(node)
            reference = found.get("$ref")
            if not isinstance(reference, str):
                return found
            node = self._target(reference)
        return {}

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            self.foreign_references.add(reference[:200])
            return None
        if reference not in self._known:
            self._known[reference] = self._walk(unquote(reference[1:]))
        return self._known[reference]

    def _walk(self, pointer: str) -> Any:
        node: Any = self.root
        for token in pointer.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and key.isdecimal() and len(key) < 8 and int(key) < len(node):  # noqa: PLR2004 - no index has more digits
                node = node[int(key)]
            else:
                node = mapping(node).get(key)
        return node
