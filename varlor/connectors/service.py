"""What the rest of the product knows of outside APIs: test them, discover them, read them."""

from typing import Protocol

from varlor.connectors.auth import static_auth
from varlor.connectors.check import Check
from varlor.connectors.http import GuardedClient
from varlor.connectors.pagination.build import build
from varlor.connectors.plan import make_plan
from varlor.connectors.rest import RestReader
from varlor.connectors.sending import Sender
from varlor.contracts.check import CheckResult, Discovery
from varlor.contracts.connector import Connector, ConnectorSettings, Secrets
from varlor.errors import UnsupportedError
from varlor.ports import Clock, PageReader, RateWindow, ReadJob, RequestAuth


class Discoverer(Protocol):
    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery: ...


class APIConnectorService:
    """`ports.Connectors`, over one guarded client and one rate window for all."""

    def __init__(
        self, client: GuardedClient, window: RateWindow, discoverer: Discoverer, clock: Clock
    ) -> None:
        self._sender = Sender(client, window, clock)
        self._discoverer = discoverer

    async def check(
        self, tenant: str, connector: Connector, auth: RequestAuth, *, path: str | None, seconds: float
    ) -> CheckResult:
        """One request within `seconds`; raises InvalidInputError for a path outside the base URL."""
        return await Check(self._sender, tenant, connector, auth).run(path, seconds)

    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery:
        return await self._discoverer.discover(tenant, connector, auth)

    async def reader(self, job: ReadJob, discovery: Discovery | None) -> PageReader:
        """Raises InvalidInputError (path, endpoint, JSONPath), UnsupportedError (not REST, relay)."""
        if job.connector.api_type != "rest":
            raise UnsupportedError(f"Connectors of type {job.connector.api_type} cannot be read yet.")
        plan = make_plan(job.connector, job.request, discovery, job.since)
        if plan.config is not None:
            build(plan.config)
        return RestReader(self._sender, job, plan)

    def auth(self, settings: ConnectorSettings, secrets: Secrets) -> RequestAuth:
        """Raises InvalidInputError when the credential is missing, UnsupportedError for oauth2."""
        return static_auth(settings, secrets)
