"""What leaves an activity: typed failures, and an end to failures that nobody foresaw."""

import dataclasses

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.failures import ending, translated
from varlor.errors import PartUnavailableError, SourceError


class Work:
    def __init__(self, error: Exception) -> None:
        self._error = error

    @activity.defn
    @ending
    @translated
    async def do(self) -> None:
        raise self._error


async def attempt(number: int, error: Exception) -> None:
    stage = ActivityEnvironment()
    stage.info = dataclasses.replace(stage.info, attempt=number)
    await stage.run(Work(error).do)


async def test_a_fault_of_ours_is_tried_again_and_then_ends_the_run() -> None:
    with pytest.raises(ZeroDivisionError):
        await attempt(4, ZeroDivisionError())
    with pytest.raises(ApplicationError) as caught:
        await attempt(5, ZeroDivisionError("a detail that may hold anything"))
    assert (caught.value.type, caught.value.non_retryable) == ("internal", True)
    assert "anything" not in caught.value.message


async def test_a_part_that_is_away_is_waited_for_however_long() -> None:
    with pytest.raises(ApplicationError) as caught:
        await attempt(500, PartUnavailableError("redis", "Redis does not answer."))
    assert (caught.value.type, caught.value.non_retryable) == ("part-unavailable", False)


async def test_what_an_api_did_is_final_and_keeps_its_status() -> None:
    with pytest.raises(ApplicationError) as caught:
        await attempt(1, SourceError("not_found", "gone", status=404))
    assert (caught.value.type, caught.value.non_retryable) == ("not_found", True)
    assert list(caught.value.details) == [404]
