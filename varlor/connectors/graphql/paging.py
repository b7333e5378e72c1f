"""How a query is paged, read off the query itself: which field, by which argument, where its records are."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from varlor.connectors.graphql.document import Query, Selected, refused
from varlor.connectors.graphql.slots import Slot, argument_of, given
from varlor.contracts.pagination import (
    CursorToken,
    Keyset,
    NoPagination,
    Offset,
    PageNumber,
    Pagination,
    Relay,
)

OFFSETS: Final = ("offset", "skip", "startindex", "startat")
PAGES: Final = ("page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage")
SIZES: Final = ("first", "limit", "take", "perpage", "pagesize", "pagelimit", "size", "count", "top")
PARENT: Final = "_parent"
_INDEX = re.compile(r"\[[^\]]*\]")


class Found(NamedTuple):
    """A field, the response keys that lead to it, and what it is inside of."""

    keys: tuple[str, ...]
    field: Selected
    above: tuple[Selected, ...]

    @property
    def path(self) -> str:
        """As a JSONPath of the answer; `[*]` where a connection hands out its records."""
        parts = ["$.data"]
        for key, outer in zip(self.keys, (None, *self.above), strict=True):
            parts.append(key)
            if outer is not None and is_connection(outer) and parts[-1] in _records_of(outer)[:1]:
                parts[-1] += "[*]"
        return ".".join(parts)


@dataclass(frozen=True, slots=True)
class Paging:
    """`at` is where the position goes, `size` where `config`'s page size goes unless the caller set one.

    `outer`: this connection is inside each record of another, which is then read one record at a time.
    `inside`: connections that come with each record. `stated`: somebody chose it, page size included.
    `guessed`: nobody says whether pages are counted from 0 or from 1.
    """

    config: Pagination
    found: Found | None = None
    at: Slot | None = None
    size: Slot | None = None
    start: int = 0
    outer: "Paging | None" = None
    inside: tuple[Found, ...] = ()
    stated: bool = False
    guessed: bool = False
    notes: tuple[str, ...] = ()


def plain(name: str) -> str:
    return name.replace("_", "").lower()


def is_connection(field: Selected) -> bool:
    """`edges { node }` as Relay specifies it, or `nodes` with a sign of paging, as GitHub does it."""
    edges = by_name(field, "edges")
    if edges is not None:
        return by_name(edges, "node") is not None
    turned = by_name(field, "pageInfo") or argument_of(field, "first") or argument_of(field, "after")
    return by_name(field, "nodes") is not None and turned is not None


def by_name(field: Selected, name: str) -> Selected | None:
    return next((child for child in field.children if child.name == name), None)


def _records_of(connection: Selected) -> tuple[str, ...]:
    """The keys from a connection to each record: `nodes`, or `edges` and `node`."""
    nodes = by_name(connection, "nodes")
    edges = by_name(connection, "edges")
    node = by_name(edges, "node") if edges else None
    if nodes is not None:
        return (nodes.key,)
    return (edges.key, node.key) if edges and node else ()


def records_of(found: Found) -> tuple[str, ...]:
    return _records_of(found.field)


def walk(query: Query) -> list[Found]:
    """Every field, those nearer to the root first."""
    level = [Found((field.key,), field, ()) for field in query.fields]
    found: list[Found] = []
    while level:
        found += level
        level = [
            Found((*each.keys, child.key), child, (*each.above, each.field))
            for each in level
            for child in each.field.children
        ]
    return found


def choose(
    query: Query, variables: Mapping[str, Any], wanted: Pagination | None, record_path: str | None
) -> Paging:
    """What `wanted` asks for, or (None) what the query's own fields and arguments show.

    Raises InvalidInputError, pointing into `/pagination`, for what this query has no place for.
    """
    fields = walk(query)
    match wanted:
        case None:
            return _auto(query, variables, fields, _keys(record_path))
        case NoPagination():
            return Paging(wanted)
        case Relay():
            return _relay(fields, wanted)
        case _:
            return _stated(query, fields, wanted)


def _stated(query: Query, fields: list[Found], wanted: Pagination) -> Paging:
    """A style that names where its position goes."""
    match wanted:
        case Offset():
            at = _slot(query, fields, wanted.offset_param, "offsetParam")
            size = _slot(query, fields, wanted.limit_param, None)
            return Paging(wanted, *at, size[1], wanted.start, stated=True)
        case PageNumber():
            at = _slot(query, fields, wanted.page_param, "pageParam")
            size = _slot(query, fields, wanted.size_param, "sizeParam") if wanted.size_param else (None, None)
            return Paging(wanted, *at, size[1], wanted.start, stated=True)
        case CursorToken(cursor_path=str()):
            return Paging(wanted, *_slot(query, fields, wanted.cursor_param, "cursorParam"))
        case Keyset():
            return Paging(wanted, *_slot(query, fields, wanted.param, "param"))
        case _:
            raise refused(
                "/pagination/type",
                "GraphQL is paged by relay, offset, page_number, cursor (cursorPath), keyset or none.",
            )


def _keys(path: str | None) -> tuple[str, ...]:
    """The response keys of a path from the answer's root or from its data; indexes and `[*]` say nothing."""
    keys = tuple(filter(None, _INDEX.sub("", path or "").removeprefix("$").split(".")))
    return keys[1:] if keys[:1] == ("data",) else keys


def _relay(fields: list[Found], wanted: Relay) -> Paging:
    connections = [each for each in fields if is_connection(each.field) or by_name(each.field, "nodes")]
    keys = _keys(wanted.connection_path)
    fitting = [each for each in connections if each.keys == keys or not keys]
    if not fitting:
        known = ", ".join(each.path for each in connections[:10])
        hint = f"Its connections are {known}." if known else "A connection selects edges { node } or nodes."
        pointer = "/pagination/connectionPath" if keys else "/pagination/type"
        raise refused(pointer, f"The query has no such connection. {hint}")
    return _connection(connections, fitting[0], wanted, stated=True)


def _connection(connections: list[Found], found: Found, config: Relay, *, stated: bool) -> Paging:
    around = [each for each in connections if found.keys[: len(each.keys)] == each.keys and each != found]
    outer = _connection(connections, around[-1], config, stated=stated) if around else None
    notes = [f"Pagination found: {found.path} is a connection, read by its `after`."]
    if outer is not None:
        one = f"{found.path} is read whole, for one record of the connection around it at a time"
        notes = [f"{one}; {PARENT} keeps what that record selects beside it."]
    inside = [each for each in connections if each.above[: len(found.keys)] == (*found.above, found.field)]
    notes += [
        f"{each.path} is a connection inside each record: of it, only what comes with the record is read. "
        f"To read it whole, set pagination relay with connectionPath {each.path}."
        for each in inside[:3]
    ]
    aside = [each for each in connections if each not in inside and each not in around and each != found]
    if aside and outer is None:
        notes.append(f"Records are read from {found.path}; {aside[0].path} needs a fetch of its own.")
    size = Slot.of(found.field, "first")
    at = Slot.of(found.field, "after")
    return Paging(config, found, at, size, 0, outer, tuple(inside), stated=stated, notes=tuple(notes))


def _slot(
    query: Query, fields: list[Found], name: str, pointer: str | None
) -> tuple[Found | None, Slot | None]:
    """Where `name` is: a variable of the query, else an argument of one of its fields."""
    for each in fields:
        for argument in each.field.node.arguments or ():
            slot = Slot.of(each.field, argument.name.value)
            if name == (slot.variable or slot.argument):
                return each, slot
    if name in query.variables:
        return None, Slot(query.fields[0].node, name, name)
    if pointer is None:
        return None, None
    raise refused(
        f"/pagination/{pointer}",
        f"The query has neither a variable nor an argument {name}; declare ${name} and use it.",
    )


def _auto(query: Query, variables: Mapping[str, Any], fields: list[Found], near: tuple[str, ...]) -> Paging:
    connections = [each for each in fields if is_connection(each.field)]
    for each in sorted(connections, key=lambda c: near[: len(c.keys)] != c.keys):
        if argument_of(each.field, "last") is None and argument_of(each.field, "before") is None:
            return _connection(connections, each, Relay(), stated=False)
    for each in fields:
        counted = _counted(query, variables, each)
        if counted is not None:
            return counted
    return Paging(NoPagination(), notes=(_why_one_page(fields),))


def _counted(query: Query, variables: Mapping[str, Any], found: Found) -> Paging | None:
    """By an argument that counts records or pages."""
    slots = [Slot.of(found.field, a.name.value) for a in found.field.node.arguments or ()]
    size = next((slot for slot in slots if plain(slot.argument) in SIZES), None)
    limit = given(query, size, variables) if size else None
    many = limit if isinstance(limit, int) and limit > 0 else 100
    size_name = (size.variable or size.argument) if size else None
    for at in slots:
        name, first = at.variable or at.argument, given(query, at, variables)
        begin = first if isinstance(first, int) else None
        if plain(at.argument) in OFFSETS:
            config = Offset(offset_param=name, limit_param=size_name or "limit", limit=min(many, 100_000))
            note = f"Pagination found: {found.path} counts records by `{at.argument}`."
            return Paging(config, found, at, size, begin or 0, notes=(note,))
        if plain(at.argument) in PAGES:
            config = PageNumber(page_param=name, start=1 if begin is None else begin, size_param=size_name)
            note = f"Pagination found: {found.path} counts pages by `{at.argument}`."
            guessed = begin is None
            return Paging(config, found, at, size, config.start, guessed=guessed, notes=(note,))
    return None


def _why_one_page(fields: list[Found]) -> str:
    for each in fields:
        for argument in each.field.node.arguments or ():
            if plain(argument.name.value) in SIZES:
                return (
                    f"{each.path} limits its records by `{argument.name.value}`, but nothing in the query "
                    "turns the page: add the argument that does (after with pageInfo, offset or page)."
                )
    return "Nothing in the query turns a page (a connection, offset or page): it is read as one page."


def levels(paging: Paging) -> Iterator[Paging]:
    """From the outermost connection to the one that is read."""
    if paging.outer is not None:
        yield from levels(paging.outer)
    yield paging
