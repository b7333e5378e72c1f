"""What lives in Redis: the rate window, live events, drafts and discovery answers; each key expires."""

from varlor.cache.client import connect
from varlor.cache.discovery import RedisDiscoveryCache
from varlor.cache.drafts import RedisDrafts
from varlor.cache.events import RedisEvents
from varlor.cache.rate import ActiveSince, RedisRateWindow

__all__ = [
    "ActiveSince",
    "RedisDiscoveryCache",
    "RedisDrafts",
    "RedisEvents",
    "RedisRateWindow",
    "connect",
]
