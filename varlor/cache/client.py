"""The one shared client, and the one place where a failure of Redis becomes a failure of ours."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from typing import Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from varlor.errors import InvalidInputError, PartUnavailableError

T = TypeVar("T")
CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5.0
MAX_CONNECTIONS: Final = 512  # of one process; whoever finds them all busy is told that Redis is away
BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0)


def connect(url: str) -> Redis:
    """Make the client of `url` (redis://, rediss://, unix://); it connects when first used.

    A lost connection is tried once more, because an idle one may have died with its server; an
    answer that does not come in time is not, so that "Redis is away" is known within seconds.
    Raises InvalidInputError for a URL of another kind.
    """
    retry = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    try:
        # Not a BlockingConnectionPool: a task canceled while giving a connection back would lose it.
        return Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=retry,
            max_connections=MAX_CONNECTIONS,
        )
    except ValueError:
        # The reason would repeat the URL, and the URL may hold a password.
        raise InvalidInputError("VARLOR_REDIS_URL is not a redis://, rediss:// or unix:// address.") from None


@contextmanager
def redis_failures() -> Generator[None]:
    """Turn whatever redis-py raises within into PartUnavailableError("redis")."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise PartUnavailableError("redis", f"Redis does not answer ({type(error).__name__}).") from error


async def patiently(step: Callable[[], Awaitable[T]]) -> T:
    """Take the step again and again, ever more slowly, until Redis answers: for who has time to wait."""
    for seconds in chain(BACKOFF_SECONDS, repeat(BACKOFF_SECONDS[-1])):
        with suppress(PartUnavailableError), redis_failures():
            return await step()
        await asyncio.sleep(seconds)
    raise AssertionError("an endless series ended")


async def read(redis: Redis, key: str) -> bytes | None:
    with redis_failures():
        found = await redis.get(key)
    return found.encode() if isinstance(found, str) else found


async def ping(redis: Redis) -> None:
    """Raise PartUnavailableError when Redis does not answer."""
    with redis_failures():
        await redis.ping()
