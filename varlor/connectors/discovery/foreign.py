"""Readings of foreign documents, where anything may stand anywhere: they answer something, never raise."""

import math
from typing import Any, Final, cast

_MOST_TEXT: Final = 300
_DEPTH: Final = 4
_MOST_MEMBERS: Final = 100
_LARGEST_INT: Final = 2**63


def mapping(value: Any) -> dict[str, Any]:
    """The object itself, or an empty one. In YAML its keys may be numbers."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def text(value: Any, most: int = _MOST_TEXT) -> str | None:
    """The text in one line, cut; None for anything but text that says something."""
    if not isinstance(value, str):
        return None
    return " ".join(value[: most * 4].split())[:most] or None


def plain_json(value: Any, depth: int = _DEPTH) -> Any:
    """The value as JSON of bounded size; what JSON has no word for becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < _LARGEST_INT:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list) and depth:
        return [plain_json(member, depth - 1) for member in sequence(value)[:_MOST_MEMBERS]]
    if isinstance(value, dict) and depth:
        members = list(mapping(value).items())[:_MOST_MEMBERS]
        return {str(key): plain_json(member, depth - 1) for key, member in members}
    return str(value)[:_MOST_TEXT] if not isinstance(value, dict | list) else None
