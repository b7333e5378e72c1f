"""What lives in Redis: rate windows, events, drafts, discovery answers, tokens; each key expires."""

from varlor.cache.attempts import RedisOAuthAttempts
from varlor.cache.client import connect
from varlor.cache.discovery import RedisDiscoveryCache
from varlor.cache.drafts import RedisDrafts
from varlor.cache.events import RedisEvents
from varlor.cache.rate import ActiveSince, RedisRateWindow
from varlor.cache.route_limit import RedisRouteLimit
from varlor.cache.tokens import RedisTokenCache, RedisTokenStash

__all__ = [
    "ActiveSince",
    "RedisDiscoveryCache",
    "RedisDrafts",
    "RedisEvents",
    "RedisOAuthAttempts",
    "RedisRateWindow",
    "RedisRouteLimit",
    "RedisTokenCache",
    "RedisTokenStash",
    "connect",
]
