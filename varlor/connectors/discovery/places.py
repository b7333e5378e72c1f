"""Where APIs keep their own description, the likeliest place first."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_EVERYWHERE: Final = ("openapi.json", "swagger.json", "openapi.yaml", "v3/api-docs")
_PLACES: Final = (
    "api/docs",
    "docs",
    ".well-known/api-catalog",
    "swagger/v1/swagger.json",
    "v2/api-docs",
    "api/openapi.json",
    "api-docs",
    "openapi.yml",
    "swagger.yaml",
    "swagger/index.html",
    "redoc",
    "openapi/v1.json",
    "api/schema/",
    "api-json",
    "swagger",
    "swagger-ui/index.html",
    "api/v1/openapi.json",
    "api/swagger.json",
    "api/v3/openapi.json",
    "api/docs.json",
    "openapi",
    "q/openapi",
    "schema/",
    "server/specs/oas",
)
OIDC: Final = ".well-known/openid-configuration"


def places(base_url: str) -> Iterator[str]:
    """Addresses to ask, each once: below the base URL, below each path above it, and at the origin's root."""
    levels = _levels(base_url)
    addresses = [f"{level}/{place}" for place in _EVERYWHERE for level in levels]
    addresses += oidc_places(base_url)
    addresses += [f"{level}/{place}" for place in _PLACES for level in dict.fromkeys((levels[0], levels[-1]))]
    yield from dict.fromkeys(addresses)


def oidc_places(base_url: str) -> list[str]:
    """OpenID Connect Discovery 1.0 section 4: below the issuer's path, which may be the root."""
    levels = _levels(base_url)
    return [f"{level}/{OIDC}" for level in dict.fromkeys((levels[0], levels[-1]))]


def _levels(base_url: str) -> list[str]:
    parts = urlsplit(base_url)
    segments = [segment for segment in parts.path.split("/") if segment]
    paths = ("/".join(["", *segments[:count]]) for count in range(len(segments), -1, -1))
    levels = [urlunsplit((parts.scheme, parts.netloc, path, "", "")) for path in paths]
    return [*levels[:2], *levels[-1:]] if len(levels) > 3 else levels  # noqa: PLR2004 - the base, one above, the root
