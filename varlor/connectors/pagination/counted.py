"""Styles where we count: offset, page number, and keyset, which goes on from the last record.

A short page proves nothing: many APIs cap the page size below what was asked for, or filter after
they cut. So the count of records moves the offset, and only a total or an empty page ends it.
"""

from typing import Any

from varlor.connectors.jsonpaths import Path, path
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.links import denied
from varlor.connectors.pagination.step import End, Scene, whole
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
        total, reached = _total(self._total, scene), self._reached(scene)
        if not scene.count:
            return End(_shortfall(total, reached))
        if total is not None and reached == total:
            return End()
        return self.ahead(scene, 1)

    def ahead(self, scene: Scene, steps: int) -> Asked:
        """The request that many pages after this one, if all hold as many records; 1 is the next."""
        return self._from(scene.base, self._at(scene) + steps * scene.count)

    def left(self, scene: Scene) -> int | None:
        """Pages that the API's own total promises after this one, None where it gives none."""
        total = _total(self._total, scene)
        return None if total is None else _pages(total - self._reached(scene), scene.count)

    def _at(self, scene: Scene) -> int:
        return self._config.start if scene.sent.at is None else scene.sent.at

    def _reached(self, scene: Scene) -> int:
        """Records up to the end of this page."""
        return self._at(scene) + scene.count - (1 if self._config.start == 1 else 0)


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
        at, last = self._at(scene), self._last(scene)
        if last is not None and at >= last >= min(self._config.start, 1):
            return End()
        total = _total(self._total, scene)
        if not scene.count and (last is None or at > last):
            return End(_shortfall(total, scene.progress.rows) if self._from_the_top else None)
        if total is not None and scene.progress.rows == total and self._from_the_top:
            return End()
        return self.ahead(scene, 1)

    def ahead(self, scene: Scene, steps: int) -> Asked:
        """The request that many pages after this one; 1 is the next."""
        return self._numbered(scene.base, self._at(scene) + steps)

    def left(self, scene: Scene) -> int | None:
        """Pages that the API's own total promises after this one, None where it gives none."""
        last = self._last(scene)
        if last is not None:
            return max(0, last - self._at(scene))
        total = _total(self._total, scene) if self._from_the_top else None
        return None if total is None else _pages(total - scene.progress.rows, scene.count)

    def _at(self, scene: Scene) -> int:
        return self._config.start if scene.sent.at is None else scene.sent.at

    def _last(self, scene: Scene) -> int | None:
        """The number of the last page, where the API tells how many there are."""
        pages = _total(self._pages, scene)
        return None if pages is None else pages - 1 + min(self._config.start, 1)

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
        if not records or denied(scene.page.answer(), ()):
            return End()
        value = _field(records[-1], self._config.field)
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


def _total(where: Path | None, scene: Scene) -> int | None:
    return whole(where.one(scene.page.around(where))) if where else None


def _pages(records: int, size: int) -> int:
    """Pages of `size` that hold so many records."""
    return max(0, -(-records // size)) if size else 0


def _shortfall(total: int | None, read: int) -> str | None:
    if total is None or read >= total:
        return None if total is None or read == total else _excess(total, read)
    return f"The API counts {total} records but handed out {read} before an empty page."


def _excess(total: int, read: int) -> str:
    return f"The API counts {total} records but handed out {read}; it was read until an empty page."
