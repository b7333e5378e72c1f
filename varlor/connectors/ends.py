"""Where a counted reading ends: an answer that says so, beside what the API itself has counted."""

from collections.abc import Callable
from typing import Final

from varlor.connectors.page import Page
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.counted import OffsetStyle, PageNumberStyle
from varlor.connectors.pagination.seen import identified
from varlor.connectors.pagination.state import State
from varlor.connectors.pagination.step import Promise, Scene, Style
from varlor.connectors.pagination.vocabulary import is_position
from varlor.contracts.pagination import Keyset, Offset, PageNumber, Pagination
from varlor.errors import SourceError

_PAST_THE_END: Final = frozenset({404, 410, 416})
_MAYBE_PAST_THE_END: Final = frozenset({400, 422})
_BEYOND: Final = frozenset({400, 403, 422})  # of pages after the last one that the API itself names


class Ends:
    """`style` makes a style of its configuration, bare or not."""

    def __init__(self, note: Callable[[str], None], style: Callable[[Pagination, bool], Style]) -> None:
        self._note = note
        self._style = style
        self.trusts_ids = True  # until two pages had the same, and were different

    def is_promised(self, state: State, page: Page | None = None) -> bool:
        """Whether the API's own count, on `page` or before, says that there are records where we are."""
        style = self.counted(state)
        if style is None or state.progress.pages == 0:
            return False
        return style.promises(self._told(state, style, page), state.asked, state.progress.largest)

    def counted(self, state: State) -> OffsetStyle | PageNumberStyle | None:
        style = self._style(state.config, state.bare) if state.config and not state.presumed else None
        return style if isinstance(style, OffsetStyle | PageNumberStyle) else None

    def is_all(self, state: State, scene: Scene) -> bool:
        """Whether a style that counts has nothing to go on to from the single object of a page."""
        style = self.counted(state)
        return style is not None and not style.left(scene) and not _is_one_of_many(state, scene)

    def _told(self, state: State, style: OffsetStyle | PageNumberStyle, page: Page | None) -> Promise:
        if page is None:
            return state.promise
        return style.told(Scene(state.base, state.asked, page, 0, state.progress, promise=state.promise))

    def nothing(self, state: State, why: str, page: Page | None = None) -> Page:
        """An empty page in place of an answer that only says that there are no more."""
        return Page.nothing(self._note, f"{why} {self._shortfall(state, page)}".rstrip())

    def refused(self, state: State, error: SourceError) -> str:
        """What to say of a refusal of what the API's own count promises."""
        said = self._shortfall(state)
        return (
            f"The API refuses what it counts (HTTP {error.status}). {said} Where that is how it ends, "
            "an error rule with the action ignore takes it for an empty page."
        )

    def _shortfall(self, state: State, page: Page | None = None) -> str:
        """What the API counts and did not hand out, in a sentence; "" where it counts nothing more."""
        style = self.counted(state)
        if style is None:
            return ""
        return style.shortfall(self._told(state, style, page), state.asked, state.progress.rows) or ""

    def judged(self, state: State, page: Page) -> Page:
        """The page; nothing in its place where its records were there before."""
        if not isinstance(state.config, Offset | PageNumber | Keyset):
            return page
        marks, seen = page.take_marks(), state.seen
        if marks.whole == seen.last.whole:
            return self.repeated(state, page)
        goes_round = seen.last.whole == seen.first.whole and marks.whole == seen.second.whole
        counts = not isinstance(state.config, Keyset) and state.progress.pages > 1
        # What the API counts is not given up for what looks alike.
        if not counts or not (goes_round or marks.whole == seen.first.whole) or self.is_promised(state, page):
            return page
        if all(map(identified, page.records())):
            return self.nothing(state, "The API begins again with its first page; taken as the end.", page)
        if goes_round:  # one page alone may be alike by chance, where nothing tells its records apart
            raise SourceError(
                "pagination_stuck",
                "The API goes round: its first two pages came again. Set limits, or another pagination.",
            )
        return page

    def looks_like(self, state: State, page: Page) -> Asked | None:
        """The request of the page that this one may be, by its first ids; for whoever can compare them."""
        style, ids = self.counted(state), page.marks.ids if page.marks else ""
        if style is None or not ids or not self.trusts_ids or page.ended is not None:
            return None
        if state.progress.pages == 0 or ids not in (state.seen.first.ids, state.seen.last.ids):
            return None
        if state.progress.pages > 1 and self.is_promised(state, page):
            return None
        is_first = ids != state.seen.last.ids
        return (
            style.first(state.base) if is_first else style.back(state.base, state.asked, state.progress.last)
        )

    def repeated(self, state: State, page: Page) -> Page:
        """The same records again: the parameter is ignored, or the last page answers for all after it."""
        if page.is_empty():
            return page
        if state.progress.pages > 1:
            if self.is_promised(state, page) and not all(map(identified, page.records())):
                return page  # other records may look alike; the count ends it
            return self.nothing(state, "The API repeats its last page; taken as the end.", page)
        if not _is_beyond(state) and (_full(state) or self.is_promised(state, page)):
            raise SourceError(
                "pagination_stuck",
                "The second page holds the same records as the first: the API ignores the paging parameter. "
                "Set another pagination, or none if it has one page.",
            )
        return Page.nothing(
            self._note,
            f"The second page repeats the first: there is one page of {state.progress.rows} records, "
            "or the API ignores the paging parameter.",
        )


def past_the_end(state: State, error: SourceError) -> bool:
    """Whether a refusal may only say that counting went too far; a short page before makes that of a 400."""
    if error.ruled or not isinstance(state.config, Offset | PageNumber):
        return False
    if error.status in _PAST_THE_END or (error.status in _BEYOND and _is_beyond(state)):
        return True
    short = state.progress.last < (_size(state) or state.progress.largest)
    return error.status in _MAYBE_PAST_THE_END and short


def _is_beyond(state: State) -> bool:
    """Whether we are after the last page that the API itself named, because its total promised more."""
    promise, at = state.promise, state.asked.at
    last = promise.excused if promise.last is None else promise.last
    return last is not None and at is not None and at > last


def _size(state: State) -> int | None:
    """Records a page that were asked for, where they were."""
    if state.bare or not isinstance(state.config, Offset | PageNumber):
        return None
    return state.config.limit if isinstance(state.config, Offset) else state.config.size


def _full(state: State) -> bool:
    size = _size(state)
    return size is not None and state.progress.last >= size


def _is_one_of_many(state: State, scene: Scene) -> bool:
    """Whether the user says how objects are counted, and this one has an id or a number of its own."""
    record = next(iter(scene.page.records()), None)
    if state.bare or not isinstance(record, dict):
        return record is None  # an empty page, which its style judges
    numbers = (key for key, value in record.items() if isinstance(value, int) and not isinstance(value, bool))
    return identified(record) or any(not is_position(key) for key in numbers)
