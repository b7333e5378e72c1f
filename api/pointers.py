"""Pydantic's findings as RFC 6901 pointers and sentences that repeat nothing of what was sent."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from varlor.errors import FieldProblem, InvalidInputError

_MAX_PROBLEMS: Final = 20
_MAX_POINTER: Final = 200


@contextmanager
def below(place: str) -> Generator[None]:
    """What is refused inside has its pointers below `place`."""
    try:
        yield
    except InvalidInputError as error:
        problems = [FieldProblem(f"{place}{each.pointer}", each.detail) for each in error.problems]
        raise type(error)(error.detail, *problems) from None


def field_problems(
    errors: Iterable[Mapping[str, Any]], prefix: tuple[str, ...], body: object
) -> list[FieldProblem]:
    """The first twenty, one for each place; `prefix` is what the locations lack (`body`)."""
    seen: dict[str, str] = {}
    for found in errors:
        location = (*prefix, *found["loc"])
        seen.setdefault(_pointer(location, found["type"], body), _words(found))
    return [FieldProblem(pointer, detail) for pointer, detail in list(seen.items())[:_MAX_PROBLEMS]]


def _words(found: Mapping[str, Any]) -> str:
    """Pydantic's sentence, but for those that repeat what was sent."""
    if found["type"] == "union_tag_invalid":
        return f"Must be one of {found['ctx']['expected_tags']}"
    if found["type"] == "json_invalid":
        return "Not valid JSON"
    return str(found["msg"]).removeprefix("Value error, ")


def _pointer(location: Sequence[str | int], kind: str, body: object) -> str:
    """RFC 6901, without the names of union members that pydantic weaves into its locations."""
    if location[:1] != ("body",):
        return joined(location)
    if kind == "json_invalid":
        return ""
    parts: list[str | int] = []
    here: Any = body
    for index, part in enumerate(location[1:], start=1):
        last = index == len(location) - 1
        if _holds(here, part):
            here = here[part]
        elif not (last and kind in {"missing", "extra_forbidden"}):
            continue
        parts.append(part)
    return joined(parts)


def _holds(here: Any, part: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(part, int) and part < len(here)
    return isinstance(here, dict) and part in here


def joined(parts: Sequence[str | int]) -> str:
    """The parts as a pointer (RFC 6901), cut where it grows too long."""
    return "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in parts)[:_MAX_POINTER]
