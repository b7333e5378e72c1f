"""From an OpenAPI document to a preset: endpoints, paging and keys as discovery finds them."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from pydantic import ValidationError

from varlor.connectors.discovery.documents import read_document
from varlor.connectors.discovery.foreign import mapping, sequence, text
from varlor.connectors.discovery.operations import read_endpoints
from varlor.contracts.check import Endpoint
from varlor.contracts.preset import Preset
from varlor.errors import FieldProblem, InvalidInputError

_SLOT: Final = re.compile(r"\{([^{}]+)\}")
_FLOWS: Final = ("authorizationCode", "accessCode", "clientCredentials", "application")
_MOST_ENDPOINTS: Final = 3_000


def preset_from(body: bytes, address: str, *, base_url: str | None = None) -> tuple[Preset, list[str]]:
    """The preset and what a person should look at; `address`: where the document came from.

    Raises InvalidInputError when it is no OpenAPI document, or names no server to ask.
    """
    root = read_document(body)
    if root is None:
        raise InvalidInputError("This is no OpenAPI or Swagger document.")
    base = base_url or _base_url(root, address)
    variables = list(dict.fromkeys(_SLOT.findall(base)))
    reading = read_endpoints(root, address, base)
    docs = mapping(root.get("externalDocs")).get("url") or base_url or address
    source = docs if str(docs).startswith(("http://", "https://")) else base
    title = text(mapping(root.get("info")).get("title"), 200) or urlsplit(base).hostname or "API"
    document: dict[str, Any] = {
        "id": _slug(title),
        "name": title,
        "summary": text(mapping(root.get("info")).get("description")) or title,
        "docs": source,
        "baseUrl": _SLOT.sub(lambda slot: f"{{{_word(slot[1])}}}", base),
        "variables": [_variable(root, name) for name in variables],
        "auth": list(_auth(root, base, source)),
        "endpoints": [_endpoint(each, source) for each in reading.endpoints[:_MOST_ENDPOINTS]],
    }
    notes = [*reading.notes, *_doubts(document)]
    try:
        return Preset.model_validate(document), notes
    except ValidationError as error:
        problems = [FieldProblem("/" + "/".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
        raise InvalidInputError("No preset can be made of this document.", *problems) from None


def _base_url(root: dict[str, Any], address: str) -> str:
    """OpenAPI 3's first server, Swagger 2's host, else the document's own place; variables stay as slots."""
    server = mapping(next(iter(sequence(root.get("servers"))), None)).get("url")
    if isinstance(server, str) and server:
        absolute = urljoin(address, server) if "{" not in server else server
    elif isinstance(root.get("host"), str):
        schemes = [str(each) for each in sequence(root.get("schemes"))]
        scheme = "http" if schemes and "https" not in schemes else "https"
        absolute = f"{scheme}://{root['host']}{root.get('basePath') or ''}"
    else:
        absolute = urljoin(address, "/")
    if not absolute.startswith(("http://", "https://")):
        raise InvalidInputError("The document names no server; give its base URL.")
    return absolute.rstrip("/")


def _variable(root: dict[str, Any], name: str) -> dict[str, str]:
    server = mapping(next(iter(sequence(root.get("servers"))), None))
    about = mapping(mapping(server.get("variables")).get(name))
    example = re.sub(r"[^A-Za-z0-9._-]", "", str(about.get("default") or ""))[:128].lstrip("._-")
    title = text(about.get("description")) or f"The {name} in your address"
    return {"name": _word(name), "title": title, "example": example or "example"}


def _auth(root: dict[str, Any], base: str, source: str) -> Iterator[dict[str, Any]]:
    schemes = mapping(mapping(root.get("components")).get("securitySchemes")) or mapping(
        root.get("securityDefinitions")
    )
    ways: list[dict[str, Any]] = []
    for name, scheme in schemes.items():
        way = _way(str(name), mapping(scheme), base, source)
        if way is not None:
            if "tokenUrl" in way.get("oauthConfig", {}):
                way["oauthConfig"]["scopes"] = _reading_scopes(root, str(name))
            ways.append(way)
    if not ways:
        yield {"type": "none", "title": "The document asks for no credential", "source": source}
    yield from ways[:8]


def _way(name: str, scheme: dict[str, Any], base: str, source: str) -> dict[str, Any] | None:
    kind, title = str(scheme.get("type")), text(scheme.get("description"), 300) or name
    about = {"title": title, "source": source}
    if kind == "http" and str(scheme.get("scheme")).lower() == "bearer":
        return {"type": "bearer", **about}
    if kind == "basic" or (kind == "http" and str(scheme.get("scheme")).lower() == "basic"):
        key = {"keyName": "Authorization", "location": "header", "prefix": "Basic "}
        return {"type": "apikey", **about, "apiKeyConfig": key}
    if kind == "apiKey" and scheme.get("in") in ("header", "query"):
        key = {"keyName": scheme.get("name"), "location": scheme["in"]}
        return {"type": "apikey", **about, "apiKeyConfig": key}
    if kind == "oauth2":
        config = _oauth(scheme, base)  # else a flow that hands tokens to a browser: a ready token is pasted
        return {"type": "oauth2", **about, "oauthConfig": config} if config else {"type": "bearer", **about}
    if kind == "openIdConnect" and isinstance(scheme.get("openIdConnectUrl"), str):
        issuer = urljoin(base, scheme["openIdConnectUrl"]).partition("/.well-known/")[0]
        return {"type": "oauth2", **about, "oauthConfig": {"issuer": issuer}}
    return None


def _oauth(scheme: dict[str, Any], base: str) -> dict[str, Any] | None:
    flows = mapping(scheme.get("flows")) or {str(scheme.get("flow")): scheme}
    for name in _FLOWS:
        flow = mapping(flows.get(name))
        token = flow.get("tokenUrl")
        if not isinstance(token, str):
            continue
        config: dict[str, Any] = {"tokenUrl": urljoin(f"{base}/", token)}
        if name in ("clientCredentials", "application"):
            return config | {"grant": "client_credentials", "tokenEndpointAuthMethod": "client_secret_basic"}
        if isinstance(flow.get("authorizationUrl"), str):
            return config | {"authorizationUrl": urljoin(f"{base}/", flow["authorizationUrl"])}
    return None


def _reading_scopes(root: dict[str, Any], scheme: str) -> list[str]:
    """What the GET operations ask for, and no more: where `x.read` will do, `x` is not asked for."""
    found: dict[str, None] = {}
    for item in mapping(root.get("paths")).values():
        operation = mapping(mapping(item).get("get"))
        for requirement in sequence(operation.get("security", root.get("security"))):
            for scope in sequence(mapping(requirement).get(scheme)):
                if isinstance(scope, str) and re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}", scope):
                    found[scope] = None
    return [scope for scope in found if f"{scope}.read" not in found][:128]


def _endpoint(found: Endpoint, source: str) -> dict[str, Any]:
    size = _sized(found)
    return {
        "id": re.sub(r"[^A-Za-z0-9_.-]+", "-", found.id).strip("-")[:128] or "endpoint",
        "summary": found.summary or found.path,
        "source": source,
        "path": found.path,
        "recordPath": found.record_path,
        "pagination": found.pagination,
        "primaryKey": found.primary_key or [],
        "params": size,
    }


def _sized(found: Endpoint) -> dict[str, Any]:
    """Required query parameters that have one value to offer; the rest is for the fetch request to give."""
    offered = {p.name: p.default for p in found.parameters if p.location == "query" and p.required}
    return {name: value for name, value in offered.items() if isinstance(value, str | bool | int | float)}


def _doubts(document: dict[str, Any]) -> Iterator[str]:
    endpoints = document["endpoints"]
    unpaged = sum(each["pagination"] is None for each in endpoints)
    unkeyed = sum(not each["primaryKey"] for each in endpoints)
    if unpaged:
        yield f"{unpaged} of {len(endpoints)} endpoints do not show how they page; a run finds out by itself."
    if unkeyed:
        yield f"{unkeyed} of {len(endpoints)} endpoints have no primary key that could be found."
    yield "No rate limit is in an OpenAPI document: add rateLimit, or 60 a minute holds."


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:64].strip("-") or "api"


def _word(name: str) -> str:
    word = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")[:32]
    return word if word[:1].isalpha() else f"v_{word}"[:32]
