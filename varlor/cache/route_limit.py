"""How often a route may be called, counted over all API processes, in fixed windows."""

import hashlib

from redis.asyncio import Redis

from varlor import names
from varlor.cache.client import redis_failures
from varlor.ports import Clock


class RedisRouteLimit:
    """ports.RouteLimit; PartUnavailableError when Redis is away. A caller's address is kept as a hash."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock

    async def take(self, bucket: str, caller: str, *, most: int, seconds: int) -> float:
        now = self._clock.now().timestamp()
        window = int(now // seconds)
        hashed = hashlib.sha256(caller.encode()).hexdigest()[:32]
        key = names.route_limit_key(bucket, hashed, window)
        with redis_failures():
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, 2 * seconds)
                count, _ = await pipeline.execute()
        return 0.0 if count <= most else max((window + 1) * seconds - now, 1.0)
