"""A sync asked to stop while its chunk cannot end well, on the real server: none tries such a chunk again."""

import asyncio

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import CancelledError

from activities.failures import failure
from tests.api.processes import new_namespace
from tests.workflows.conftest import Script, chunk, staged
from varlor.errors import NotFoundError, PartUnavailableError
from workflows.sync import SyncDataset

AWAY = failure(PartUnavailableError("redis", "Redis does not answer."))
GONE = failure(NotFoundError("No such connector."))
GIVEN_UP = CancelledError("the open page took too long")


@pytest.fixture
async def client(temporal_address: str) -> Client:
    space = await asyncio.to_thread(new_namespace, temporal_address)  # other tests' workers are elsewhere
    return await Client.connect(temporal_address, namespace=space, data_converter=pydantic_data_converter)


@pytest.mark.parametrize("ends", [AWAY, GIVEN_UP], ids=["a-part-is-away", "given-up"])
async def test_a_pause_that_is_taken_back_at_once_does_not_end_the_run(
    client: Client, ends: Exception
) -> None:
    script = Script([chunk(rows=60, done=True)], hold_chunk=True, stops_with=ends)
    async with staged(client, script) as stage:
        await script.chunk_open.wait()
        await stage.handle.execute_update(SyncDataset.pause)
        await stage.handle.execute_update(SyncDataset.resume)
        script.may_stop.set()
        result = await stage.handle.result()
    assert result.status == "succeeded"
    assert script.seen.count("chunk") == 2


async def test_a_pause_while_a_part_is_away_stays_a_pause(client: Client) -> None:
    script = Script([chunk(rows=60, done=True)], hold_chunk=True, stops_with=AWAY)
    script.may_stop.set()
    async with staged(client, script) as stage:
        await script.chunk_open.wait()
        await stage.handle.execute_update(SyncDataset.pause)
        async with asyncio.timeout(30):
            while script.seen.count("paused") < 2:  # the second is told once the chunk has ended
                await stage.handle.query(SyncDataset.progress)
        await stage.handle.execute_update(SyncDataset.resume)
        result = await stage.handle.result()
    assert result.status == "succeeded"


@pytest.mark.parametrize("ends", [AWAY, GONE], ids=["a-part-is-away", "its-connector-is-gone"])
async def test_a_cancel_is_told_as_a_cancel_however_the_chunk_ends(client: Client, ends: Exception) -> None:
    script = Script([chunk(done=True)], hold_chunk=True, stops_with=ends)
    script.may_stop.set()
    async with staged(client, script) as stage:
        await script.chunk_open.wait()
        await stage.handle.cancel()
        with pytest.raises(WorkflowFailureError) as caught:
            await stage.handle.result()
    assert isinstance(caught.value.cause, CancelledError)
    assert [end.status for end in script.finished] == ["canceled"]
