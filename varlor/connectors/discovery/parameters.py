"""An operation's parameters, whichever version of OpenAPI describes them."""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple, cast, get_args

from varlor.connectors.discovery.foreign import mapping, plain_json, sequence, text
from varlor.connectors.discovery.references import Document
from varlor.contracts.check import EndpointParameter

Location = Literal["path", "query", "header", "cookie"]
_LOCATIONS: Final = frozenset(get_args(Location))
_MOST: Final = 200
_MOST_CHOICES: Final = 100


class Parameter(NamedTuple):
    """What is shown of a parameter, and the schema that says more (bounds)."""

    shown: EndpointParameter
    schema: dict[str, Any]


def read_parameters(document: Document, *levels: Any) -> list[Parameter]:
    """Of the path and of the operation; the later level's counts where both name one."""
    found: dict[tuple[str, str], Parameter] = {}
    for level in levels:
        for parameter in _read(document, level):
            found[parameter.shown.location, parameter.shown.name] = parameter
    return list(found.values())[:_MOST]


def _read(document: Document, level: Any) -> Iterator[Parameter]:
    for raw in sequence(level):
        node = document.follow(raw)
        name, location = node.get("name"), node.get("in")
        if not isinstance(name, str) or not 0 < len(name) <= 200 or str(location) not in _LOCATIONS:  # noqa: PLR2004 - no name of a parameter is longer
            continue
        schema = _schema(document, node)
        shown = EndpointParameter(
            name=name,
            location=cast("Location", location),
            required=node.get("required") is True or location == "path",
            type=_type(schema),
            description=text(node.get("description")),
            default=plain_json(schema.get("default")),
            enum=_choices(document, schema),
        )
        yield Parameter(shown, schema)


def _schema(document: Document, node: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3 keeps it in `schema` or `content`; in 2.0 the parameter is its own schema."""
    if "schema" not in node and "content" not in node:
        return node
    inner: Any = node.get("schema")
    if inner is None:
        inner = next((mapping(media).get("schema") for media in mapping(node.get("content")).values()), None)
    schema = document.follow(inner)
    for word in ("anyOf", "oneOf", "allOf"):
        # `anyOf: [{type: integer}, {type: null}]` is how an optional parameter is written in 3.1.
        for branch in map(document.follow, sequence(schema.get(word))):
            if branch.get("type") not in (None, "null"):
                return {**branch, **schema}
    return schema


def _type(schema: dict[str, Any]) -> str | None:
    said = schema.get("type")
    if isinstance(said, list):
        said = next((name for name in sequence(said) if name != "null"), None)
    return said if isinstance(said, str) and len(said) <= 50 else None  # noqa: PLR2004 - no type's name is longer


def _choices(document: Document, schema: dict[str, Any]) -> list[Any] | None:
    choices = schema.get("enum") or document.follow(schema.get("items")).get("enum")
    return [plain_json(choice) for choice in sequence(choices)[:_MOST_CHOICES]] or None
