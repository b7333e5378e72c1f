"""What a run reads: first request and pagination, by the fetch request, the connector and discovery."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from varlor.connectors.auth import key_param
from varlor.connectors.http.url import join_url, parse, with_params, without_params
from varlor.connectors.jsonpaths import path
from varlor.connectors.pagination.asked import Asked
from varlor.contracts.check import Discovery, Endpoint
from varlor.contracts.connector import Connector, ConnectorSettings
from varlor.contracts.date_windows import slots
from varlor.contracts.fetch import FetchRequest, ParamValue
from varlor.contracts.for_each import ForEach, ParentValue
from varlor.contracts.incremental import CursorValue, Incremental
from varlor.contracts.pagination import CursorToken, Offset, PageNumber, Pagination
from varlor.errors import FieldProblem, InvalidInputError

_SLOT = re.compile(r"\{([^{}/]+)\}")
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Plan:
    """`config` None for `auto`; `presumed` when it comes from the API's document and is to be proved.

    `first` is what `auto` asks for first: `base` with the page size that the document suggests.
    """

    base: Asked
    first: Asked
    method: str = "GET"
    config: Pagination | None = None
    presumed: bool = False
    record_path: str | None = None
    record_hint: str | None = None
    known_params: tuple[str, ...] = ()


def make_plan(
    connector: Connector,
    request: FetchRequest,
    discovery: Discovery | None,
    since: CursorValue | None = None,
) -> Plan:
    """Raises InvalidInputError: an unknown endpoint, a missing path parameter, a path beside the base URL."""
    endpoint = _endpoint(request, discovery)
    template = request.path or (endpoint.path if endpoint else "")
    place, used = _filled(template, request) if request.path is None else (template, frozenset[str]())
    given = {**(endpoint.params if endpoint else {}), **request.params}
    params = {name: _texts(value) for name, value in given.items() if name not in used}
    url = with_params(parse(address(connector, place)), params).url
    body = request.body or (endpoint.body if endpoint else None) or request.body
    base = with_since(Asked(url, body), request.incremental, since)
    method = request.method if endpoint is None or request.method == "POST" else endpoint.method.upper()
    plan = Plan(base, base, method, record_path=request.record_path)
    if plan.record_path:
        path(plan.record_path)
    explicit = request.pagination if request.pagination != "auto" else connector.pagination
    if explicit is not None:
        if isinstance(explicit, CursorToken) and explicit.in_ == "body" and method != "POST":
            raise _invalid("/pagination/in", "A cursor in the body needs method POST.")
        plan = replace(plan, config=explicit)
    declared = discovery is not None and discovery.source == "preset"
    return _described(plan, endpoint, declared=declared) if endpoint else plan


def for_parent(request: FetchRequest, wanted: ForEach, value: ParentValue) -> FetchRequest:
    """The request of one parent's children: its value in the place of `{as}`."""
    child = _slotted(request, wanted.slot, value).model_copy(update={"for_each": None})
    if request.endpoint_id is None:
        return child
    return child.model_copy(update={"params": child.params | {wanted.as_: value}})


def for_window(request: FetchRequest, window: str) -> FetchRequest:
    """The request of one window, `begin/until`."""
    for slot, bound in slots(window).items():
        request = _slotted(request, slot, bound)
    return request.model_copy(update={"date_windows": None})


def _slotted(request: FetchRequest, slot: str, value: ParentValue) -> FetchRequest:
    """With the value in the place of the slot, escaped where it is a path."""
    params = {name: _put(given, slot, value) for name, given in request.params.items()}
    path = request.path and request.path.replace(slot, quote(str(value), safe=""))
    return request.model_copy(
        update={"path": path, "params": params, "body": _put(request.body, slot, value)}
    )


def _put(given: Any, slot: str, value: ParentValue) -> Any:
    """A text that is the slot alone becomes the value itself, so that a number in a body stays one."""
    if isinstance(given, dict):
        return {name: _put(member, slot, value) for name, member in given.items()}
    if isinstance(given, list):
        return [_put(item, slot, value) for item in given]
    if not isinstance(given, str):
        return given
    return value if given == slot else given.replace(slot, str(value))


def with_since(base: Asked, incremental: Incremental | None, since: CursorValue | None) -> Asked:
    """The request for what is new alone; in the body, a number stays one."""
    if incremental is None or since is None:
        return base
    value = incremental.filled(since)
    return base.with_param(incremental.name, value if isinstance(value, int) else str(value))


def address(connector: ConnectorSettings, place: str) -> str:
    """The URL, without credential, of a path below the base URL or of an absolute one at its origin."""
    try:
        target = parse(place if _ABSOLUTE.match(place) else join_url(connector.base_url, place))
    except InvalidInputError as error:
        raise _invalid("/path", error.detail) from None
    if target.origin != parse(connector.base_url).origin:
        raise _invalid("/path", "The path is a URL at another host; make a connector for that host.")
    return without_params(target, key_param(connector)).url


def _invalid(pointer: str, detail: str) -> InvalidInputError:
    return InvalidInputError(detail, FieldProblem(pointer, detail))


def _endpoint(request: FetchRequest, discovery: Discovery | None) -> Endpoint | None:
    endpoints: Sequence[Endpoint] = discovery.endpoints if discovery else ()
    if request.endpoint_id is not None:
        found = next((e for e in endpoints if e.id == request.endpoint_id), None)
        if found is None:
            raise _invalid("/endpointId", "The API's document has no such endpoint; refresh the endpoints.")
        return found
    asked = "/" + (request.path or "").partition("?")[0].strip("/")
    alike = (e for e in endpoints if e.method.upper() == request.method)
    return next((e for e in alike if "/" + e.path.strip("/") == asked), None)


def _filled(template: str, request: FetchRequest) -> tuple[str, frozenset[str]]:
    """The endpoint's path with its `{slots}` filled from `params`, and the names that were used."""
    used: set[str] = set()

    def fill(slot: re.Match[str]) -> str:
        value = request.params.get(slot[1])
        if value is None or isinstance(value, list):
            raise _invalid(f"/params/{slot[1]}", f"The endpoint's path needs the parameter {slot[1]}.")
        used.add(slot[1])
        return quote(_text(value), safe="")

    return _SLOT.sub(fill, template), frozenset(used)


def _described(plan: Plan, endpoint: Endpoint, *, declared: bool) -> Plan:
    """What the document adds: names of parameters, where the records are, how it pages.

    What a preset has `declared` was proved when it was written; what a document suggests, a run proves.
    """
    known = tuple(p.name for p in endpoint.parameters if p.location == "query")
    plan = replace(plan, known_params=known, record_hint=endpoint.record_path)
    if plan.config is not None or endpoint.pagination is None:
        return plan
    config = endpoint.pagination
    if declared:
        return replace(plan, config=config)
    return replace(plan, config=config, presumed=True, first=_sized(plan.base, config))


def _sized(base: Asked, config: Pagination) -> Asked:
    """`base` with the document's page size, unless the request names its own."""
    if isinstance(config, Offset) and base.param(config.limit_param) is None:
        return base.with_param(config.limit_param, config.limit)
    if isinstance(config, PageNumber) and config.size_param and config.size:
        return base if base.param(config.size_param) else base.with_param(config.size_param, config.size)
    return base


def _texts(value: ParamValue | list[ParamValue]) -> str | list[str]:
    return [_text(v) for v in value] if isinstance(value, list) else _text(value)


def _text(value: ParamValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
