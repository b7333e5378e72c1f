"""Builds the adapters from the settings and joins them to the ports: for all, and for a worker."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr
from redis.asyncio import Redis
from temporalio.client import Client

from varlor.auth.expiry import plan
from varlor.auth.oauth2 import OAuth2Service
from varlor.auth.tokens import TokenManagerService
from varlor.cache import (
    RedisDiscoveryCache,
    RedisDrafts,
    RedisEvents,
    RedisOAuthAttempts,
    RedisRateWindow,
    RedisTokenCache,
    RedisTokenStash,
)
from varlor.cache import connect as connect_redis
from varlor.connectors import APIConnectorService
from varlor.connectors.discovery import DocumentDiscoverer
from varlor.connectors.graphql import GraphQLDiscoverer
from varlor.connectors.http import EgressPolicy, GuardedClient
from varlor.connectors.notifications import WebhookSender
from varlor.connectors.webhook import EventRecords
from varlor.crypto import EncryptionService, key_provider
from varlor.datasets import DeltaDatasets
from varlor.errors import InvalidInputError, PartUnavailableError
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
    TemporalDeliveries,
    TemporalDrains,
    TemporalTimetable,
    TemporalTokenKeeper,
    TemporalWorkflows,
    connect,
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


def build_encryption(settings: Settings) -> EncryptionService:
    """The sealing of secrets at rest; InvalidInputError says which key is missing or weak."""
    keyring = key_provider(settings).keyring()
    if settings.mode != "embedded" and any(version.startswith("embedded-") for version in keyring.versions):
        raise InvalidInputError("The master keys hold one of the embedded stack: make a new one.")
    return EncryptionService(keyring)


def refuse_unsafe(settings: Settings) -> None:
    """Production starts with keys of its own alone; InvalidInputError names the one that is not."""
    if settings.mode == "embedded":
        return
    for name in ("master_keys", "codec_keys"):
        ring: SecretStr | None = getattr(settings, name)
        if ring is not None and "embedded-" in ring.get_secret_value():
            raise InvalidInputError(
                f"VARLOR_{name.upper()} holds a key of the embedded stack: make a new one."
            )
    if settings.jwt_private_key is not None or settings.codec_path is not None:
        raise InvalidInputError(
            "VARLOR_JWT_PRIVATE_KEY and VARLOR_CODEC_PATH are for the embedded stack alone."
        )


@asynccontextmanager
async def shared(settings: Settings, *, lazy: bool) -> AsyncGenerator[Shared]:
    """What every process needs; `lazy` does not wait for Temporal."""
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
    async with shared(settings, lazy=False) as common:
        client = GuardedClient(common.policy, proxy_url=settings.egress_proxy_url)
        documents = DocumentDiscoverer(client, common.clock, common.window)
        asking = GraphQLDiscoverer(client, common.window, common.clock, documents)
        discoverer = PresetDiscoverer(common.presets, asking, common.clock)
        connectors = APIConnectorService(client, common.window, discoverer, common.clock)
        cache = RedisTokenCache(common.redis, common.encryption, common.clock)
        keeper = TemporalTokenKeeper(common.temporal)
        try:
            yield Parts(
                clock=common.clock,
                store=common.store,
                temporal=common.temporal,
                workflows=TemporalWorkflows(common.temporal),
                events=common.events,
                window=common.window,
                drafts=common.drafts,
                discoveries=common.discoveries,
                datasets=common.datasets,
                connectors=connectors,
                credentials=TokenManagerService(common.store, connectors, cache, keeper, common.clock),
                oauth=OAuth2Service(client, common.clock, plain_http=common.policy.vouches_for),
                attempts=RedisOAuthAttempts(common.redis, common.encryption),
                token_cache=cache,
                token_stash=RedisTokenStash(common.redis, common.encryption),
                keeper=keeper,
                timetable=TemporalTimetable(common.temporal),
                deliveries=TemporalDeliveries(common.temporal),
                sender=WebhookSender(client, common.clock),
                drains=TemporalDrains(common.temporal),
                event_reader=EventRecords(),
                refresh_plan=plan,
                key_version=common.encryption.key_version,
                keep_hours=settings.keep_hours,
            )
        finally:
            await client.aclose()
