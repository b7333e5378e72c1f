"""What a run asks: the query, its variables, how it is paged; from the request and what was discovered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from graphql.language import NonNullTypeNode

from varlor.connectors.decoding import encode
from varlor.connectors.graphql.document import Query, read_query, refused
from varlor.connectors.graphql.paging import Paging, choose, levels
from varlor.connectors.graphql.slots import Value, filled, given
from varlor.connectors.graphql.spots import Spot, locate
from varlor.connectors.jsonpaths import path
from varlor.connectors.pagination.asked import Asked
from varlor.contracts.check import Discovery, Endpoint
from varlor.contracts.connector import Connector
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.incremental import CursorValue, Incremental
from varlor.contracts.pagination import Offset, PageNumber, Pagination, Relay

_MOST_BYTES: Final = 64 * 1024  # of all variables
_REST_ONLY: Final = {
    "path": "/path",
    "params": "/params",
    "body": "/body",
    "for_each": "/forEach",
    "date_windows": "/dateWindows",
    "async_export": "/asyncExport",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """`paging` says where positions go; `ask` makes the request of one page."""

    url: str
    query: Query
    variables: Mapping[str, Any]
    paging: Paging
    record_path: str | None = None

    def first(self) -> tuple[Value, ...]:
        """The first page's position, one a level: what the caller set, or the start of the count."""
        at = [given(self.query, p.at, self.variables) if p.at else None for p in levels(self.paging)]
        if at[-1] is None and isinstance(self.paging.config, Offset | PageNumber):
            at[-1] = self.paging.start
        return tuple(at)

    def beginning(self) -> tuple[Value, ...]:
        """Where a reading begins: one before the first page where that may be page 0."""
        first = self.first()
        return (0,) if first == (1,) and self.guesses else first

    @property
    def guesses(self) -> bool:
        """Whether it is to be found out where the API's count of pages begins."""
        paging = self.paging
        return (
            paging.guessed and paging.at is not None and given(self.query, paging.at, self.variables) is None
        )

    def ask(self, position: tuple[Value, ...]) -> Asked:
        paged = list(levels(self.paging))
        values = [(p.at, value) for p, value in zip(paged, position, strict=True) if p.at]
        for each in paged:
            size = self._size(each)
            if each.size is not None and size is not None:
                values.append((each.size, size))
        watched = [p.found.field.node for p in paged if p.found and isinstance(p.config, Relay)]
        text, variables = filled(self.query, self.variables, values, watched)
        return Asked(self.url, {"query": text, **({"variables": variables} if variables else {})})

    def spot(self, data: Any) -> Spot | None:
        """Where the records are; None where the answer holds nothing but nulls."""
        found = self.paging.found
        if found is not None and isinstance(self.paging.config, Relay):
            return Spot.of(found)
        return locate(self.query, data, found.keys if found else ())

    def page_size(self) -> int | None:
        """Records asked for a page, by whoever said so."""
        size = self.paging.size
        said = given(self.query, size, self.variables) if size else None
        return said if isinstance(said, int) else self._size(self.paging)

    def _size(self, level: Paging) -> int | None:
        """Records a page: one for a connection around the one that is read, else the caller's own word."""
        if level is not self.paging:
            return 1
        if level.size is None or given(self.query, level.size, self.variables) is not None:
            return None
        match level.config:
            case Relay():
                return level.config.first if level.stated or level.size.variable else None
            case Offset():
                return level.config.limit
            case PageNumber():
                return level.config.size
            case _:
                return None


def make_plan(
    connector: Connector,
    request: FetchRequest,
    discovery: Discovery | None,
    position: CursorValue | None = None,
) -> Plan:
    """Raises InvalidInputError with a pointer for whatever of the request cannot be sent.

    `position`: what an incremental sync's variable takes.
    """
    refuse_rest(request)
    endpoint = _endpoint(request, discovery)
    query = read_query(request.query or (endpoint.query if endpoint else "") or "")
    if request.record_path:
        path(request.record_path)
    wanted = request.pagination if request.pagination != "auto" else connector.pagination
    if wanted is None and endpoint is not None:
        wanted = endpoint.pagination
    suggested = (endpoint.variables if endpoint and request.query is None else None) or {}
    variables = {name: value for name, value in suggested.items() if value is not None} | request.variables
    variables = since(query, variables, request.incremental, position)
    plan = plan_of(connector.base_url, query, variables, wanted, request.record_path)
    guessed = plan.paging.guessed or (
        endpoint is not None and wanted is endpoint.pagination and _unsaid(endpoint)
    )
    return replace(plan, paging=replace(plan.paging, guessed=guessed))


def _unsaid(endpoint: Endpoint) -> bool:
    """Whether the schema has a page number without the default that tells where counting begins."""
    config = endpoint.pagination
    return isinstance(config, PageNumber) and any(
        each.name == config.page_param and each.default is None for each in endpoint.parameters
    )


def plan_of(
    url: str,
    query: Query,
    variables: Mapping[str, Any],
    wanted: Pagination | None = None,
    record_path: str | None = None,
) -> Plan:
    """Raises InvalidInputError with a pointer into `variables` or `pagination`."""
    paging = choose(query, variables, wanted, record_path)
    _check_variables(query, variables)
    plan = Plan(url, query, variables, paging, record_path)
    _check_complete(plan)
    return plan


def since(
    query: Query, variables: dict[str, Any], incremental: Incremental | None, value: CursorValue | None
) -> dict[str, Any]:
    """The variables with the position in the one that takes it; `filter.updatedAfter` goes into an object."""
    if incremental is None:
        return variables
    name, *inner = incremental.name.split(".")
    if name not in query.variables:
        raise refused("/incremental/param", f"The query declares no variable {name}.")
    if value is None:
        return variables
    return _put(variables, [name, *inner], incremental.filled(value))


def _put(target: Any, keys: list[str], value: Any) -> dict[str, Any]:
    inside: dict[str, Any] = dict(target) if isinstance(target, dict) else {}
    inside[keys[0]] = _put(inside.get(keys[0]), keys[1:], value) if keys[1:] else value
    return inside


def refuse_rest(request: FetchRequest) -> None:
    for field, pointer in _REST_ONLY.items():
        if getattr(request, field):
            raise refused(pointer, "This connector speaks GraphQL: give query and variables, or endpointId.")


def _endpoint(request: FetchRequest, discovery: Discovery | None) -> Endpoint | None:
    if request.endpoint_id is None:
        return None
    known = discovery.endpoints if discovery else ()
    found = next((e for e in known if e.id == request.endpoint_id and e.query), None)
    if found is None:
        raise refused("/endpointId", "The server's schema has no such endpoint; refresh the endpoints.")
    return found


def _check_variables(query: Query, variables: Mapping[str, Any]) -> None:
    try:
        size = len(encode(dict(variables)))
    except (TypeError, ValueError, RecursionError):
        raise refused("/variables", "The variables nest too deeply or are not JSON.") from None
    if size > _MOST_BYTES:
        raise refused("/variables", f"The variables are larger than {_MOST_BYTES // 1024} KiB.")
    for name in variables:
        if name not in query.variables:
            pointer = name.replace("~", "~0").replace("/", "~1")
            raise refused(f"/variables/{pointer}", "The query declares no such variable.")


def _check_complete(plan: Plan) -> None:
    """Whether everything that the query insists on is given, by the caller or by how it is paged."""
    sent = (plan.ask(plan.first()).body or {}).get("variables", {})
    for definition in plan.query.operation.variable_definitions or ():
        name, needed = definition.variable.name.value, isinstance(definition.type, NonNullTypeNode)
        if needed and definition.default_value is None and sent.get(name) is None:
            raise refused(f"/variables/{name}", f"The query needs a value for ${name}.")
