"""Starts the workflow that empties a tenant's outbox, or tells the one that runs."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy
from temporalio.service import RPCError

from varlor import names
from varlor.contracts.care import TenantRef
from varlor.errors import PartUnavailableError
from varlor.temporal.attributes import attributes

_PATIENCE: Final = timedelta(seconds=8)


class TemporalDeliveries:
    """ports.Deliveries."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def wake(self, tenant: str, *, at_once: bool = False) -> None:
        try:
            await self._client.start_workflow(
                "deliver-notifications",
                TenantRef(tenant_id=tenant),
                id=names.deliver_id(tenant),
                task_queue=names.CONTROL_QUEUE,
                start_signal="target_changed" if at_once else "notification_recorded",
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=attributes(tenant, None),
                priority=Priority(fairness_key=tenant),
                static_summary="outgoing notifications",
                rpc_timeout=_PATIENCE,
            )
        except (RPCError, RuntimeError) as error:
            raise PartUnavailableError("temporal", "Temporal does not answer.") from error
