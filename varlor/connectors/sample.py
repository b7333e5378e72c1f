"""The first records of an answer as a small table, for a connection test."""

from collections.abc import Iterable
from typing import Any, Final

from varlor.contracts.check import Sample
from varlor.contracts.dataset import Column
from varlor.redaction import redact_text

MOST_ROWS: Final = 20
_MOST_COLUMNS: Final = 200
_MOST_TEXT: Final = 500  # characters of one value
_MOST_NESTED: Final = 20  # members shown of a nested object or list
_DEPTH: Final = 4
_LARGEST: Final = 2**63  # beyond, an integer is shown as text, as it is stored


def sample(records: list[Any], secrets: tuple[str, ...]) -> Sample:
    """At most 20 rows; types over those rows; long texts cut; values that are the credential masked."""
    rows = [record if isinstance(record, dict) else {"value": record} for record in records[:MOST_ROWS]]
    names = list(dict.fromkeys(name for row in rows for name in row))[:_MOST_COLUMNS]
    columns = [Column(name=name, type=_type(row.get(name) for row in rows)) for name in names]
    shown = [{name: _shown(row[name], secrets, _DEPTH) for name in names if name in row} for row in rows]
    return Sample(columns=columns, rows=shown, truncated=len(records) > MOST_ROWS)


def _type(values: Iterable[Any]) -> str:
    """One of long, double, string, boolean, struct, array, null; mixed numbers are double, else string."""
    kinds = {_kind(value) for value in values} - {"null"}
    if kinds == {"long", "double"}:
        return "double"
    return kinds.pop() if len(kinds) == 1 else "string" if kinds else "null"


def _kind(value: Any) -> str:  # noqa: PLR0911 - one return a type
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "long" if -_LARGEST <= value < _LARGEST else "string"
        case float():
            return "double"
        case dict():
            return "struct"
        case list():
            return "array"
        case _:
            return "string"


def _shown(value: Any, secrets: tuple[str, ...], depth: int) -> Any:
    match value:
        case str():
            return redact_text(value, secrets, _MOST_TEXT)
        case dict() if depth:
            members = list(value.items())[:_MOST_NESTED]
            return {str(key): _shown(member, secrets, depth - 1) for key, member in members}
        case list() if depth:
            return [_shown(member, secrets, depth - 1) for member in value[:_MOST_NESTED]]
        case dict() | list():
            return "…"
        case int() if not isinstance(value, bool) and not -_LARGEST <= value < _LARGEST:
            return str(value)[:_MOST_TEXT]
        case _:
            return value
