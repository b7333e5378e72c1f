"""How many requests of one reading are under way at once: as many as help, never more than the API bears."""

from math import inf
from typing import Final

from varlor.contracts.connector import RateLimitConfig

MOST: Final = 16  # requests at once
_MOST_BYTES: Final = 16 * 1024 * 1024  # of answers that wait, by the size of the last one
_LARGER: Final = 4  # times as large as the last one may an answer be that was asked for early,
_LEAST_ROOM: Final = 1024 * 1024  # or this many bytes
_FIRST: Final = 4.0
_SLOWER: Final = 2.0  # times its best answer, and
_SLACK: Final = 0.1  # seconds more, of which the machine's own hiccups are the most: then the API is crowded
_FORGETTING: Final = 1.01  # the best answer counts for a little less with each later one
_SMOOTHING: Final = 0.2


class Pace:
    """Additive increase, multiplicative decrease (RFC 5681 section 3.1), by answers instead of by losses.

    Until the first sign of crowding each answer widens it by one, afterwards each whole round does.
    """

    def __init__(self) -> None:
        self._width = _FIRST
        self._steep = True
        self._best = inf
        self._seconds = 0.0  # smoothed time from request to whole answer
        self._remaining: int | None = None
        self._size = 0  # of the last page, in bytes
        self._spared = 0.0  # answers until the next sign counts: one crowd is one sign

    def answered(self, seconds: float, remaining: int | None = None) -> None:
        """A good answer came, so long after its request left. `remaining`: requests still allowed."""
        self._remaining = remaining
        self._best = min(seconds, self._best * _FORGETTING)
        self._seconds += (seconds - self._seconds) * (_SMOOTHING if self._seconds else 1.0)
        self._spared -= 1
        if seconds > _SLOWER * self._best + _SLACK:
            self.crowded()
        else:
            self._width = min(MOST, self._width + (1.0 if self._steep else 1.0 / self._width))

    def taken(self, size: int) -> None:
        """A page of so many bytes was handed out."""
        self._size = size

    @property
    def room(self) -> int:
        """Bytes of an answer that was asked for early: small pages must not turn into many huge ones."""
        return max(_LEAST_ROOM, _LARGER * self._size)

    def crowded(self) -> None:
        """The API said 429, failed, or answers late."""
        if self._spared <= 0:
            self._spared = self._width
            self._width = max(1.0, self._width / 2)
            self._steep = False

    def width(self, limit: RateLimitConfig) -> int:
        """Requests at once, no more than the rate limit grants in the time of one answer (Little's law).

        0 where one after the other already uses up the rate: there, asking early would gain nothing.
        """
        a_second = min(limit.requests_per_minute / 60, limit.burst_limit)
        useful = min(int(self._width), round(a_second * self._seconds), _MOST_BYTES // (self._size + 1))
        return useful if self._remaining is None else min(useful, self._remaining)
