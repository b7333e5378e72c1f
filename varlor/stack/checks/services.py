"""The parts that are given by address, the database's tables, and the clocks."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import httpx2
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from varlor.crypto import new_master_key
from varlor.errors import DamagedError, InvalidInputError, VarlorError
from varlor.settings import Settings
from varlor.stack import probes
from varlor.stack.checks.finding import Finding, failing, ok, warning
from varlor.stack.state import StateDir
from varlor.storage.migrate import pending

MOST_SKEW: Final = 5.0  # seconds
READINESS: Final = "/api/v2/health/ready"
PATIENCE: Final = 5.0  # seconds for one answer
OLDEST_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
RESTORE: Final = "restore it from a backup, or move it away to start with an empty database"


async def running(folder: StateDir) -> list[Finding]:
    """The parts of the stack that runs on this folder, if one does."""
    stack = folder.running()
    found = await readiness(stack.api_url) if stack else []
    return [replace(each, name=f"running {each.name}") for each in found]


async def readiness(url: str) -> list[Finding]:
    """The parts of an API, as it answers them itself."""
    address = f"{url.rstrip('/')}{READINESS}"
    try:
        async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            parts = (await client.get(address)).json()["parts"]
            return [
                ok(name, "up") if part["state"] == "up" else failing(name, "down", "see the API's log")
                for name, part in parts.items()
            ]
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError):
        return [failing("API", f"{address} does not answer as it should", "check the address and its log")]


async def temporal(settings: Settings) -> Finding:
    """A Temporal that somebody else runs: reachable, with our search attributes."""
    address = settings.temporal_address
    if settings.codec_keys is None:  # the stack makes them at its start; this question carries no payload
        settings = settings.model_copy(update={"codec_keys": SecretStr(new_master_key())})
    try:
        if await asyncio.wait_for(probes.temporal(settings)(datetime.now(UTC)), PATIENCE):
            return ok("Temporal server", address)
    except TimeoutError:
        pass
    except InvalidInputError as error:
        return failing("Temporal server", error.detail, "correct the setting")
    advice = (
        "check VARLOR_TEMPORAL_…; its namespace needs the Keyword search attributes of docs/production.md"
    )
    return failing("Temporal server", f"{address} does not answer as it should", advice)


async def redis(settings: Settings) -> Finding:
    """A Redis or Valkey that somebody else runs."""
    if await probes.redis(settings.redis_url)(datetime.now(UTC)):
        return ok("Redis server", "answers")
    return failing("Redis server", "does not answer", "check VARLOR_REDIS_URL")


async def database(folder: StateDir, settings: Settings) -> Finding:
    file = folder.path / "varlor.db"
    given = settings.database_url
    if not given and not file.exists():
        return ok("database", "made at the first start")
    try:
        behind = await asyncio.to_thread(pending, given or f"sqlite:///{file}")
    except DamagedError as error:
        return failing(
            "database", error.detail if given else f"{file} is damaged, or is no database", RESTORE
        )
    except (VarlorError, OSError) as error:
        said = error.detail if isinstance(error, VarlorError) else f"{file}: {error}"
        remedy = "check VARLOR_DATABASE_URL" if given else f"check who may use {file}, and who does"
        return failing("database", said, remedy)
    if behind:
        older = "its tables are older than this program"
        if given:
            return failing("database", older, "run `varlor db upgrade`")
        return warning("database", older, "nothing: the next start brings them up to date")
    return ok("database", "up to date")


async def clock(settings: Settings) -> Finding:
    now = datetime.now(UTC)
    if now < OLDEST_TIME:
        return failing("clock", f"says {now:%Y-%m-%d}", "set the clock: tokens and certificates depend on it")
    skew = await _skew(settings.redis_url) if settings.redis_url else None
    if skew is not None and abs(skew) > MOST_SKEW:
        return warning("clock", f"differs from the Redis server's by {skew:+.0f} s", "synchronise both (NTP)")
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


async def _skew(url: str) -> float | None:
    """How many seconds the Redis server is ahead of this machine."""
    try:
        async with Redis.from_url(url, socket_timeout=PATIENCE) as client:
            seconds, microseconds = await client.time()
    except (RedisError, ValueError):  # that server's own row tells
        return None
    return seconds + microseconds / 1e6 - time.time()
