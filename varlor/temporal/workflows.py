"""What the engine says of a workflow."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from varlor.errors import PartUnavailableError

_PATIENCE: Final = timedelta(seconds=5)


class TemporalWorkflows:
    """ports.Workflows."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def is_open(self, workflow_id: str) -> bool:
        """Whether its latest run has not ended; PartUnavailableError when Temporal does not answer."""
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            found = await handle.describe(rpc_timeout=_PATIENCE)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise PartUnavailableError("temporal", f"Temporal says {error.status.name}.") from error
        except RuntimeError as error:  # a lazy client that cannot connect
            raise PartUnavailableError("temporal", "Temporal cannot be reached.") from error
        return found.status is WorkflowExecutionStatus.RUNNING
