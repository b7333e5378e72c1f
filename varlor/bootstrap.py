"""Builds the adapters from the settings and joins them to the ports, for every process alike."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from deltalake import DeltaTable
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from temporalio.client import Client

from api.engine import Engine
from api.services import Services
from api.token_engine import TokenEngine
from api.wakes import Wakes
from varlor.access import build_encryption, build_sign_in, build_tokens, refuse_unsafe
from varlor.auth.expiry import plan
from varlor.auth.oauth2 import OAuth2Service
from varlor.auth.sessions import RedisSessions
from varlor.auth.tokens import TokenManagerService
from varlor.cache import (
    RedisDiscoveryCache,
    RedisDrafts,
    RedisEvents,
    RedisOAuthAttempts,
    RedisRateWindow,
    RedisRouteLimit,
    RedisTokenCache,
    RedisTokenStash,
)
from varlor.cache import connect as connect_redis
from varlor.cache.client import ping as ping_redis
from varlor.connectors import APIConnectorService
from varlor.connectors.discovery import Discoverer
from varlor.connectors.graphql import GraphQLDiscoverer
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.connectors.judge import RequestJudge
from varlor.connectors.notifications import WebhookSender
from varlor.connectors.webhook import EventRecords, SignedArrivals
from varlor.crypto import EncryptionService
from varlor.datasets import DeltaDatasets
from varlor.errors import PartUnavailableError
from varlor.ports import (
    Clock,
    Connectors,
    Credentials,
    Datasets,
    Deliveries,
    Drains,
    EventReader,
    Grant,
    NotificationSender,
    OAuth2,
    OAuthAttempts,
    Store,
    Timetable,
    TokenCache,
    TokenKeeper,
    TokenStash,
    Workflows,
)
from varlor.presets import PresetCatalog, PresetDiscoverer
from varlor.settings import Settings
from varlor.storage import SqlStore, create_engine
from varlor.temporal import (
    PayloadServer,
    TemporalDeliveries,
    TemporalDrains,
    TemporalTimetable,
    TemporalTokenKeeper,
    TemporalWorkflows,
    connect,
    make_codec,
)


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Shared:
    """What API and worker have in common."""

    clock: Clock
    store: Store
    redis: Redis
    encryption: EncryptionService
    temporal: Client
    events: RedisEvents
    window: RedisRateWindow
    drafts: RedisDrafts
    discoveries: RedisDiscoveryCache
    datasets: Datasets
    policy: EgressPolicy
    presets: PresetCatalog


@dataclass(frozen=True, slots=True, repr=False)
class Parts:
    """What a worker's activities are made of."""

    clock: Clock
    store: Store
    temporal: Client
    workflows: Workflows
    events: RedisEvents
    window: RedisRateWindow
    drafts: RedisDrafts
    discoveries: RedisDiscoveryCache
    datasets: Datasets
    connectors: Connectors
    credentials: Credentials
    oauth: OAuth2
    attempts: OAuthAttempts
    token_cache: TokenCache
    token_stash: TokenStash
    keeper: TokenKeeper
    timetable: Timetable
    deliveries: Deliveries
    sender: NotificationSender
    drains: Drains
    event_reader: EventReader
    refresh_plan: Callable[[str, Grant], datetime | None]
    key_version: str
    keep_hours: int


@asynccontextmanager
async def _shared(settings: Settings, *, lazy: bool) -> AsyncGenerator[Shared]:
    refuse_unsafe(settings)
    clock, encryption = SystemClock(), build_encryption(settings)
    async with AsyncExitStack() as stack:
        engine = create_engine(settings.database_url)
        stack.push_async_callback(engine.dispose)
        redis = connect_redis(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        datasets = DeltaDatasets(settings.data_url, settings.data_options)
        store = SqlStore(engine, encryption, clock, datasets.location)
        with suppress(PartUnavailableError):  # away, or not prepared yet: then readiness tells
            await store.check_keys()

        async def active_since(tenant: str, connector: str, since: datetime, before: datetime) -> bool:
            return await store.tenant(tenant).runs.active_since(connector, since, before=before)

        window = RedisRateWindow(redis, active_since, clock)
        await window.begin()

        yield Shared(
            clock=clock,
            store=store,
            redis=redis,
            encryption=encryption,
            temporal=await connect(settings, lazy=lazy),
            events=RedisEvents(redis),
            window=window,
            drafts=RedisDrafts(redis, encryption),
            discoveries=RedisDiscoveryCache(redis),
            datasets=datasets,
            policy=EgressPolicy.from_settings(settings),
            presets=PresetCatalog(settings.presets_dir),
        )


@asynccontextmanager
async def build_parts(settings: Settings) -> AsyncGenerator[Parts]:
    """The worker's parts; raises PartUnavailableError when Temporal does not answer."""
    async with _shared(settings, lazy=False) as shared:
        client = GuardedClient(shared.policy, proxy_url=settings.egress_proxy_url)
        documents = Discoverer(client, shared.clock, shared.window)
        asking = GraphQLDiscoverer(client, shared.window, shared.clock, documents)
        discoverer = PresetDiscoverer(shared.presets, asking, shared.clock)
        connectors = APIConnectorService(client, shared.window, discoverer, shared.clock)
        cache = RedisTokenCache(shared.redis, shared.encryption, shared.clock)
        keeper = TemporalTokenKeeper(shared.temporal)
        try:
            yield Parts(
                clock=shared.clock,
                store=shared.store,
                temporal=shared.temporal,
                workflows=TemporalWorkflows(shared.temporal),
                events=shared.events,
                window=shared.window,
                drafts=shared.drafts,
                discoveries=shared.discoveries,
                datasets=shared.datasets,
                connectors=connectors,
                credentials=TokenManagerService(shared.store, connectors, cache, keeper, shared.clock),
                oauth=OAuth2Service(client, shared.clock, plain_http=shared.policy.vouches_for),
                attempts=RedisOAuthAttempts(shared.redis, shared.encryption),
                token_cache=cache,
                token_stash=RedisTokenStash(shared.redis, shared.encryption),
                keeper=keeper,
                timetable=TemporalTimetable(shared.temporal),
                deliveries=TemporalDeliveries(shared.temporal),
                sender=WebhookSender(client, shared.clock),
                drains=TemporalDrains(shared.temporal),
                event_reader=EventRecords(),
                refresh_plan=plan,
                key_version=shared.encryption.key_version,
                keep_hours=settings.keep_hours,
            )
        finally:
            await client.aclose()


@asynccontextmanager
async def build_services(settings: Settings, registry: CollectorRegistry) -> AsyncGenerator[Services]:
    """The API's services. A part that is away does not keep the API from starting: readiness tells."""
    async with _shared(settings, lazy=True) as shared, build_sign_in(settings, shared.clock) as sign_in:
        engine = Engine(shared.temporal)

        async def redis() -> None:
            await ping_redis(shared.redis)

        async def storage() -> None:
            # Raises when the storage does not answer; that there is no table here is as good an answer.
            probe = shared.datasets.location("probe", "probe")
            await asyncio.to_thread(DeltaTable.is_deltatable, probe, settings.data_options)

        yield Services(
            store=shared.store,
            engine=engine,
            timetable=TemporalTimetable(shared.temporal),
            deliveries=TemporalDeliveries(shared.temporal),
            signatures=SignedArrivals(),
            wakes=Wakes(TemporalDrains(shared.temporal)),
            events=shared.events,
            drafts=shared.drafts,
            discoveries=shared.discoveries,
            window=shared.window,
            oauth=TokenEngine(shared.temporal),
            attempts=RedisOAuthAttempts(shared.redis, shared.encryption),
            token_cache=RedisTokenCache(shared.redis, shared.encryption, shared.clock),
            route_limit=RedisRouteLimit(shared.redis, shared.clock),
            datasets=shared.datasets,
            presets=shared.presets,
            judge=shared.policy,
            reading=RequestJudge(),
            tokens=build_tokens(settings, shared.clock),
            sessions=RedisSessions(shared.redis, shared.clock),
            codec=PayloadServer(make_codec(settings)),
            probes={
                "database": shared.store.ping,
                "redis": redis,
                "temporal": engine.ping,
                "storage": storage,
            },
            registry=registry,
            clock=shared.clock,
            public_url=settings.public_url,
            temporal_ui_url=settings.temporal_ui_url,
            temporal_web_url=f"{settings.temporal_ui_url.rstrip('/')}/namespaces/{settings.temporal_namespace}",
            sign_in=sign_in,
            codec_path=settings.codec_path.get_secret_value() if settings.codec_path else None,
        )
