"""Styles where we count: offset, page number, and keyset, which goes on from the last record.

A short page proves nothing: many APIs cap the page size below what was asked for, or filter after
they cut. So the count of records moves the offset, and only a total or an empty page ends it.
"""

from typing import Any

from varlor.connectors.jsonpaths import Path, path
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.links import says_more
from varlor.connectors.pagination.signs import header_number
from varlor.connectors.pagination.step import End, Promise, Scene, whole
from varlor.connectors.pagination.vocabulary import PAGE_COUNT_HEADERS
from varlor.contracts.pagination import Keyset, Offset, PageNumber


class OffsetStyle:
    """`bare`: the limit parameter is not sent, because nobody knows whether the API has one."""

    def __init__(self, config: Offset, *, bare: bool = False) -> None:
        self._config = config
        self._bare = bare
        self._total = path(config.total_path) if config.total_path else None

    def first(self, base: Asked) -> Asked:
        return base if self._bare else self._from(base, self._config.start)

    def _from(self, base: Asked, at: int) -> Asked:
        if not self._bare:
            base = base.with_param(self._config.limit_param, self._config.limit)
        return base.with_param(self._config.offset_param, at, at=at)

    def after(self, scene: Scene) -> Asked | End:
        told, reached = self.told(scene), self._before(scene.sent) + scene.count
        if not scene.count:
            return End(_difference(told.total, reached))
        if told.total is not None and reached == told.total:
            return End()
        return self.ahead(scene, 1)

    def ahead(self, scene: Scene, steps: int) -> Asked:
        """The request that many pages after this one, if all hold as many records; 1 is the next."""
        return self._from(scene.base, self._at(scene.sent) + steps * scene.count)

    def left(self, scene: Scene) -> int | None:
        """Pages that the API's own total promises after this one, None where it gives none."""
        total = self.told(scene).total
        return None if total is None else _pages(total - self._before(scene.sent) - scene.count, scene.count)

    def back(self, base: Asked, sent: Asked, last: int) -> Asked:
        """The request before `sent`, which brought so many records."""
        return self._from(base, self._at(sent) - last)

    def told(self, scene: Scene) -> Promise:
        return Promise(_number(self._total, scene, scene.promise.total))

    def promises(self, promise: Promise, asked: Asked, largest: int) -> bool:  # noqa: ARG002 - as pages have it
        """Whether the API's own count says that there is something at `asked`."""
        return promise.total is not None and self._before(asked) < promise.total

    def shortfall(self, promise: Promise, asked: Asked, rows: int) -> str | None:  # noqa: ARG002 - as pages have it
        """What is to be said where nothing comes from `asked` on, though more was promised."""
        return _difference(promise.total, self._before(asked))

    def _at(self, sent: Asked) -> int:
        return self._config.start if sent.at is None else sent.at

    def _before(self, sent: Asked) -> int:
        """Records before this request's."""
        return self._at(sent) - (1 if self._config.start == 1 else 0)


class PageNumberStyle:
    def __init__(self, config: PageNumber, *, bare: bool = False) -> None:
        self._config = config
        self._bare = bare
        self._total = path(config.total_path) if config.total_path else None
        self._pages = path(config.total_pages_path) if config.total_pages_path else None

    def first(self, base: Asked) -> Asked:
        return base if self._bare else self._numbered(base, self._config.start)

    def _numbered(self, base: Asked, number: int) -> Asked:
        config = self._config
        if not self._bare and config.size_param and config.size:
            base = base.with_param(config.size_param, config.size)
        return base.with_param(config.page_param, number, at=number)

    def after(self, scene: Scene) -> Asked | End:
        at, told, rows = self._at(scene.sent), self.told(scene), scene.progress.rows
        is_last = told.last is not None and at >= told.last >= self._first
        is_empty = not scene.count and (told.last is None or at > told.last)
        missing = told.total is not None and self._from_the_top and rows < told.total
        if is_empty or (is_last and not (scene.count and missing)):
            return End(self._said(told, rows, scene.progress.empty))
        if told.total is not None and rows == told.total and self._from_the_top:
            return End()
        if at == told.excused and scene.count < scene.progress.largest:
            return End()
        return self.ahead(scene, 1)

    def ahead(self, scene: Scene, steps: int) -> Asked:
        """The request that many pages after this one; 1 is the next."""
        return self._numbered(scene.base, self._at(scene.sent) + steps)

    def left(self, scene: Scene) -> int | None:
        """Pages that the API's own total promises after this one, None where it gives none."""
        told = self.told(scene)
        if told.last is not None:
            return max(0, told.last - self._at(scene.sent))
        if told.total is None or not self._from_the_top:
            return None
        return _pages(told.total - scene.progress.rows, scene.count)

    def back(self, base: Asked, sent: Asked, last: int) -> Asked:  # noqa: ARG002 - as offsets have it
        return self._numbered(base, self._at(sent) - 1)

    def told(self, scene: Scene) -> Promise:
        pages = _number(self._pages, scene, None)
        header = None if self._pages else header_number(scene.page.headers, PAGE_COUNT_HEADERS)
        last, excused = (
            before if number is None else number - 1 + self._first
            for number, before in ((pages, scene.promise.last), (header, scene.promise.excused))
        )
        return Promise(_number(self._total, scene, scene.promise.total), last, excused)

    def promises(self, promise: Promise, asked: Asked, largest: int) -> bool:
        """Whether the API's own count says that there is something at `asked`, in pages of `largest`."""
        if promise.last is not None:
            return self._at(asked) <= promise.last
        before = (self._at(asked) - self._first) * largest
        return promise.total is not None and self._from_the_top and before < promise.total

    def shortfall(self, promise: Promise, asked: Asked, rows: int) -> str | None:
        """What is to be said where nothing comes from `asked` on, though more was promised."""
        left = 0 if promise.last is None else promise.last + 1 - self._at(asked)
        return self._said(promise, rows, max(0, left))

    def _said(self, told: Promise, rows: int, empty: int) -> str | None:
        if told.total is not None and self._from_the_top:
            return _difference(told.total, rows)
        if told.last is None or not empty:
            return None
        return (
            f"The API counts {told.last + 1 - self._first} pages, but the last {empty} of them hold nothing."
        )

    def _at(self, sent: Asked) -> int:
        return self._config.start if sent.at is None else sent.at

    @property
    def _first(self) -> int:
        """The number of the API's first page."""
        return min(self._config.start, 1)

    @property
    def _from_the_top(self) -> bool:
        return self._config.start in {0, 1}


class KeysetStyle:
    """The last record's value is the next request's parameter; `has_more: false` or an empty page ends it."""

    def __init__(self, config: Keyset) -> None:
        self._config = config

    def first(self, base: Asked) -> Asked:
        return base

    def after(self, scene: Scene) -> Asked | End:
        records = scene.page.records()
        if not records or says_more(scene.page.answer(), ()) is False:
            return End()
        value = _field(records[-1], self._config.field)
        if isinstance(value, list) and value and scene.base.body is not None:
            return scene.base.with_field(self._config.param, value)
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            return End(f"The last record has no {self._config.field}, so no next page could be asked for.")
        following = scene.base.with_param(self._config.param, str(value))
        if following.digest() == scene.sent.digest():
            return End(f"The last page repeats {self._config.field} = {value!s:.80}: taken as the end.")
        return following


def _field(record: Any, name: str) -> Any:
    """A member by its name, or by the dotted way to it."""
    if isinstance(record, dict) and name not in record and "." in name:
        outer, _, inner = name.partition(".")
        return _field(record.get(outer), inner)
    return record.get(name) if isinstance(record, dict) else None


def _number(where: Path | None, scene: Scene, before: int | None) -> int | None:
    """What the page says there; what was said `before` where it says nothing."""
    said = whole(where.one(scene.page.around(where))) if where else None
    return before if said is None else said


def _pages(records: int, size: int) -> int:
    """Pages of `size` that hold so many records."""
    return max(0, -(-records // size)) if size else 0


def _difference(total: int | None, read: int) -> str | None:
    if total is None or read == total:
        return None
    until = "; it was read until an empty page" if read > total else ""
    return f"The API counts {total} records but handed out {read}{until}."
