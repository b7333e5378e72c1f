"""What every room shares: absolute time, and one slice of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Absolute time, injectable because tests move it."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One slice of a list, newest first; `next_cursor` is opaque and None at the end."""

    items: Sequence[T]
    next_cursor: str | None
