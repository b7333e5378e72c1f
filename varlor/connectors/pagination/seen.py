"""What tells one page of a counted reading from another: an API may go round without a word."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from json import JSONDecoder
from typing import Any, Final, Self

from xxhash import xxh3_64_hexdigest

from varlor.connectors.decoding import encode
from varlor.connectors.pagination.vocabulary import ID_FIELDS

_FEW: Final = 3  # records whose ids are looked at
_HEAD: Final = 8192  # bytes of the records
_DECODER: Final = JSONDecoder()


@dataclass(frozen=True, slots=True)
class Marks:
    """Digests of a page's records, and of the first ids ("" where there are none).

    They are taken between the first and the last bracket: an envelope may count its requests. Pages are
    long, so the hash has to be quick before all, and nothing else looks at more than a few records.
    """

    whole: str = ""
    ids: str = ""

    @classmethod
    def of(cls, body: bytes) -> Self:
        start, end = body.find(b"["), body.rfind(b"]")
        records = memoryview(body)[start:end] if 0 <= start < end else memoryview(body)
        ids = list(islice(_ids(body[start + 1 : start + 1 + _HEAD]), _FEW)) if start >= 0 else []
        told = xxh3_64_hexdigest(encode(ids)) if ids and len(set(ids)) == len(ids) else ""
        return cls(xxh3_64_hexdigest(records), told)


_NONE: Final = Marks()


@dataclass(frozen=True, slots=True)
class Seen:
    """The marks of the first page, of the second and of the last one."""

    first: Marks = _NONE
    second: Marks = _NONE
    last: Marks = _NONE

    def then(self, marks: Marks) -> Self:
        if not self.first.whole:
            return replace(self, first=marks, last=marks)
        return replace(self, second=self.second if self.second.whole else marks, last=marks)

    def dump(self) -> list[str]:
        return [each for m in (self.first, self.second, self.last) for each in (m.whole, m.ids)]

    @classmethod
    def load(cls, raw: list[str] | None) -> Self:
        return cls(Marks(*raw[:2]), Marks(*raw[2:4]), Marks(*raw[4:])) if raw else cls()


def identified(record: Any) -> bool:
    return _id(record) is not None


def same_records(before: list[Any], page: list[Any], again: list[Any]) -> bool:
    """Whether `page` holds the records of `before`, but for fields that differ when it is read `again`."""
    ids = list(map(_id, page))
    if None in ids or not ids == list(map(_id, before)) == list(map(_id, again)):
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


def _id(record: Any) -> str | int | None:
    if not isinstance(record, dict):
        return None
    found = next((record[name] for name in ID_FIELDS if name in record), None)
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None
