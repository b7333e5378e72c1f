"""What tells one page of a counted reading from another: an API may go round without a word."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from json import JSONDecoder
from typing import Any, Final, Self

from xxhash import xxh3_64_hexdigest

from varlor.connectors.decoding import encode
from varlor.connectors.pagination.vocabulary import ID_FIELDS

_FEW: Final = 3  # records whose ids are looked at
_HEAD, _TAIL = 8192, 4096  # bytes of the records
_WOUND: Final = 8  # objects in the last record
_DECODER: Final = JSONDecoder()


@dataclass(frozen=True, slots=True)
class Marks:
    """Digests of a page's records, of the last of them, and of the first ids ("" where there are none).

    They are taken between the first and the last bracket: an envelope may count its requests. Pages are
    long, so the hash has to be quick before all, and nothing else looks at more than a few records.
    """

    whole: str = ""
    end: str = ""
    ids: str = ""

    @classmethod
    def of(cls, body: bytes) -> Self:
        start, end = body.find(b"["), body.rfind(b"]")
        records = memoryview(body)[start:end] if 0 <= start < end else memoryview(body)
        ids = list(islice(_ids(body[start + 1 : start + 1 + _HEAD]), _FEW)) if start >= 0 else []
        told = xxh3_64_hexdigest(encode(ids)) if ids and len(set(ids)) == len(ids) else ""
        return cls(xxh3_64_hexdigest(records), mark_of(_last(bytes(records[-_TAIL:]))), told)


_NONE: Final = Marks()


@dataclass(frozen=True, slots=True)
class Seen:
    """The marks of the first page and of the last one, and how often the first one came again."""

    first: Marks = _NONE
    last: Marks = _NONE
    again: int = 0

    def then(self, marks: Marks) -> Self:
        if not self.first.whole:
            return replace(self, first=marks, last=marks)
        return replace(self, last=marks, again=self.again + (marks.whole == self.first.whole))

    def dump(self) -> list[Any]:
        return [*(getattr(m, name) for m in (self.first, self.last) for name in Marks.__slots__), self.again]

    @classmethod
    def load(cls, raw: list[Any] | None) -> Self:
        return cls(Marks(*raw[:3]), Marks(*raw[3:6]), raw[6]) if raw else cls()


def identified(record: Any) -> bool:
    return _id(record) is not None


def mark_of(record: Any) -> str:
    """The digest of a record that has an id, else ""."""
    return xxh3_64_hexdigest(encode(record)) if identified(record) else ""


def same_records(before: list[Any], page: list[Any], again: list[Any]) -> bool:
    """Whether `page` holds the records of `before`, but for fields that differ when it is read `again`."""
    if not len(before) == len(page) == len(again) or not all(map(identified, (*before, *page, *again))):
        return False
    moving = {name for old, new in zip(page, again, strict=True) for name in _different(old, new)}
    return all(_different(old, new) <= moving for old, new in zip(before, page, strict=True))


def _different(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _ids(text: bytes) -> Iterator[str | int]:
    """The ids of the records that a list begins with, as far as each of them has one."""
    rest = text.decode("utf-8", "ignore").lstrip(" \t\r\n,")
    while rest[:1] == "{":
        try:
            record, end = _DECODER.raw_decode(rest)
        except (ValueError, RecursionError):  # not JSON, or a number of 5,000 digits
            return
        found = _id(record)
        if found is None:
            return
        yield found
        rest = rest[end:].lstrip(" \t\r\n,")


def _last(text: bytes) -> Any:
    """The object that ends where the text ends; None where it begins earlier, or is wound in too many."""
    rest = text.decode("utf-8", "ignore").rstrip()
    start = len(rest)
    for _ in range(_WOUND):
        start = rest.rfind("{", 0, start)
        if start < 0:
            return None
        with suppress(ValueError, RecursionError):
            found, end = _DECODER.raw_decode(rest, start)
            if end == len(rest):
                return found
    return None


def _id(record: Any) -> str | int | None:
    if not isinstance(record, dict):
        return None
    found = next((record[name] for name in ID_FIELDS if name in record), None)
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None
