"""Asks a GraphQL server what it offers; where it does not say, the answer tells that own queries work."""

import asyncio
from datetime import timedelta
from typing import Any, Final

from varlor.connectors.discovery.foreign import mapping
from varlor.connectors.graphql.asking import Asking
from varlor.connectors.graphql.check import CHEAPEST
from varlor.connectors.graphql.endpoints import Reading, read_schema
from varlor.connectors.graphql.schema import INTROSPECTION, Schema
from varlor.connectors.http import GuardedClient
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.sending import Errand, Sender
from varlor.contracts.check import Discovery
from varlor.contracts.connector import Connector
from varlor.errors import SourceError
from varlor.ports import Clock, Discoverer, RateWindow, RequestAuth, WaitRequiredError

_LIFETIME: Final = timedelta(hours=1)
_SECONDS: Final = 20.0  # for the schema; what is left of the discovery's time is for one more question
_MORE_SECONDS: Final = 5.0
_MOST_BYTES: Final = 20 * 1024 * 1024
_TELLING: Final = frozenset(
    {"invalid_credential", "forbidden", "not_found", "not_json", "too_large", "bad_request", "bad_records"}
)
_OWN: Final = "Queries of your own work all the same: give `query` with a test or a fetch."


class GraphQLDiscoverer:
    """Discovers GraphQL connectors; leaves every other to `others`."""

    def __init__(self, client: GuardedClient, window: RateWindow, clock: Clock, others: Discoverer) -> None:
        self._sender = Sender(client, window, clock)
        self._others = others

    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery:
        """An hour's worth. Raises SourceError when the server could not be asked at all, or only later."""
        if connector.api_type != "graphql":
            return await self._others.discover(tenant, connector, auth)
        return await _Search(self._sender, tenant, connector, auth).discover()


class _Search:
    def __init__(self, sender: Sender, tenant: str, connector: Connector, auth: RequestAuth) -> None:
        self._sender = sender
        self._url = connector.base_url
        self._asking = Asking(sender, Errand(tenant, connector, auth, method="POST"))

    async def discover(self) -> Discovery:
        try:
            schema = await self._schema()
        except SourceError as error:
            if error.kind not in _TELLING:
                raise
            return self._answer("none", Reading([], await self._excuses(error)))
        except WaitRequiredError as wait:
            raise wait.told() from None
        reading = await asyncio.to_thread(_read, schema)
        nothing = ["No query field of the schema hands out a list.", _OWN]
        return self._answer(
            "graphql", reading if reading.endpoints else Reading([], [*reading.notes, *nothing])
        )

    async def _schema(self) -> Any:
        answer = await self._asking.ask(Asked(self._url, {"query": INTROSPECTION}), seconds=_SECONDS)
        if len(answer.response.body) > _MOST_BYTES:
            raise SourceError("bad_records", f"The schema is larger than {_MOST_BYTES // 1024 // 1024} MiB.")
        schema = mapping(answer.data).get("__schema")
        if not mapping(schema):
            raise self._asking.error(answer) if answer.faults else SourceError("bad_records", "It is empty.")
        return schema

    async def _excuses(self, error: SourceError) -> list[str]:
        """Why there is nothing to list, and whether a query is answered at all."""
        said = f"The server does not tell its schema by introspection. {error.detail}"
        try:
            await self._asking.ask(Asked(self._url, {"query": CHEAPEST}), seconds=_MORE_SECONDS)
        except (SourceError, WaitRequiredError):
            return [said, f"The query {CHEAPEST} was not answered either: check base URL and credential."]
        return [said, _OWN]

    def _answer(self, source: Any, reading: Reading) -> Discovery:
        now = self._sender.now()
        return Discovery(
            source=source,
            document_url=self._url if source == "graphql" else None,
            fetched_at=now,
            expires_at=now + _LIFETIME,
            endpoints=reading.endpoints,
            notes=reading.notes,
        )


def _read(schema: Any) -> Reading:
    return read_schema(Schema(schema))
