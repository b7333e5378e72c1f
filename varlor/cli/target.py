"""Takes a URL apart into what a connector and a fetch request need."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import typer

from varlor.connectors.http.url import check_url
from varlor.errors import InvalidInputError

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """`authority` is host:port; `name` is made of the path's last word."""

    origin: str
    authority: str
    path: str
    params: dict[str, str | list[str]]
    name: str


def parse_target(url: str) -> Target:
    """Raises BadParameter for what is not an http(s) URL, or carries a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise typer.BadParameter(f"{url} is not a URL: {error}") from None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise typer.BadParameter(f"{url} is not an address that begins with http:// or https://")
    if "@" in parts.netloc:
        raise typer.BadParameter("the URL carries a user or password: take it out and use --auth")
    shown = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
    try:
        check_url(origin)
    except InvalidInputError as error:
        raise typer.BadParameter(f"{url}: {error.detail}") from None
    return Target(
        origin=origin,
        authority=f"{shown}:{port or _DEFAULT_PORTS[parts.scheme]}",
        path=parts.path or "/",
        params=_params(parts.query),
        name=_name(parts.path, host),
    )


def _params(query: str) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _name(path: str, host: str) -> str:
    words = [word.rsplit(".", 1)[0] for word in path.split("/") if word]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", words[-1] if words else host).strip("-") or "data"
