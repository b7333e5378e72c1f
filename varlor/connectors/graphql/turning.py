"""From a page to the position of the next one; pure, like REST's styles."""

from typing import Any, Final

from varlor.connectors.graphql.answer import Answer
from varlor.connectors.graphql.paging import Paging, levels
from varlor.connectors.graphql.slots import Value
from varlor.connectors.graphql.spots import plainly, reach
from varlor.connectors.jsonpaths import path
from varlor.connectors.pagination.step import End, scalar
from varlor.contracts.pagination import CursorToken, Keyset, Offset, PageNumber, Relay
from varlor.errors import SourceError

_LONGEST: Final = 8192  # characters of a cursor

Position = tuple[Value, ...]


def following(paging: Paging, at: Position, answer: Answer, count: int) -> Position | End:
    """Raises SourceError(pagination_stuck) where the server promises more and does not say how to get it."""
    match paging.config:
        case Relay():
            return _relay(list(levels(paging)), at, answer.data, count)
        case Offset():
            return _counted(paging, at, answer, count, count)
        case PageNumber():
            return _counted(paging, at, answer, count, 1)
        case CursorToken(cursor_path=str() as where):
            return _token(scalar(path(where).one(answer.whole)), at, count)
        case Keyset():
            return _keyset(paging.config.field, at, answer)
        case _:
            return End()


def _relay(paged: list[Paging], at: Position, data: Any, count: int) -> Position | End:
    """The innermost connection that has more moves on; those inside of it begin again."""
    for depth in reversed(range(len(paged))):
        token = _more(paged[depth], data)
        if token is not None:
            _require_short(token)
            if token == at[depth]:
                return _repeated(count)
            return (*at[:depth], token, *(None for _ in at[depth + 1 :]))
    return End()


def _more(level: Paging, data: Any) -> str | None:
    """The connection's endCursor where it has a next page; a connection that is null has none."""
    found = level.found
    if found is None or (connection := reach(data, found.keys)) is None:
        return None
    info = plainly(connection, ("pageInfo",))
    more = plainly(info, ("hasNextPage",))
    if more is False:
        return None
    token = scalar(plainly(info, ("endCursor",)))
    if more is not True:
        raise SourceError("pagination_stuck", f"{found.path} does not say whether it has a next page.")
    if token is None:
        raise SourceError("pagination_stuck", f"{found.path} has a next page but names no endCursor for it.")
    return token


def _counted(paging: Paging, at: Position, answer: Answer, count: int, step: int) -> Position | End:
    if answer.at is not None:
        return (answer.at + 1,)
    if not count:
        return End()
    info = plainly(plainly(answer.data, paging.found.keys), ("pageInfo",)) if paging.found else None
    if plainly(info, ("hasNextPage",)) is False:
        return End()
    here = at[0] if isinstance(at[0], int) else paging.start
    return (here + step,)


def _token(token: str | None, at: Position, count: int) -> Position | End:
    if token is None:
        return End()
    _require_short(token)
    return _repeated(count) if token == at[0] else (token,)


def _keyset(field: str, at: Position, answer: Answer) -> Position | End:
    if not answer.records:
        return End()
    value = plainly(answer.records[-1], tuple(field.split(".")))
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return End(f"The last record has no {field}, so no next page could be asked for.")
    return End(f"The last page repeats {field}: taken as the end.") if value == at[0] else (value,)


def _require_short(token: str) -> None:
    if len(token) > _LONGEST:
        raise SourceError("pagination_stuck", f"The server's cursor is longer than {_LONGEST} characters.")


def _repeated(count: int) -> End:
    if count:
        raise SourceError(
            "pagination_stuck",
            "The server repeats its cursor: it ignores the argument, or never ends. Check that the query "
            "passes the cursor on.",
        )
    return End("The server repeats its cursor after an empty page; taken as the end.")
