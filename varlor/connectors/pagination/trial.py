"""Trying how an API pages where its first answer does not say: does a parameter bring other records?"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

import orjson

from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.choose import Choice
from varlor.connectors.pagination.vocabulary import ID_FIELDS

Verdict = Literal["same", "other", "empty", "mixed"]

_FIELDS: Final = 4  # compared by their values
_SAMPLE: Final = 64  # records from either end of the first page
_MOST_SHARED: Final = 0.1  # of the records: rows may move while we read


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells the first page's records apart from others': values of its identifying fields, digested.

    Without such a field, whole records. Fields beat records, since `fetched_at` or a score may change
    between two readings of one record.
    """

    fields: tuple[tuple[str, frozenset[str]], ...]

    @classmethod
    def of(cls, records: list[Any]) -> Self:
        sample = records if len(records) <= 2 * _SAMPLE else records[:_SAMPLE] + records[-_SAMPLE:]
        names = _identifying(records)
        return cls(tuple((name, frozenset(_values(sample, name))) for name in names or [""]))

    def judge(self, records: list[Any]) -> Verdict:
        """How the records of another request compare with the first page's."""
        if not records:
            return "empty"
        if not all(values for _, values in self.fields):
            return "other"  # the first page was empty
        shared = [len(values & set(_values(records, name))) / len(values) for name, values in self.fields]
        if shared[0] == 1.0:
            return "same"
        return "other" if shared[0] <= _MOST_SHARED else "mixed"

    def dump(self) -> list[Any]:
        return [[name, " ".join(sorted(values))] for name, values in self.fields]

    @classmethod
    def load(cls, raw: list[Any]) -> Self:
        return cls(tuple((name, frozenset(values.split())) for name, values in raw))


def _identifying(records: list[Any]) -> list[str]:
    """The id, else the first text field whose values all differ, else the first number field that does."""
    if not records or not all(isinstance(record, dict) for record in records):
        return []
    names = sorted(
        records[0], key=lambda name: (name not in ID_FIELDS, not isinstance(records[0][name], str))
    )
    return [name for name in names[:50] if _distinct([record.get(name) for record in records])][:1]


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
