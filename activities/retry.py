"""The one place that decides whether and when a page is asked for again."""

from random import Random
from typing import Final

from varlor.errors import SourceError

FIRST_WAIT: Final = 1.0  # seconds
LONGEST_WAIT: Final = 300.0  # seconds; a Retry-After may ask for more
MOST_FAILURES: Final = 10  # in a row: about 13 minutes of a dead API
HELD_WAIT: Final = 5.0  # seconds an activity may sleep; longer waits belong to the workflow


def wait_after(error: SourceError, failures: int, random: Random) -> float | None:
    """Seconds until the page is asked for again; None when it is not.

    `failures` counts this one too. Exponential with jitter (half to whole of the step), and never
    sooner than the API asked.
    """
    if not error.retryable or failures > MOST_FAILURES:
        return None
    step = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (failures - 1))
    return max(step * random.uniform(0.5, 1.0), error.retry_after or 0.0)
