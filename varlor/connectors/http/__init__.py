"""The guarded HTTP client: the only door for every request a tenant can point somewhere."""

from varlor.connectors.http.client import GuardedClient, Resolver
from varlor.connectors.http.message import OutRequest, OutResponse
from varlor.connectors.http.policy import EgressPolicy
from varlor.connectors.http.url import check_url, join_url

__all__ = [
    "EgressPolicy",
    "GuardedClient",
    "OutRequest",
    "OutResponse",
    "Resolver",
    "check_url",
    "join_url",
]
