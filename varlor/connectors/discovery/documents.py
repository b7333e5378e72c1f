"""From bytes to an OpenAPI document, whoever wrote them: bounded in size, depth, aliases and time."""

import re
import time
from typing import Any, Final

import orjson
import yaml

from varlor.connectors.decoding import utf8
from varlor.connectors.discovery.foreign import mapping

MAX_BYTES: Final = 20 * 1024 * 1024
_MAX_YAML_BYTES: Final = 10 * 1024 * 1024
_MAX_DEPTH: Final = 200
_MAX_ALIASES: Final = 10_000
_MAX_MERGED: Final = 2_000_000
_MAX_SECONDS: Final = 10.0
_LOOK_EVERY: Final = 4096  # YAML events between two looks at the clock

_LOOKS_JSON = re.compile(rb"""\{\s*"(?:openapi|swagger)"\s*:""")
_LOOKS_YAML = re.compile(rb"^[ \t]*[\"']?(?:openapi|swagger)[\"']?[ \t]*:", re.MULTILINE)
_HEAD: Final = 256 * 1024


class RefusedDocumentError(Exception):
    """The bytes are, or claim to be, a document that is not read; the message says why."""


class _Loader(yaml.CSafeLoader):
    """YAML 1.2's core schema as far as documents need it: `no`, `on` and dates stay text."""

    merged: int = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        # Merge keys copy, so a few lines could grow without end. This is called for each part before
        # it is copied into the whole, so the count comes first.
        super().flatten_mapping(node)
        self.merged += len(node.value)
        if self.merged > _MAX_MERGED:
            raise RefusedDocumentError("it merges too many YAML mappings")


_Loader.yaml_implicit_resolvers = {
    first: kept
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    if (kept := [pair for pair in resolvers if not pair[0].endswith((":timestamp", ":bool"))])
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False)$"), list("tfTF")
)


def read_document(body: bytes) -> dict[str, Any] | None:
    """The OpenAPI or Swagger document in `body`; None when it is something else.

    Raises RefusedDocumentError for one that cannot be read whole within bounds.
    """
    body = utf8(body, None).strip()
    if not body or body[:1] == b"<":
        return None
    found = read_json(body)
    if found is None and body[:1] == b"{" and _LOOKS_JSON.match(body[:_HEAD]):
        try:
            found = _read_yaml(body)  # which bears a comma too many, and a comment
        except RefusedDocumentError:
            raise RefusedDocumentError(_fault(body)) from None
    elif found is None and _LOOKS_YAML.search(body[:_HEAD]):
        found = _read_yaml(body)
    return mapping(found) if is_document(found) else None


def is_document(value: Any) -> bool:
    root = mapping(value)
    version = str(root.get("openapi") or root.get("swagger") or root.get("swaggerVersion") or "")
    return version.startswith(("2", "3")) and any(key in root for key in ("paths", "webhooks", "components"))


def read_json(body: bytes) -> Any:
    if body[:1] not in (b"{", b"["):
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _fault(body: bytes) -> str:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return f"it is not JSON that can be read (line {error.lineno}: {error.msg[:80]})"
    raise AssertionError


def _read_yaml(body: bytes) -> Any:
    if len(body) > _MAX_YAML_BYTES:
        raise RefusedDocumentError(f"it is YAML of more than {_MAX_YAML_BYTES // 1024 // 1024} MiB")
    try:
        _measure(body)
        return yaml.load(body, _Loader)  # noqa: S506 - _Loader is a SafeLoader
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" (line {line + 1})"
        raise RefusedDocumentError(f"it is not YAML that can be read{where}") from None


def _measure(body: bytes) -> None:
    # The parser recurses in C: depth is judged on its flat events first, or the process could crash.
    depth = aliases = 0
    end = time.monotonic() + _MAX_SECONDS
    for number, event in enumerate(yaml.parse(body, _Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > _MAX_DEPTH:
            raise RefusedDocumentError(f"it nests deeper than {_MAX_DEPTH} levels")
        if aliases > _MAX_ALIASES:
            raise RefusedDocumentError(f"it holds more than {_MAX_ALIASES:,} YAML aliases")
        if number % _LOOK_EVERY == 0 and time.monotonic() > end:
            raise RefusedDocumentError(f"it takes longer than {_MAX_SECONDS:g} s to read")
