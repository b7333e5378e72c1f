"""What the rest of the product knows of outside APIs: test them, discover them, read them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from varlor.connectors.auth import static_auth
from varlor.connectors.check import Check
from varlor.connectors.children import ChildrenReader
from varlor.connectors.export import ExportReader
from varlor.connectors.graphql.check import GraphQLCheck
from varlor.connectors.graphql.plan import make_plan as make_query_plan
from varlor.connectors.graphql.reader import GraphQLReader
from varlor.connectors.http import GuardedClient
from varlor.connectors.pace import Pace
from varlor.connectors.pagination.build import build
from varlor.connectors.plan import for_parent, for_window, make_plan
from varlor.connectors.rest import RestReader
from varlor.connectors.sending import Sender
from varlor.contracts.check import CheckResult, Discovery
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.contracts.date_windows import DateWindows
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.for_each import ForEach, ParentValue
from varlor.contracts.run import RequestLogEntry
from varlor.errors import UnsupportedError
from varlor.ports import Clock, Discoverer, PageReader, Parents, RateWindow, ReadJob, RequestAuth

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class APIConnectorService:
    """`ports.Connectors`, over one guarded client and one rate window for all."""

    def __init__(
        self, client: GuardedClient, window: RateWindow, discoverer: Discoverer, clock: Clock
    ) -> None:
        self._sender = Sender(client, window, clock)
        self._discoverer = discoverer
        self._clock = clock

    async def check(
        self,
        tenant: str,
        connector: Connector,
        auth: RequestAuth,
        *,
        path: str | None,
        seconds: float,
        query: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> CheckResult:
        """One request within `seconds`; raises InvalidInputError for a path outside the base URL."""
        if connector.api_type == "graphql":
            check = GraphQLCheck(self._sender, tenant, connector, auth)
            return await check.run_query(query, variables or {}, seconds)
        return await Check(self._sender, tenant, connector, auth).run(path, seconds)

    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery:
        return await self._discoverer.discover(tenant, connector, auth)

    async def reader(self, job: ReadJob, discovery: Discovery | None) -> PageReader:
        """Raises InvalidInputError (path, endpoint, query, JSONPath), UnsupportedError (webhook, relay)."""
        if job.connector.api_type == "graphql":
            query_plan = make_query_plan(job.connector, job.request, discovery, job.since)
            return GraphQLReader(self._sender, job, query_plan)
        if job.connector.api_type != "rest":
            raise UnsupportedError(f"Connectors of type {job.connector.api_type} cannot be read yet.")
        if job.request.async_export is not None:
            return ExportReader(self._sender, job, job.request.async_export, self._clock)
        if job.request.for_each is not None:
            return children(self._sender, job, job.request.for_each, discovery)
        if job.request.date_windows is not None:
            return windows(self._sender, job, job.request.date_windows, discovery)
        return rest(self._sender, job, discovery)

    def auth(self, settings: ConnectorSettings, secrets: Secrets) -> RequestAuth:
        """Raises InvalidInputError when the credential is missing, UnsupportedError for oauth2."""
        return static_auth(settings, secrets)


def rest(sender: Sender, job: ReadJob, discovery: Discovery | None, pace: Pace | None = None) -> RestReader:
    plan = make_plan(job.connector, job.request, discovery, job.since)
    if plan.config is not None:
        build(plan.config)
    return RestReader(sender, job, plan, pace)


def children(sender: Sender, job: ReadJob, wanted: ForEach, discovery: Discovery | None) -> ChildrenReader:
    job, pace = replace(job, log=_counted(job.log), expect=None), Pace()

    def child(value: ParentValue, note: Callable[[str], None]) -> RestReader:
        request = for_parent(job.request, wanted, value)
        return rest(sender, replace(job, request=request, note=note), discovery, pace)

    parents = None
    if wanted.path is not None:
        asked = {"path": wanted.path, "pagination": wanted.pagination, "record_path": wanted.record_path}
        request = FetchRequest.model_validate({**asked, "dataset": job.request.dataset})
        parents = rest(sender, replace(job, request=request, since=None), discovery)
    return ChildrenReader(job, wanted, parents, child, pace)


def windows(sender: Sender, job: ReadJob, wanted: DateWindows, discovery: Discovery | None) -> ChildrenReader:
    """Windows are read as children are; the range's end stands for the version of their dataset."""

    async def cut(version: int | None) -> Parents:
        if version is None:
            version = round((wanted.end(sender.now()).replace(tzinfo=UTC) - _EPOCH).total_seconds())
        zone = datetime.fromisoformat(wanted.from_).tzinfo
        end = (_EPOCH + timedelta(seconds=version)).replace(tzinfo=zone)
        return Parents(version, wanted.windows(end))

    def child(window: ParentValue, note: Callable[[str], None]) -> RestReader:
        one = replace(job, request=for_window(job.request, str(window)), note=note)
        return rest(sender, one, discovery, pace)

    job, pace = replace(job, log=_counted(job.log), parents=cut), Pace()
    return ChildrenReader(job, None, None, child, pace)


def _counted(log: Callable[[RequestLogEntry], None]) -> Callable[[RequestLogEntry], None]:
    """One log for several readers, whose entries are counted through."""
    numbers = count(1)
    return lambda entry: log(entry.model_copy(update={"seq": next(numbers)}))
