"""The way to a connector's keep-token-fresh, which is started by whoever needs it first."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    Priority,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)
from temporalio.service import RPCError

from varlor import names
from varlor.contracts.messages import EnsureFresh, KeepFreshInput
from varlor.contracts.oauth import TokenState
from varlor.errors import PartUnavailableError

WORKFLOW: Final = "keep-token-fresh"
PATIENCE: Final = 30.0  # seconds; a refresh takes one, a provider that hangs is given up after 15
_RPC: Final = timedelta(seconds=8)


class TemporalTokenKeeper:
    """ports.TokenRefresher and ports.TokenKeeper."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ensure_fresh(
        self, tenant: str, connector: str, seen_version: int, *, force: bool = False
    ) -> TokenState:
        start = WithStartWorkflowOperation(
            WORKFLOW,
            KeepFreshInput(tenant_id=tenant, connector_id=connector),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            **_how(tenant, connector),
        )
        async with _translated(), asyncio.timeout(PATIENCE):
            return await self._client.execute_update_with_start_workflow(
                "ensure_fresh",
                EnsureFresh(seen_version=seen_version, force=force),
                start_workflow_operation=start,
                result_type=TokenState,
            )

    async def token_stored(self, tenant: str, connector: str, token: TokenState) -> None:
        async with _translated():
            await self._client.start_workflow(
                WORKFLOW,
                KeepFreshInput(tenant_id=tenant, connector_id=connector),
                start_signal="token_stored",
                start_signal_args=[token],
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=_RPC,
                **_how(tenant, connector),
            )


def _how(tenant: str, connector: str) -> dict[str, Any]:
    pairs = ((names.TENANT_ATTRIBUTE, tenant), (names.CONNECTOR_ATTRIBUTE, connector))
    attributes = [SearchAttributePair(SearchAttributeKey.for_keyword(key), value) for key, value in pairs]
    return {
        "id": names.keep_fresh_id(tenant, connector),
        "task_queue": names.CONTROL_QUEUE,
        "search_attributes": TypedSearchAttributes(attributes),
        "priority": Priority(fairness_key=tenant),
        "static_summary": f"token of {connector}",
    }


@asynccontextmanager
async def _translated() -> AsyncGenerator[None]:
    try:
        yield
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise PartUnavailableError("worker", "The token's refresh has not ended yet.") from error
    except WorkflowUpdateFailedError as error:  # it is on its way out
        raise PartUnavailableError("worker", "The connector's token is not being kept.") from error
    except (RPCError, RuntimeError) as error:
        raise PartUnavailableError("temporal", "Temporal does not answer.") from error
