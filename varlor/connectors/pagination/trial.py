"""Trying how an API pages where its first answer does not say: does a parameter bring other records?"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

import orjson

from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.choose import Choice
from varlor.connectors.pagination.seen import identified
from varlor.connectors.pagination.vocabulary import ID_FIELDS

Verdict = Literal["same", "other", "empty", "mixed", "unsure"]

_SAMPLE: Final = 64  # records from either end of the first page
_PAGE: Final = 10  # records of a page that may share one with the next
_MOST_SHARED: Final = 0.1  # of the fewer records: rows may move while we read


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells the first page's records from others': digests of an identifying field and of whole records.

    Neither is enough. A field that happens to differ may come again on every page (`metric`), and whole
    records differ from themselves when a value moves on between two readings (`read_at`).
    """

    field: str
    by_field: frozenset[str]
    whole: frozenset[str]
    last: str = ""  # of the last record, where it has an id

    @classmethod
    def of(cls, records: list[Any]) -> Self:
        sample = records if len(records) <= 2 * _SAMPLE else records[:_SAMPLE] + records[-_SAMPLE:]
        name = _identifying(records)
        last = _digest(records[-1]) if records and identified(records[-1]) else ""
        return cls(name, frozenset(_values(sample, name)), frozenset(_values(sample, "")), last)

    def judge(self, records: list[Any]) -> Verdict:
        """How the records of another request compare with the first page's."""
        if not records:
            return "empty"
        if not self.whole:
            return "other"  # the first page was empty
        if _are_others(self.by_field, records, self.field):
            return "other"
        if self.field not in ID_FIELDS and _are_others(self.whole, records, ""):
            return "unsure"
        return "same" if self.by_field <= set(_values(records, self.field)) else "mixed"

    def holds(self, records: list[Any]) -> bool:
        """Whether the first request, sent again, brings the very same records."""
        return self.whole <= set(_values(records, ""))

    def ends_with(self, record: Any) -> bool:
        return bool(self.last) and self.last == _digest(record)

    def in_another_form(self, again: list[Any], records: list[Any]) -> Verdict | None:
        """How `records` hold those of the first request, sent `again`, with other fields; None: they do not.

        An API may give all of its records in short, and with a page number, a page of them in full.
        """
        pairs, old = [
            [(_digest(r.get(self.field)), r.keys()) for r in each if isinstance(r, dict)]
            for each in (records, again)
        ]
        fields = dict(old)
        shared = [(names, fields[value]) for value, names in pairs if value in fields]
        if not shared or not all(full > short for full, short in shared):
            return None
        return "same" if fields.keys() <= {value for value, _ in pairs} else "mixed"

    def dump(self) -> list[str]:
        return [self.field, " ".join(sorted(self.by_field)), " ".join(sorted(self.whole)), self.last]

    @classmethod
    def load(cls, raw: list[str]) -> Self:
        return cls(raw[0], frozenset(raw[1].split()), frozenset(raw[2].split()), *raw[3:])


def _are_others(values: frozenset[str], records: list[Any], name: str) -> bool:
    """Whether hardly any is of both, by the smaller: a page may be cut out of what came at once.

    One may be: a page may begin with the last record of the one before.
    """
    found = set(_values(records, name))
    most = max(_MOST_SHARED * min(len(values), len(found)), 1 if len(values) >= _PAGE else 0)
    return len(values & found) <= most and bool(found - values)


def _identifying(records: list[Any]) -> str:
    """The id, else the first text field (else number field) whose values all differ, else ""."""
    if not records or not all(isinstance(record, dict) for record in records):
        return ""
    names = sorted(
        records[0], key=lambda name: (name not in ID_FIELDS, not isinstance(records[0][name], str))
    )
    distinct = (name for name in names[:50] if _distinct([record.get(name) for record in records]))
    return next(distinct, "")


def _distinct(values: list[Any]) -> bool:
    scalars = all(isinstance(value, str | int) and not isinstance(value, bool) for value in values)
    return scalars and len(set(values)) == len(values)


def _values(records: list[Any], name: str) -> list[str]:
    return [_digest(r.get(name) if name and isinstance(r, dict) else r) for r in records]


def _digest(value: Any) -> str:
    try:
        raw = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits
        raw = repr(value).encode()
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is still to be tried, against which first page, and what the tries so far showed."""

    todo: tuple[dict[str, Any], ...]
    first: Fingerprint
    why: str
    count: int
    total: int | None
    tried: tuple[str, ...] = ()

    @classmethod
    def begin(cls, choice: Choice, records: list[Any], count: int) -> Self:
        todo = tuple(candidate.dump() for candidate in choice.candidates)
        return cls(todo, Fingerprint.of(records), choice.why, count, choice.total)

    def failed(self, what: str) -> Self:
        """The trial without its first candidate, which showed `what`."""
        return replace(self, todo=self.todo[1:], tried=(*self.tried, what))

    @property
    def more_promised(self) -> bool:
        """Whether the API counts more records than its first page held."""
        return self.total is not None and self.total > self.count

    def verdict(self) -> str:
        """For the run: what was read, what was tried, what to do."""
        tried = "; ".join(self.tried)
        expected = f" although the API counts {self.total}" if self.more_promised else ""
        return (
            f"Read one page of {self.count} records{expected}; no sign of a next page was found. "
            f"{self.why} Tried: {tried}. If the API has more, set the pagination of the request."
        )

    def dump(self) -> dict[str, Any]:
        return {
            "todo": list(self.todo),
            "first": self.first.dump(),
            "why": self.why,
            "count": self.count,
            "total": self.total,
            "tried": list(self.tried),
        }

    @classmethod
    def load(cls, raw: dict[str, Any]) -> Self:
        return cls(
            tuple(raw["todo"]),
            Fingerprint.load(raw["first"]),
            raw["why"],
            raw["count"],
            raw["total"],
            tuple(raw["tried"]),
        )


def shown(base: Asked, asked: Asked) -> str:
    """The difference of a trial's request, in words: `page=2`."""
    before, after = base.url.partition("?")[2].split("&"), asked.url.partition("?")[2].split("&")
    added = [pair for pair in after if pair not in before]
    fields = [f"{k}={v}" for k, v in (asked.body or {}).items() if (base.body or {}).get(k) != v]
    return "&".join(added + fields)[:120] or "the same request"
