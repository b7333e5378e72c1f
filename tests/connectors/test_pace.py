"""The pace of a reading: wider while answers stay quick, narrower at the first sign of a crowd."""

import pytest

from varlor.connectors.pace import MOST, Pace
from varlor.contracts.connector import RateLimitConfig

FREE = RateLimitConfig(requests_per_minute=100_000, burst_limit=10_000)


def paced(*answers: float) -> Pace:
    pace = Pace()
    for seconds in answers:
        pace.answered(seconds)
    return pace


def test_quick_answers_widen_it_up_to_a_bound() -> None:
    widths = [paced(*[0.05] * n).width(FREE) for n in (1, 4, 8, 100)]
    assert widths == sorted(widths)
    assert widths[-1] == MOST


def test_a_crowd_halves_it_once_however_many_answers_say_so() -> None:
    pace = paced(*[0.05] * 50)
    for _ in range(8):
        pace.crowded()
    assert pace.width(FREE) == MOST // 2


def test_after_a_crowd_it_widens_by_one_a_round() -> None:
    pace = paced(*[0.05] * 50)
    pace.crowded()
    for _ in range(MOST // 2):
        pace.answered(0.05)
    assert pace.width(FREE) == MOST // 2


def test_late_answers_are_a_crowd() -> None:
    assert paced(*[0.05] * 50, *[0.5] * 40).width(FREE) < MOST


@pytest.mark.parametrize(("seconds", "width"), [(0.05, 0), (2.0, 2), (8.0, 8)])
def test_it_is_no_wider_than_the_rate_can_use(seconds: float, width: int) -> None:
    slow = RateLimitConfig(requests_per_minute=60, burst_limit=10)
    assert paced(*[seconds] * 20).width(slow) == width


def test_an_api_that_always_refuses_is_asked_one_by_one() -> None:
    pace = paced(*[0.05] * 50)
    for _ in range(200):
        pace.crowded()
        pace.answered(1.0)
    assert pace.width(FREE) == 1


def test_it_is_no_wider_than_what_the_api_says_is_left() -> None:
    pace = paced(*[0.05] * 50)
    pace.answered(0.05, remaining=3)
    assert pace.width(FREE) == 3
    pace.answered(0.05)
    assert pace.width(FREE) == MOST
