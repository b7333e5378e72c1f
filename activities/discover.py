"""Discovery's effect: ask the API about itself and keep the answer for an hour."""

from temporalio import activity

from activities.failures import translated
from varlor.contracts.messages import DiscoverInput, DiscoverOutcome
from varlor.ports import Connectors, Credentials, DiscoveryCache, Store


class DiscoverActivities:
    def __init__(
        self, store: Store, connectors: Connectors, credentials: Credentials, cache: DiscoveryCache
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._credentials = credentials
        self._cache = cache

    @activity.defn
    @translated
    async def discover_endpoints(self, order: DiscoverInput) -> DiscoverOutcome:
        repository = self._store.tenant(order.tenant_id).connectors
        connector = await repository.get(order.connector_id)
        auth = await self._credentials.auth(order.tenant_id, connector)
        found = await self._connectors.discover(order.tenant_id, connector, auth)
        await self._cache.put(order.tenant_id, order.connector_id, found)
        return DiscoverOutcome(source=found.source, endpoints=len(found.endpoints))
