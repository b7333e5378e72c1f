"""What JSON Schema says of a value's shape, seen through references and combinations, however they cycle."""

from collections.abc import Iterator
from typing import Any, Final, Literal

from varlor.connectors.discovery.foreign import mapping, sequence
from varlor.connectors.discovery.references import Document

Kind = Literal["array", "object", "scalar"]
Keys = tuple[str, ...]

_MOST_PARTS: Final = 200
_MOST_PROPERTIES: Final = 1_000
_UNIONS: Final = ("oneOf", "anyOf")
_COMBINED: Final = ("allOf", *_UNIONS)
_EXAMPLE_DEPTH: Final = 6


class Schemas:
    """Reads the schemas of one document; what was read once is remembered."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # By identity; each entry holds its schema, so that no other can take over its id.
        self._parts: dict[int, tuple[Any, list[dict[str, Any]]]] = {}
        self._properties: dict[int, tuple[Any, dict[str, Any]]] = {}

    def parts(self, schema: Any) -> list[dict[str, Any]]:
        """The schemas that together describe the value, combinations taken apart, at most 200."""
        known = self._parts.get(id(schema))
        if known is None:
            known = self._parts[id(schema)] = schema, list(self._walk(schema, set()))
        return known[1]

    def _walk(self, schema: Any, seen: set[int]) -> Iterator[dict[str, Any]]:
        waiting = [schema]
        while waiting and len(seen) < _MOST_PARTS:
            node = mapping(waiting.pop(0))
            if not node or id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node.get("$ref"), str):
                waiting.insert(0, self._document.follow(node))
            if "$ref" not in node or len(node) > 1:
                yield node
            waiting[:0] = [part for word in _COMBINED for part in sequence(node.get(word))]

    def alternatives(self, schema: Any) -> list[Any]:
        """The branches of a schema that is nothing but a choice, else the schema alone."""
        node = self._document.follow(schema)
        branches = [branch for word in _UNIONS for branch in sequence(node.get(word))]
        if not branches or "properties" in node or "allOf" in node or "items" in node:
            return [schema]
        return [branch for branch in branches if self._document.follow(branch).get("type") != "null"]

    def kind(self, schema: Any) -> Kind | None:
        """None when nothing is said."""
        for part in self.parts(schema):
            found = _kind(part)
            if found:
                return found
        return None

    def properties(self, schema: Any) -> dict[str, Any]:
        """An object's members by name, of all parts; the first description of a name counts."""
        known = self._properties.get(id(schema))
        if known is None:
            members: dict[str, Any] = {}
            for part in self.parts(schema):
                for name, member in mapping(part.get("properties")).items():
                    if len(members) < _MOST_PROPERTIES:
                        members.setdefault(str(name), member)
            known = self._properties[id(schema)] = schema, members
        return known[1]

    def items(self, schema: Any) -> Any:
        return next((part["items"] for part in self.parts(schema) if "items" in part), None)

    def holds_records(self, schema: Any) -> bool:
        """Whether this is a list, and not one of texts or numbers."""
        return self.kind(schema) == "array" and self.kind(self.items(schema)) in ("object", None)

    def value(self, schema: Any, word: str) -> Any:
        """What the first part that says anything says under a keyword."""
        return next((part[word] for part in self.parts(schema) if word in part), None)

    def words(self, schema: Any) -> str:
        """Title and description, in lower case."""
        said = (str(part.get(key) or "") for part in self.parts(schema) for key in ("title", "description"))
        return " ".join(said)[:2000].lower()


def _kind(part: dict[str, Any]) -> Kind | None:
    said = part.get("type")
    if isinstance(said, list):
        said = next((name for name in sequence(said) if name != "null"), None)
    if said in ("array", "object"):
        return said
    if isinstance(said, str):
        return "scalar"
    if "items" in part:
        return "array"
    if "properties" in part or "additionalProperties" in part:
        return "object"
    return "scalar" if "enum" in part or "format" in part else None


def from_example(value: Any, depth: int = _EXAMPLE_DEPTH) -> dict[str, Any]:
    """A schema of an example's shape, for documents that show instead of describe."""
    if isinstance(value, dict):
        members = mapping(value).items() if depth else ()
        return {"type": "object", "properties": {str(key): from_example(m, depth - 1) for key, m in members}}
    if isinstance(value, list):
        first = next(iter(sequence(value)), None)
        return (
            {"type": "array", "items": from_example(first, depth - 1)}
            if depth and first
            else {"type": "array"}
        )
    names: dict[type, str] = {bool: "boolean", int: "integer", float: "number"}
    shape: dict[str, Any] = {"type": names.get(type(value), "string")}
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        shape["format"] = "uri"
    return shape
