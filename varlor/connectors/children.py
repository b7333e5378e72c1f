"""Child requests, one per parent or window of time: parents are read once, each child by its own reader.

The cursor is the walk over the parents. A child that the API does not know is left out and told; one
that keeps failing is set aside, so that the others go on, and comes again at the end.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from varlor.connectors.decoding import encode
from varlor.connectors.early import Early
from varlor.connectors.pace import MOST, Pace
from varlor.connectors.page import Page
from varlor.connectors.pagination.build import load
from varlor.connectors.pagination.state import State
from varlor.connectors.rest import RestReader
from varlor.connectors.walk import Walk, gone_on, may_wait, set_aside
from varlor.contracts.for_each import ForEach, ParentValue
from varlor.errors import InvalidInputError, SourceError
from varlor.ports import Cursor, PageFacts, PageResponse, Parents, ReadJob

_MOST_NOTES: Final = 20  # different ones of all children together
_NAMED: Final = 5  # missing children that are named


class Handed:
    """A page as the dataset takes it: what a child answered, or nothing for a step of the walk."""

    def __init__(self, after: Callable[[Walk, PageFacts], Walk], page: PageResponse | None = None) -> None:
        self.after = after
        self._page = page
        self.body = page.body if page else b"[]"
        self.record_path = page.record_path if page else "$"

    def document(self) -> Any:
        return self._page.document() if self._page else []


class Stamped:
    """`ports.PageResponse` of a child's records, each with its parent."""

    record_path = "$"

    def __init__(self, page: Page, name: str, value: ParentValue) -> None:
        self._records = [_with(record, name, value) for record in page.records()]
        self.body = encode(self._records)

    def document(self) -> Any:
        return self._records


class ChildrenReader:
    """`ports.PageReader`. `parents` reads pages of parents; without it they come from a dataset (`job`).

    Without `wanted` the children are windows of time: their records are left as they are, and a window that
    the API does not know ends the run.
    """

    def __init__(
        self,
        job: ReadJob,
        wanted: ForEach | None,
        parents: RestReader | None,
        child: Callable[[ParentValue, Callable[[str], None]], RestReader],
        pace: Pace,
    ) -> None:
        self._job = job
        self._wanted = wanted
        self._one, self._name = ("parent", wanted.as_) if wanted else ("window", "window")
        self._parents = parents
        self._child = child
        self._known: Parents | None = None
        self._reader: tuple[ParentValue, RestReader] | None = None
        self._notes: set[str] = set()
        self._style: dict[str, Any] | None = None
        self._early = Early(job, pace, self._begin)

    def start(self) -> Cursor:
        return Walk(self._parents.start() if self._parents else {}).dump()

    async def fetch(self, cursor: Cursor, *, attempt: int) -> PageResponse:
        walk = Walk.load(cursor)
        self._style = walk.style
        if walk.version is not None and self._known is None:
            self._known = await self._of_dataset(walk.version)
        if self._present(walk) is not None:
            return await self._of_child(walk, attempt)
        if self._parents is None:
            return await self._first_look()
        return await self._next_parents(self._parents, walk, attempt)

    def advance(self, cursor: Cursor, page: PageResponse, facts: PageFacts) -> Cursor | None:
        if not isinstance(page, Handed):
            raise TypeError("a page of another reader")
        walk = page.after(Walk.load(cursor), facts)
        if walk.parents is None and self._present(walk) is None:
            self._sum_up(walk)
            return None
        return walk.dump()

    async def remains(self, cursor: Cursor, seconds: float) -> bool:
        present = self._present(Walk.load(cursor))
        if present is None:
            return False
        value, child, late = present
        is_early = await self._early.remains(value, 0 if child or late else seconds)
        return await self._open(value).remains(child, seconds) if child else is_early and not late

    def position(self, cursor: Cursor) -> str:
        walk = Walk.load(cursor)
        present = self._present(walk)
        if present is None:
            return f"{self._one} {walk.done + 1}, reading {self._one}s"
        value, child, late = present
        number = f"{len(walk.aside)} {self._one}s to come again" if late else f"{self._one} {walk.done + 1}"
        total = f" of {len(self._known.values)}" if self._known and not late else ""
        page = f", {self._open(value).position(child)}" if child else ""
        return f"{number}{total} ({self._name}={value}){page}"

    async def close(self) -> None:
        await self._early.drop()
        for reader in (self._parents, self._reader[1] if self._reader else None):
            if reader is not None:
                await reader.close()

    def _present(self, walk: Walk) -> tuple[ParentValue, Cursor | None, bool] | None:
        """Whose child is read now, where in it, and whether it had been set aside."""
        if walk.queue:
            return walk.queue[0], walk.child, False
        if self._known is not None and walk.done < len(self._known.values):
            return self._known.values[walk.done], walk.child, False
        if walk.parents is None and walk.aside:
            return *walk.aside[0], True
        return None

    # --- parents ---------------------------------------------------------------------------

    async def _first_look(self) -> Handed:
        """At the parents' dataset, whose present version is read to the end."""
        known = self._known = await self._of_dataset(None)
        return Handed(lambda walk, _: replace(walk, parents=None, version=known.version))

    async def _of_dataset(self, version: int | None) -> Parents:
        if self._job.parents is None:
            raise InvalidInputError("The request names no dataset of parents.")
        return await self._job.parents(version)

    async def _next_parents(self, reader: RestReader, walk: Walk, attempt: int) -> Handed:
        page = await reader.fetch(walk.parents or {}, attempt=attempt)
        if not isinstance(page, Page):
            raise TypeError("a page of another reader")
        records = page.records()
        values = self._values(records, self._wanted.field if self._wanted else "")

        def after(walk: Walk, _: PageFacts) -> Walk:
            following = reader.advance(walk.parents or {}, page, PageFacts(len(records)))
            before = set(walk.latest)
            fresh = tuple(value for value in values if value not in before)
            return replace(walk, parents=following, queue=fresh, latest=values if following else ())

        return Handed(after)

    def _values(self, records: list[Any], field: str) -> tuple[ParentValue, ...]:
        found = [_at(record, field) for record in records]
        usable = [value for value in found if value is not None]
        if records and not usable:
            raise SourceError("bad_records", f"No parent has a usable {field}; name another.")
        if len(usable) < len(found):
            self._note(f"Parents without a usable {field} were left out.")
        return tuple(dict.fromkeys(usable))

    # --- children --------------------------------------------------------------------------

    async def _of_child(self, walk: Walk, attempt: int) -> Handed:
        value, child, late = self._present(walk) or ("", None, False)
        try:
            if attempt == 1 and not late:
                self._early.ask(self._coming(walk))
            early = None if child or late else self._early.take(value)
            reader = await self._turned_to(value, early.reader if early else None)
            at = early.at if early else child or self._first(reader, walk.style)
            page = await (early.answer() if early else reader.fetch(at, attempt=attempt))
        except InvalidInputError as error:  # the value makes no path
            return self._left_out(value, late, error.detail)
        except SourceError as error:
            if child is None and self._is_missing(error):
                return self._left_out(value, late, error.detail)
            if may_wait(error, walk, attempt, late):
                return Handed(lambda walk, _: set_aside(walk, value, child))
            raise _named(error, self._name, value) from None
        if not isinstance(page, Page):
            raise TypeError("a page of another reader")
        taken = Stamped(page, self._wanted.as_, value) if self._wanted else page

        def after(walk: Walk, facts: PageFacts) -> Walk:
            following = reader.advance(at, page, facts)
            if self._wanted is None and child is None and facts.count > 1:
                walk = self._compared(walk, page.take_marks().whole)
            return gone_on(walk, following, late)

        return Handed(after, taken)

    def _compared(self, walk: Walk, begins: str) -> Walk:
        """Two windows with the same records: an API ignores what it does not know, and sends all of them."""
        if begins == walk.begins:
            self._note(
                "Two windows begin with the same records. If the API does not know the parameters that take "
                "the window's bounds, it answers each window with everything."
            )
        return replace(walk, begins=begins)

    def _open(self, value: ParentValue) -> RestReader:
        if self._reader is None or self._reader[0] != value:
            self._reader = (value, self._child(value, self._note))
        return self._reader[1]

    async def _turned_to(self, value: ParentValue, reader: RestReader | None) -> RestReader:
        if self._reader is not None and (self._reader[0] != value or reader is not None):
            await self._reader[1].close()
            self._reader = None
        if reader is not None:
            self._reader = (value, reader)
        return self._open(value)

    def _coming(self, walk: Walk) -> Sequence[ParentValue]:
        """The parents after the present one, as far as they are known."""
        if self._known is not None:
            return self._known.values[walk.done + 1 : walk.done + 1 + MOST]
        return walk.queue[1 : 1 + MOST]

    def _begin(self, value: ParentValue) -> tuple[RestReader, Cursor]:
        reader = self._child(value, self._note)
        return reader, self._first(reader, self._style)

    def _first(self, reader: RestReader, style: dict[str, Any] | None) -> Cursor:
        """A child's beginning; how an earlier one was found to page is taken for granted."""
        begun = reader.start()
        if style is None or begun["style"] is not None:
            return begun
        return replace(State.load(begun), config=load(style), bare=True).dump()

    def _is_missing(self, error: SourceError) -> bool:
        """Whether the API does not know the child, and no rule says that this ends the run."""
        if self._wanted is None:
            return False
        rules = (*self._job.request.error_rules, *self._job.connector.error_rules)
        ends = any(rule.action == "fail" and rule.status == error.status for rule in rules)
        return error.kind == "not_found" and not ends

    def _left_out(self, value: ParentValue, late: bool, why: str) -> Handed:
        def after(walk: Walk, _: PageFacts) -> Walk:
            named = (*walk.named, value)[:_NAMED]
            return gone_on(replace(walk, missing=walk.missing + 1, named=named), None, late)

        self._note(f"Children that the API does not have are left out: {why}")
        return Handed(after)

    def _sum_up(self, walk: Walk) -> None:
        missing = ""
        if walk.missing:
            names = ", ".join(map(str, walk.named)) + (", …" if walk.missing > len(walk.named) else "")
            missing = f"; the API has no children for {walk.missing} of them ({names})"
        what = f"the children of {walk.done} parents" if self._wanted else f"{walk.done} windows"
        self._job.note(f"Read {what}{missing}.")

    def _note(self, text: str) -> None:
        """A hundred thousand children must not leave as many notes."""
        if text not in self._notes and len(self._notes) < _MOST_NOTES:
            self._notes.add(text)
            self._job.note(text)


def _named(error: SourceError, name: str, value: ParentValue) -> SourceError:
    told = SourceError(
        error.kind,
        f"{error.detail} (for {name}={value!s:.100})",
        status=error.status,
        retry_after=error.retry_after,
        excerpt=error.excerpt,
    )
    told.retryable, told.ruled = error.retryable, error.ruled
    return told


def _with(record: Any, name: str, value: ParentValue) -> Any:
    return {**record, name: value} if isinstance(record, dict) else record


def _at(record: Any, field: str) -> ParentValue | None:
    """A parent's value; a dot leads into objects. None for what cannot stand in a URL."""
    found: Any = record
    for name in [field] if isinstance(record, dict) and field in record else field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    usable = isinstance(found, str | int) and not isinstance(found, bool) and found != ""
    return cast("ParentValue", found) if usable else None
