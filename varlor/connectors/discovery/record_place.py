"""Where an endpoint's records are, and what tells one from another, read from its answer's schema."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from varlor.connectors.discovery import nouns
from varlor.connectors.discovery.schemas import Keys, Schemas
from varlor.connectors.pagination.vocabulary import plain

_DEPTH: Final = 3
_TELLING: Final = (
    "data", "items", "results", "records", "value", "values", "rows", "entries", "elements", "objects",
    "list", "content", "features", "docs", "documents", "hits", "resources", "entry", "collection",
)  # fmt: skip
_ASIDE: Final = frozenset({
    "errors", "error", "warnings", "warning", "messages", "notices", "links", "included", "facets",
    "aggregations", "filters", "validationerrors", "columns", "fields", "sort", "seeds", "tags",
})  # fmt: skip
_ENVELOPE: Final = frozenset({
    "meta", "metadata", "pagination", "paging", "page", "pageinfo", "pagesize", "perpage", "limit", "offset",
    "total", "totalcount", "totalpages", "totalitems", "totalrecords", "totalresults", "totalelements",
    "count", "next", "nextpage", "nextlink", "nexturl", "nextcursor", "nextpagetoken", "nexttoken", "cursor",
    "cursors", "hasmore", "hasnext", "links", "previous", "prev", "pagecount", "pagenumber", "odatanextlink",
    "responsemetadata", "success", "ok", "status", "message", "code", "kind", "etag", "object", "warnings",
    "errors", "href",
})  # fmt: skip
_PAGED: Final = frozenset({
    "next", "nextpage", "nextlink", "nexturl", "nextcursor", "nextpagetoken", "nexttoken", "hasmore",
    "hasnext", "total", "totalcount", "totalpages", "totalitems", "totalrecords", "totalresults",
    "totalelements", "pagination", "paging", "pageinfo", "pagecount", "pagenumber", "limit", "offset",
    "cursor", "cursors",
})  # fmt: skip
_WRAPPERS: Final = frozenset({*_TELLING, "result", "response", "payload", "body", "d", "output", "resultset"})
_IDS: Final = ("id", "uuid", "guid", "uid")


class Place(NamedTuple):
    """`keys` lead to the list of records, `item` is the schema of one."""

    keys: Keys
    item: Any
    envelope: Any


def find_records(schemas: Schemas, schema: Any, path: str) -> Place | None:
    """The likeliest list of records; None where the schema shows a single object, or cannot tell."""
    for branch in schemas.alternatives(schema):
        if schemas.holds_records(branch):
            return Place((), schemas.items(branch), branch)
        if schemas.kind(branch) == "array":
            continue
        found = _in_object(schemas, branch, path)
        if found is not None:
            return Place(found, schemas.items(member(schemas, branch, found)), branch)
    return None


def member(schemas: Schemas, schema: Any, keys: Keys) -> Any:
    for key in keys:
        schema = schemas.properties(schema).get(key)
    return schema


def _in_object(schemas: Schemas, schema: Any, path: str) -> Keys | None:
    noun = nouns.path_noun(path)
    if nouns.is_single(path) and any(plain(name) in _IDS for name in schemas.properties(schema)):
        return None
    for depth in range(1, _DEPTH + 1):
        lists = [keys for keys in _lists(schemas, schema, depth, ()) if not _is_aside(keys, noun)]
        named = [keys for keys in lists if _names(keys, noun)]
        best = min(named, key=lambda keys: _rank(keys, noun)) if named else None
        if best and nouns.is_single(path) and not _is_noun(best[-1], noun):
            best = None  # one resource, with a list of its own, unless there are pages of it
        if best is None and len(lists) == 1 and _is_envelope(schemas, schema, lists[0], path):
            best = lists[0]
        if best:
            return best
    return None


def _lists(schemas: Schemas, schema: Any, depth: int, keys: Keys) -> Iterator[Keys]:
    """Every list of records that many members down."""
    for name, inner in schemas.properties(schema).items():
        here = (*keys, name)
        if depth == 1:
            if schemas.holds_records(inner):
                yield here
        elif schemas.kind(inner) in ("object", None):
            yield from _lists(schemas, inner, depth - 1, here)


def _is_aside(keys: Keys, noun: list[str]) -> bool:
    return any(plain(key) in _ASIDE and not _is_noun(key, noun) for key in keys)


def _names(keys: Keys, noun: list[str]) -> bool:
    """Whether the list's name says that it is what was asked for: by convention, or by the path's noun."""
    last = keys[-1]
    if keys[0] == "_embedded":
        return True
    if _is_noun(last, noun):
        return True
    return plain(last) in _TELLING and all(
        plain(key) in _WRAPPERS or _is_noun(key, noun) for key in keys[:-1]
    )


def _is_noun(name: str, noun: list[str]) -> bool:
    return bool(noun) and nouns.words(name)[-1:] == noun[-1:]


def _rank(keys: Keys, noun: list[str]) -> int:
    if _is_noun(keys[-1], noun):
        return -1
    return _TELLING.index(plain(keys[-1])) if plain(keys[-1]) in _TELLING else len(_TELLING)


def _is_envelope(schemas: Schemas, schema: Any, keys: Keys, path: str) -> bool:
    """Whether what is around the list is no record itself, so that its only list must be the records."""
    expected = _PAGED if nouns.is_single(path) else _ENVELOPE
    for depth in range(len(keys)):
        around = schemas.properties(member(schemas, schema, keys[:depth]))
        beside = [name for name in around if name != keys[depth]]
        if any(plain(name) in _IDS for name in beside):
            return False
        if beside and not any(plain(name) in expected for name in beside):
            return False
    return True


def primary_key(schemas: Schemas, place: Place, path: str) -> list[str] | None:
    """`id`, or what the noun's id is called; never more than a guess by name."""
    members = schemas.properties(place.item)
    named = [name for name in members if name.lower().endswith(_IDS)]
    ids = [name for name in named if schemas.kind(members[name]) in ("scalar", None)]
    for wanted in ("id", "uuid", "guid"):
        for name in ids:
            if plain(name) == wanted:
                return [name]
    noun = nouns.path_noun(path)
    own = nouns.words(place.keys[-1]) if place.keys else []
    subjects = [subject for subject in (noun, own, noun[-1:], own[-1:]) if subject]
    return next(([name] for subject in subjects for name in ids if nouns.words(name)[:-1] == subject), None)
