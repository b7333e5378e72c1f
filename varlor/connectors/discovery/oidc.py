"""Endpoints that an OpenID provider names in its configuration (OpenID Connect Discovery 1.0, section 3)."""

from typing import Final

from varlor.connectors.discovery.documents import read_json
from varlor.connectors.discovery.foreign import mapping
from varlor.connectors.discovery.operations import Reading
from varlor.connectors.discovery.placement import path_below
from varlor.contracts.check import Endpoint
from varlor.contracts.pagination import NoPagination

_READABLE: Final = {
    "userinfo_endpoint": ("Claims about the signed-in user", None, ["sub"]),
    "jwks_uri": ("The provider's public keys", "$.keys", ["kid"]),
}


def read_provider(body: bytes, base_url: str) -> Reading | None:
    """What can be read of the provider; None when `body` is no provider's configuration."""
    configuration = mapping(read_json(body.strip()))
    if not isinstance(configuration.get("issuer"), str):
        return None
    reading = Reading([], [])
    for name, (summary, record_path, key) in _READABLE.items():
        path = path_below(configuration.get(name), base_url)
        if path:
            reading.endpoints.append(_endpoint(name, path, summary, record_path, key))
        elif name in configuration:
            reading.notes.append(f"The {name} lies outside this connector's base URL.")
    return reading


def _endpoint(name: str, path: str, summary: str, record_path: str | None, key: list[str]) -> Endpoint:
    return Endpoint(
        id=name,
        method="GET",
        path=path,
        summary=summary,
        tags=["OpenID Connect"],
        record_path=record_path,
        pagination=NoPagination(),
        primary_key=key,
    )
