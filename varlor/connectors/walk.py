"""The walk over parents: the cursor of a `forEach` reading, and how each page moves it on."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

from varlor.connectors.pagination.build import dump
from varlor.connectors.pagination.state import State
from varlor.contracts.for_each import ParentValue
from varlor.errors import SourceError
from varlor.ports import Cursor

_PATIENCE: Final = 3  # failures in a row after which a child is set aside
_MOST_ASIDE: Final = 100
_MOST_IN_A_ROW: Final = 3  # children set aside one after the other: then it is the API that is down


@dataclass(frozen=True, slots=True)
class Walk:
    """`parents` is where the next page of them is read, None when there are no more.

    `queue` holds what is left of the present page; parents of a dataset are counted by `done` instead,
    in the order that its `version` has them. `aside`: children to come again. `style`: how a child paged.
    `begins`: the digest of the records that the last window began with. `latest`: the last page of parents,
    whose last ones come again where a new parent moved them onto the next page.
    """

    parents: Cursor | None
    version: int | None = None
    queue: tuple[ParentValue, ...] = ()
    done: int = 0
    child: Cursor | None = None
    aside: tuple[tuple[ParentValue, Cursor | None], ...] = ()
    in_a_row: int = 0
    missing: int = 0
    named: tuple[ParentValue, ...] = ()
    style: dict[str, Any] | None = None
    begins: str = ""
    latest: tuple[ParentValue, ...] = ()

    def dump(self) -> Cursor:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def load(cls, cursor: Cursor) -> Self:
        fields = dict(cursor)
        fields["aside"] = tuple((value, child) for value, child in cursor["aside"])
        for name in ("queue", "named", "latest"):
            fields[name] = tuple(cursor.get(name, ()))
        return cls(**fields)

    def past(self, **changed: Any) -> Self:
        """With the present parent behind us."""
        return replace(self, queue=self.queue[1:], done=self.done + 1, child=None, **changed)


def gone_on(walk: Walk, following: Cursor | None, late: bool) -> Walk:
    """After a page of the present child, whose next page is at `following`."""
    style = walk.style or _style_of(following)
    if late:
        (value, _), *rest = walk.aside
        first = () if following is None else ((value, following),)
        return replace(walk, aside=(*first, *rest), style=style)
    if following is None:
        return replace(walk.past(), style=style, in_a_row=0)
    return replace(walk, child=following, style=style, in_a_row=0)


def _style_of(cursor: Cursor | None) -> dict[str, Any] | None:
    state = None if cursor is None else State.load(cursor)
    return dump(state.config) if state and state.config and not state.presumed and not state.trial else None


def may_wait(error: SourceError, walk: Walk, attempt: int, late: bool) -> bool:
    """Whether it is this child that fails, and not the API."""
    passing = error.retryable and error.kind != "rate_limited"
    room = len(walk.aside) < _MOST_ASIDE and walk.in_a_row < _MOST_IN_A_ROW
    return passing and not late and attempt >= _PATIENCE and room


def set_aside(walk: Walk, value: ParentValue, child: Cursor | None) -> Walk:
    return walk.past(aside=(*walk.aside, (value, child)), in_a_row=walk.in_a_row + 1)
