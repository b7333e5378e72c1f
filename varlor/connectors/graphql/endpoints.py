"""A schema's endpoints: each query field that hands out a list or a connection, and a query to start from."""

from typing import Any, Final, NamedTuple

from graphql import parse, print_ast

from varlor.connectors.graphql.paging import OFFSETS, PAGES, SIZES, plain
from varlor.connectors.graphql.schema import Argument, Field, Schema
from varlor.connectors.graphql.selection import Selection
from varlor.contracts.check import Endpoint, EndpointParameter
from varlor.contracts.pagination import CursorToken, Offset, PageNumber, Pagination, Relay

_MOST_ENDPOINTS: Final = 1_000
_MOST_TEXT: Final = 4 * 1024 * 1024  # characters of all queries
_PAGE: Final = 100  # records
_IDS: Final = ("id", "uuid", "guid", "_id")
_WRAPPED: Final = ("items", "results", "data", "records", "rows", "entries", "list", "edges", "nodes")
_INFO: Final = ("hasNextPage", "endCursor")


class Reading(NamedTuple):
    endpoints: list[Endpoint]
    notes: list[str]


class _Shape(NamedTuple):
    """How a field hands out records: the keys to the list, the key of the record in it, its type's name."""

    keys: tuple[str, ...]
    inner: str | None
    record: str
    pages: bool  # whether pageInfo says if there are more, and from where


def read_schema(schema: Schema) -> Reading:
    """Bounded in number and size, whatever the schema holds."""
    if schema.root is None:
        return Reading([], ["The schema names no query type."])
    endpoints: list[Endpoint] = []
    written = 0
    for field in schema.fields(schema.root).values():
        shape = _shape(schema, field)
        if shape is None:
            continue
        endpoint = _endpoint(schema, field, shape)
        written += len(endpoint.query or "")
        if len(endpoints) == _MOST_ENDPOINTS or written > _MOST_TEXT:
            return Reading(endpoints, [f"The schema has more lists than the {len(endpoints)} shown."])
        endpoints.append(endpoint)
    return Reading(endpoints, [])


def _shape(schema: Schema, field: Field) -> _Shape | None:
    kind = field.type
    if kind.is_list:
        return None if kind.is_leaf else _Shape((), None, kind.name, pages=False)
    if not kind.is_composite:
        return None
    members = schema.fields(kind.name)
    pages = "pageInfo" in members and all(n in schema.fields(members["pageInfo"].type.name) for n in _INFO)
    if "nodes" in members and members["nodes"].type.is_list and pages:
        return _Shape(("nodes",), None, members["nodes"].type.name, pages)
    edges = members.get("edges")
    node = schema.fields(edges.type.name).get("node") if edges and edges.type.is_list else None
    if node is not None:
        return _Shape(("edges",), "node", node.type.name, pages)
    return _wrapped(members, pages=pages)


def _wrapped(members: dict[str, Field], *, pages: bool) -> _Shape | None:
    """An object around its only list of objects, as `{ items, total }`; one with an id is a record itself."""
    lists = [each for each in members.values() if each.type.is_list and not each.type.is_leaf and each.free]
    if len(lists) != 1 or plain(lists[0].name) not in _WRAPPED or any(name in members for name in _IDS):
        return None
    return _Shape((lists[0].name,), None, lists[0].type.name, pages)


def _endpoint(schema: Schema, field: Field, shape: _Shape) -> Endpoint:
    inner = f".{shape.inner}" if shape.inner else ""
    list_path = ".".join(("$.data", field.name, *shape.keys))
    return Endpoint(
        id=f"query.{field.name}",
        method="POST",
        path=field.name,
        summary=field.description,
        parameters=[_parameter(argument) for argument in field.arguments],
        record_path=f"{list_path}[*]{inner}" if inner else list_path,
        pagination=_pagination(field, shape),
        primary_key=_primary_key(schema, shape.record),
        query=_query(schema, field, shape),
        variables={argument.name: None for argument in field.arguments if argument.required},
    )


def _parameter(argument: Argument) -> EndpointParameter:
    return EndpointParameter(
        name=argument.name,
        location="variable",
        required=argument.required,
        type=argument.type.text,
        description=argument.description,
        default=argument.default,
    )


def _query(schema: Schema, field: Field, shape: _Shape) -> str:
    """Every argument a variable; one with a default may be left out, so its variable may be null."""
    declared = ", ".join(
        f"${a.name}: {a.type.text if a.required else a.type.nullable}" for a in field.arguments
    )
    passed = ", ".join(f"{a.name}: ${a.name}" for a in field.arguments)
    head = f"query {field.name}" + (f"({declared})" if declared else "")
    selected = Selection(schema).of(shape.record)
    for key in (shape.inner, *reversed(shape.keys)):
        selected = f"{key} {{ {selected} }}" if key else selected
    if shape.pages:
        selected += " pageInfo { hasNextPage endCursor }"
    budget = _budget(schema) if field.name != "rateLimit" else ""
    # Laid out as people write it, for it is a start to edit.
    return print_ast(
        parse(f"{head} {{ {field.name}{f'({passed})' if passed else ''} {{ {selected} }}{budget} }}")
    )


def _budget(schema: Schema) -> str:
    """GitHub's way of saying what is left, asked for with every page where the schema has it."""
    limit = schema.fields(schema.root or "").get("rateLimit")
    known = schema.fields(limit.type.name) if limit and limit.free and not limit.type.is_list else {}
    return " rateLimit { cost remaining resetAt }" if {"cost", "remaining", "resetAt"} <= known.keys() else ""


def _pagination(field: Field, shape: _Shape) -> Pagination | None:
    names = {plain(argument.name): argument for argument in field.arguments}
    if "after" in names and shape.pages:
        if shape.keys in {("nodes",), ("edges",)}:
            return Relay(connection_path=f"$.data.{field.name}", first=_PAGE)
        token = f"$.data.{field.name}.pageInfo.endCursor"
        return CursorToken(cursor_path=token, cursor_param=names["after"].name)
    size = next((names[name].name for name in SIZES if name in names), None)
    for name in OFFSETS:
        if name in names:
            return Offset(offset_param=names[name].name, limit_param=size or "limit", limit=_PAGE)
    for name in PAGES:
        if name in names:
            start = 0 if names[name].default == "0" else 1
            return PageNumber(
                page_param=names[name].name, start=start, size_param=size, size=_PAGE if size else None
            )
    return None


def _primary_key(schema: Schema, record: str) -> list[str] | None:
    fields: dict[str, Any] = schema.fields(record)
    return next(([name] for name in _IDS if name in fields and fields[name].type.is_leaf), None)
