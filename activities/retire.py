"""The effects of a connector's end."""

from contextlib import suppress

from temporalio import activity

from activities.failures import translated
from varlor import names
from varlor.contracts.messages import OpenRuns, RetireInput
from varlor.contracts.run import FINAL_STATUSES
from varlor.errors import NotFoundError
from varlor.ports import DiscoveryCache, Store

PAGE = 200


class RetireActivities:
    def __init__(self, store: Store, cache: DiscoveryCache) -> None:
        self._store = store
        self._cache = cache

    @activity.defn
    @translated
    async def open_runs(self, order: RetireInput) -> OpenRuns:
        """What runs for the connector; it is `deleting` from here on, so no token and no event is stored."""
        tenant, found = self._store.tenant(order.tenant_id), list[str]()
        with suppress(NotFoundError):
            await tenant.connectors.set_status(order.connector_id, "deleting")
            if (await tenant.connectors.get(order.connector_id)).hook_id is not None:
                found.append(names.inbox_id(order.tenant_id, order.connector_id))
        runs, cursor = tenant.runs, None
        while True:
            page = await runs.list(limit=PAGE, cursor=cursor, connector_id=order.connector_id)
            found += [run.workflow_id for run in page.items if run.status not in FINAL_STATUSES]
            cursor = page.next_cursor
            if cursor is None:
                return OpenRuns(workflow_ids=list(dict.fromkeys(found)))

    @activity.defn
    @translated
    async def erase_connector(self, order: RetireInput) -> None:
        """Erase secrets in database and Redis; doing it twice is the same as once."""
        tenant = self._store.tenant(order.tenant_id)
        try:
            await tenant.connectors.erase(order.connector_id)
        except NotFoundError:
            return
        await self._cache.drop(order.tenant_id, order.connector_id)
        await tenant.audit.write("connector.deleted", actor=order.actor, connector_id=order.connector_id)
