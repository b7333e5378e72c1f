"""What the routes may use: the ports, the engine and a few plain settings; made once per process."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from api.engine import Engine
from api.token_engine import TokenEngine
from api.wakes import Wakes
from varlor.ports import (
    Clock,
    Datasets,
    Deliveries,
    DiscoveryCache,
    Drafts,
    Events,
    OAuthAttempts,
    Presets,
    RateWindow,
    ReadingJudge,
    RouteLimit,
    Sessions,
    Signatures,
    SignIn,
    Store,
    Timetable,
    TokenCache,
    TokenVerifier,
    UrlJudge,
)

Probe = Callable[[], Awaitable[None]]
"""Asks one part for a sign of life; raises anything when there is none."""


class CodecServer(Protocol):
    """Temporal's codec-server protocol: proto-JSON in and out; InvalidInputError for what does not open."""

    async def decode(self, body: Mapping[str, Any]) -> dict[str, Any]: ...
    async def encode(self, body: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, repr=False)
class Services:
    """`probes` are the parts that must answer for the API to be ready, by name.

    `temporal_web_url` is this namespace's page of Temporal Web.
    `sign_in` is the identity provider's, where one is configured.
    `codec_path` is the embedded stack's unguessable path of the codec server, else None.
    """

    store: Store
    engine: Engine
    timetable: Timetable
    deliveries: Deliveries
    signatures: Signatures
    wakes: Wakes
    events: Events
    drafts: Drafts
    discoveries: DiscoveryCache
    window: RateWindow
    oauth: TokenEngine
    attempts: OAuthAttempts
    token_cache: TokenCache
    route_limit: RouteLimit
    datasets: Datasets
    presets: Presets
    judge: UrlJudge
    reading: ReadingJudge
    tokens: TokenVerifier
    sessions: Sessions
    codec: CodecServer
    probes: Mapping[str, Probe]
    registry: CollectorRegistry
    clock: Clock
    public_url: str
    temporal_ui_url: str
    temporal_web_url: str
    sign_in: SignIn | None = None
    codec_path: str | None = None
