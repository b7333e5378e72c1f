"""Following a run while the API comes and goes: the run goes on without it."""

from typing import Any, cast

import pytest

from varlor.cli import follow as following
from varlor.cli.client import ApiClient, ApiError
from varlor.cli.failures import CommandError
from varlor.cli.follow import follow

COUNTS = {"rows": 3, "pendingRows": 0, "pages": 1, "pendingPages": 0}
ENDED: dict[str, Any] = {"status": "succeeded", "notes": [], "error": None, **COUNTS}
GONE = CommandError("the API does not answer")


class Api:
    """Answers in turn; the last answer repeats."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self._answers = list(answers)

    async def get(self, path: str) -> dict[str, Any]:
        assert path == "/runs/run_1"
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def followed(*answers: dict[str, Any] | Exception) -> dict[str, Any]:
    return await follow(cast("ApiClient", Api(*answers)), "run_1")


async def test_an_api_that_is_away_for_a_while_is_waited_for() -> None:
    away = ApiError("The database does not answer. [503]", 503)
    assert await followed(ENDED | {"status": "running"}, GONE, away, ENDED) == ENDED


async def test_an_api_that_stays_away_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PATIENCE", 0)
    with pytest.raises(CommandError, match="does not answer"):
        await followed(GONE)


async def test_a_refusal_is_not_waited_for() -> None:
    with pytest.raises(ApiError):
        await followed(ApiError("No such run. [404]", 404), ENDED)
