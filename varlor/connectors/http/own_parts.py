"""Where our own parts listen, read off the settings: no connector may reach them, whatever is allowed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from varlor.settings import Settings

_PORTS: Final = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379, "postgresql": 5432}
_TEMPORAL_PORT: Final = 7233


def own_parts(settings: "Settings") -> Iterator[tuple[str, int]]:
    """(host, port) of Temporal, Temporal Web, Redis, database, storage endpoint, API, metrics and proxy."""
    yield settings.host, settings.port
    if settings.metrics_port is not None:
        yield settings.host, settings.metrics_port
    for host, port in _hosts(settings.temporal_address, _TEMPORAL_PORT):
        yield host, port
        if settings.temporal_http_port is not None:
            yield host, settings.temporal_http_port
    for url in (
        settings.temporal_ui_url,
        settings.public_url,
        settings.redis_url,
        settings.database_url,
        settings.otel_exporter_otlp_endpoint,
        settings.egress_proxy_url,
        *(value for key, value in settings.data_options.items() if "endpoint" in key.lower()),
    ):
        yield from _of_url(url or "")


def _of_url(url: str) -> Iterator[tuple[str, int]]:
    parts = urlsplit(url)
    default = _PORTS.get(parts.scheme.partition("+")[0], 0)
    yield from _hosts(parts.netloc.rpartition("@")[2], default)
    for hosts in parse_qs(parts.query).get("host", []):  # libpq's second way to name hosts
        yield from _hosts(hosts, default)


def _hosts(text: str, default: int) -> Iterator[tuple[str, int]]:
    """Each of `host`, `host:port`, `[v6]:port`, separated by commas."""
    for part in text.split(","):
        bracketed = part.startswith("[")
        host, _, rest = part[1:].partition("]") if bracketed else part.partition(":")
        port = rest.removeprefix(":") if bracketed else rest
        number = int(port) if port.isdecimal() else default
        if host and not host.startswith("/") and number:
            yield host.lower(), number
