"""Whether and when a page is asked for again."""

from random import Random

import pytest

from activities.retry import LONGEST_WAIT, MOST_FAILURES, wait_after
from varlor.errors import SourceError


def waits(error: SourceError) -> list[float | None]:
    return [wait_after(error, failures, Random(failures)) for failures in range(1, MOST_FAILURES + 2)]


def test_a_dead_api_is_asked_ten_times_more_and_never_waited_for_longer_than_five_minutes() -> None:
    *seconds, last = waits(SourceError("server_error", "down", status=503))
    assert last is None
    assert len(seconds) == 10
    for number, wait in enumerate(seconds):
        assert wait is not None
        assert min(2.0**number, LONGEST_WAIT) / 2 <= wait <= min(2.0**number, LONGEST_WAIT) <= 300


def test_an_api_that_asks_for_more_time_has_it() -> None:
    *seconds, last = waits(SourceError("rate_limited", "slower", retry_after=900))
    assert last is None
    assert set(seconds) == {900}


@pytest.mark.parametrize("kind", ["not_found", "invalid_credential", "bad_request"])
def test_what_is_final_is_not_asked_for_again(kind: str) -> None:
    assert set(waits(SourceError(kind, "no"))) == {None}  # pyright: ignore[reportArgumentType] - each is one
