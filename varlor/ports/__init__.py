"""What activities and the API ask of the outside, as protocols; bootstrap joins adapters to them."""

from varlor.ports.audit import AuditEntry, AuditLog
from varlor.ports.cache import DiscoveryCache, Drafts, Events, RateUsage, RateWindow, RouteLimit
from varlor.ports.datasets import Datasets, Landing, LandingTarget, RunState
from varlor.ports.door import Identity, Role, Sessions, TokenVerifier, UrlJudge
from varlor.ports.engine import Timetable, TokenKeeper, TokenRefresher, Workflows
from varlor.ports.grants import CachedToken, Grant, GrantRepository, StashedGrant, TokenCache, TokenStash
from varlor.ports.notifications import (
    Deliveries,
    NotificationRepository,
    NotificationSender,
    OutgoingNotification,
    SendResult,
)
from varlor.ports.oauth import Authorization, AuthorizationAnswer, OAuth2, OAuthAttempt, OAuthAttempts
from varlor.ports.presets import Presets
from varlor.ports.source import (
    AuthParts,
    Connectors,
    Credentials,
    Cursor,
    PageFacts,
    PageReader,
    PageResponse,
    ReadJob,
    RequestAuth,
    WaitRequiredError,
)
from varlor.ports.storage import (
    ConnectorRepository,
    DatasetRepository,
    IdempotencyRepository,
    RememberedAnswer,
    RunRepository,
    ScheduleRepository,
    Store,
    TenantStore,
)
from varlor.ports.time_and_lists import Clock, Listing

__all__ = [
    "AuditEntry",
    "AuditLog",
    "AuthParts",
    "Authorization",
    "AuthorizationAnswer",
    "CachedToken",
    "Clock",
    "ConnectorRepository",
    "Connectors",
    "Credentials",
    "Cursor",
    "DatasetRepository",
    "Datasets",
    "Deliveries",
    "DiscoveryCache",
    "Drafts",
    "Events",
    "Grant",
    "GrantRepository",
    "IdempotencyRepository",
    "Identity",
    "Landing",
    "LandingTarget",
    "Listing",
    "NotificationRepository",
    "NotificationSender",
    "OAuth2",
    "OAuthAttempt",
    "OAuthAttempts",
    "OutgoingNotification",
    "PageFacts",
    "PageReader",
    "PageResponse",
    "Presets",
    "RateUsage",
    "RateWindow",
    "ReadJob",
    "RememberedAnswer",
    "RequestAuth",
    "Role",
    "RouteLimit",
    "RunRepository",
    "RunState",
    "ScheduleRepository",
    "SendResult",
    "Sessions",
    "StashedGrant",
    "Store",
    "TenantStore",
    "Timetable",
    "TokenCache",
    "TokenKeeper",
    "TokenRefresher",
    "TokenStash",
    "TokenVerifier",
    "UrlJudge",
    "WaitRequiredError",
    "Workflows",
]
