"""Builds the API's services from the settings; a worker has no need of what is imported here."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from deltalake import DeltaTable
from prometheus_client import CollectorRegistry

from api.engine import Engine
from api.services import Services
from api.token_engine import TokenEngine
from api.wakes import Wakes
from varlor.access import build_sign_in, build_tokens
from varlor.auth.sessions import RedisSessions
from varlor.bootstrap import shared
from varlor.cache import RedisOAuthAttempts, RedisRouteLimit, RedisTokenCache
from varlor.cache.client import ping as ping_redis
from varlor.connectors.judge import RequestJudge
from varlor.connectors.webhook import SignedArrivals
from varlor.settings import Settings
from varlor.temporal import (
    PayloadServer,
    TemporalDeliveries,
    TemporalDrains,
    TemporalTimetable,
    make_codec,
)


@asynccontextmanager
async def build_services(settings: Settings, registry: CollectorRegistry) -> AsyncGenerator[Services]:
    """The API's services. A part that is away does not keep the API from starting: readiness tells."""
    async with shared(settings, lazy=True) as parts, build_sign_in(settings, parts.clock) as sign_in:
        engine = Engine(parts.temporal)

        async def redis() -> None:
            await ping_redis(parts.redis)

        async def storage() -> None:
            # Raises when the storage does not answer; that there is no table here is as good an answer.
            probe = parts.datasets.location("probe", "probe")
            await asyncio.to_thread(DeltaTable.is_deltatable, probe, settings.data_options)

        yield Services(
            store=parts.store,
            engine=engine,
            timetable=TemporalTimetable(parts.temporal),
            deliveries=TemporalDeliveries(parts.temporal),
            signatures=SignedArrivals(),
            wakes=Wakes(TemporalDrains(parts.temporal)),
            events=parts.events,
            drafts=parts.drafts,
            discoveries=parts.discoveries,
            window=parts.window,
            oauth=TokenEngine(parts.temporal),
            attempts=RedisOAuthAttempts(parts.redis, parts.encryption),
            token_cache=RedisTokenCache(parts.redis, parts.encryption, parts.clock),
            route_limit=RedisRouteLimit(parts.redis, parts.clock),
            datasets=parts.datasets,
            presets=parts.presets,
            judge=parts.policy,
            reading=RequestJudge(),
            tokens=build_tokens(settings, parts.clock),
            sessions=RedisSessions(parts.redis, parts.clock),
            codec=PayloadServer(make_codec(settings)),
            probes={
                "database": parts.store.ping,
                "redis": redis,
                "temporal": engine.ping,
                "storage": storage,
            },
            registry=registry,
            clock=parts.clock,
            public_url=settings.public_url,
            temporal_ui_url=settings.temporal_ui_url,
            temporal_web_url=f"{settings.temporal_ui_url.rstrip('/')}/namespaces/{settings.temporal_namespace}",
            sign_in=sign_in,
            codec_path=settings.codec_path.get_secret_value() if settings.codec_path else None,
        )
