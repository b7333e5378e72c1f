"""What stops a reading that would go round for ever: visited requests, in bounded space."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self

from varlor.errors import SourceError

_MOST: Final = 512  # requests remembered one by one: about 7 kB in the cursor
MOST_EMPTY: Final = 10  # empty pages in a row that an API may send while it moves on


@dataclass(frozen=True, slots=True)
class Visited:
    """Digests of the first requests; from then on Brent's algorithm: one landmark, moved at powers of two.

    A cycle among the first 512 requests is found at once, a later one within three times its own
    length or its beginning, whichever is longer.
    """

    seen: str = ""
    count: int = 0
    landmark: str = ""

    def then(self, digest: str) -> Self:
        """Remember one more request; raises SourceError(pagination_stuck) when it was there before."""
        if f" {digest}" in self.seen or digest == self.landmark:
            raise SourceError(
                "pagination_stuck",
                f"The API led back to a page that was read before, after {self.count} pages. "
                "What was read is complete up to there; the API repeats its cursor or next link.",
            )
        count = self.count + 1
        if count <= _MOST:
            return replace(self, seen=f"{self.seen} {digest}", count=count)
        moved = count & (count - 1) == 0 or not self.landmark
        return replace(self, count=count, landmark=digest if moved else self.landmark)

    def dump(self) -> list[Any]:
        return [self.seen, self.count, self.landmark]

    @classmethod
    def load(cls, raw: list[Any] | None) -> Self:
        return cls(*raw) if raw else cls()
