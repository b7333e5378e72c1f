"""Where the records of a query's answer are: known for a connection, found for a list, else one object."""

from dataclasses import dataclass
from typing import Any, Final, cast

from varlor.connectors.graphql.document import Query
from varlor.connectors.graphql.paging import Found, is_connection, records_of, walk
from varlor.errors import SourceError

_DEPTH: Final = 6  # levels down to which a list is looked for


@dataclass(frozen=True, slots=True)
class Spot:
    """The keys from `data` to a list, and in each of its members the key of the record (`edges` and `node`).

    `one`: a single object, as one record.
    """

    keys: tuple[str, ...]
    inner: str | None = None
    one: bool = False

    @property
    def path(self) -> str:
        """As a JSONPath of the whole answer."""
        return ".".join(("$.data", *self.keys)) + (f"[*].{self.inner}" if self.inner else "")

    @classmethod
    def of(cls, connection: Found) -> "Spot":
        keys = records_of(connection)
        return cls((*connection.keys, keys[0]), keys[1] if len(keys) > 1 else None)


def locate(query: Query, data: Any, near: tuple[str, ...] = ()) -> Spot | None:
    """The list nearest to the root, or to `near`; None where the answer shows nothing but nulls."""
    fields = [each for each in walk(query) if each.field.children and len(each.keys) <= _DEPTH]
    for each in sorted(fields, key=lambda found: found.keys[: len(near)] != near):
        if is_connection(each.field) and not isinstance(plainly(data, each.keys), list):
            spot = Spot.of(each)
            if isinstance(plainly(data, spot.keys), list):
                return spot
        elif isinstance(plainly(data, each.keys), list):
            return Spot(each.keys)
    single = [field.key for field in query.fields if isinstance(plainly(data, (field.key,)), dict)]
    if len(query.fields) == 1 and single:
        return Spot((single[0],), one=True)
    return Spot((), one=True) if single or _has_scalars(query, data) else None


def _has_scalars(query: Query, data: Any) -> bool:
    """Whether a field without members has a value, as in `{ __typename }`."""
    plain = [field.key for field in query.fields if not field.children]
    return isinstance(data, dict) and any(data.get(key) is not None for key in plain)


def reach(data: Any, keys: tuple[str, ...]) -> Any:
    """The value at the end of the keys, None where there is none; a list on the way must hold one member.

    Raises SourceError(bad_records) for a longer one: each of its members has a cursor of its own.
    """
    for depth, key in enumerate(keys):
        if isinstance(data, list):
            members = cast("list[Any]", data)
            if len(members) > 1:
                where = ".".join(("$.data", *keys[:depth]))
                raise SourceError(
                    "bad_records",
                    f"{where} is a list of {len(members)}, and each has pages of its own: "
                    "read one at a time, by a variable.",
                )
            data = members[0] if members else None
        data = data.get(key) if isinstance(data, dict) else None
    return data


def plainly(data: Any, keys: tuple[str, ...]) -> Any:
    """The same through objects alone."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data
