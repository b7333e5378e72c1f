"""The way to an inbox's drain, which is started by whoever has news of the inbox first."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)
from temporalio.service import RPCError

from varlor import names
from varlor.contracts.webhook import DrainInput
from varlor.errors import PartUnavailableError

WORKFLOW: Final = "drain-inbox"
_RPC: Final = timedelta(seconds=8)


class TemporalDrains:
    """ports.Drains."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def wake(self, tenant: str, connector: str) -> None:
        pairs = ((names.TENANT_ATTRIBUTE, tenant), (names.CONNECTOR_ATTRIBUTE, connector))
        attributes = [SearchAttributePair(SearchAttributeKey.for_keyword(key), value) for key, value in pairs]
        try:
            await self._client.start_workflow(
                WORKFLOW,
                DrainInput(tenant_id=tenant, connector_id=connector),
                id=names.inbox_id(tenant, connector),
                task_queue=names.CONTROL_QUEUE,
                start_signal="events_arrived",
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=TypedSearchAttributes(attributes),
                priority=Priority(fairness_key=tenant),
                static_summary=f"events of {connector}",
                rpc_timeout=_RPC,
            )
        except (
            RPCError,
            RuntimeError,
            OSError,
        ) as error:  # a lazy client that cannot connect says RuntimeError
            raise PartUnavailableError("temporal", "Temporal does not answer.") from error
