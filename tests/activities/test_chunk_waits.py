"""What a chunk says of a wait that it hands to its workflow."""

from pathlib import Path

import pytest

from tests.activities.test_chunk_cancel import Reader, chunk
from varlor.datasets import DeltaDatasets
from varlor.errors import TokenError
from varlor.ports import Cursor, LandingTarget, PageResponse, WaitRequiredError
from workflows.run_words import wait_words

NO_TOKEN = "The authorization server gives no new token now."


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (WaitRequiredError("throttled", 54), "54 s, the rate window is used up"),
        (WaitRequiredError("retry", 30, TokenError("passing", NO_TOKEN)), f"30 s, then again: {NO_TOKEN}"),
    ],
    ids=["rate", "token"],
)
async def test_a_wait_says_what_it_is_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait: WaitRequiredError, words: str
) -> None:
    async def wait_first(_: Reader, cursor: Cursor, *, attempt: int) -> PageResponse:
        raise wait

    monkeypatch.setattr(Reader, "fetch", wait_first)
    datasets = DeltaDatasets(str(tmp_path), {})
    landing = await datasets.open(LandingTarget(datasets.location("t", "d"), "run_1", "append"))
    assert wait_words(await chunk(landing).read()) == words
