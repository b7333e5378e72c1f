"""The workflows of a token as the routes see them: connecting, refreshing, revoking."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    Priority,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)

from api.engine import RPC_SECONDS, translated
from varlor import names
from varlor.contracts.messages import (
    AuthorizationReceived,
    EnsureFresh,
    KeepFreshInput,
    OnboardInput,
    OnboardOutcome,
)
from varlor.contracts.oauth import TokenState
from varlor.contracts.token_acts import PreparedAuthorization
from varlor.errors import ConflictError, NotFoundError, PartUnavailableError
from workflows.keep_fresh import KeepTokenFresh
from workflows.onboard import OnboardConnector

T = TypeVar("T")
PREPARE_SECONDS: Final = 40.0  # the issuer's metadata may have to be fetched
EXCHANGE_SECONDS: Final = 25.0
REFRESH_SECONDS: Final = 25.0
REVOKE_SECONDS: Final = 10.0  # a provider that is down is told later; the token is out of use at once
_LATE: Final = "No worker has answered yet; what was asked may still take effect."


class TokenEngine:
    """Every method raises PartUnavailableError when Temporal, or the worker it needs, does not answer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start_onboard(self, order: OnboardInput) -> PreparedAuthorization:
        """Replace whatever onboarding of the connector is open, and wait for its authorization URL."""
        async with translated():
            handle = await self._client.start_workflow(
                OnboardConnector.run,
                order,
                id=names.onboard_id(order.tenant_id, order.connector_id),
                id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                static_summary=f"connect {order.connector_id}",
                execution_timeout=timedelta(minutes=30),
                rpc_timeout=RPC_SECONDS,
                **_how(order.tenant_id, order.connector_id),
            )
        # By its run: a third start may replace this one while it is waited for.
        mine = self._client.get_workflow_handle_for(
            OnboardConnector.run, handle.id, run_id=handle.first_execution_run_id
        )
        return await _answered(PREPARE_SECONDS, mine.execute_update(OnboardConnector.prepare))

    async def deliver(
        self, tenant: str, connector: str, run_id: str, received: AuthorizationReceived
    ) -> OnboardOutcome | None:
        """Hand over what the callback brought and wait for the end; None when that takes too long.

        NotFoundError when that onboarding has ended: replaced by a later one, or expired.
        """
        handle = self._client.get_workflow_handle_for(
            OnboardConnector.run, names.onboard_id(tenant, connector), run_id=run_id
        )
        async with translated():
            await handle.signal(OnboardConnector.authorization_received, received, rpc_timeout=RPC_SECONDS)
        try:
            async with asyncio.timeout(EXCHANGE_SECONDS), translated():
                return await handle.result(follow_runs=False)
        except TimeoutError:
            return None
        except WorkflowFailureError as error:
            raise NotFoundError("That onboarding was replaced.") from error

    async def refresh(self, tenant: str, connector: str, want: EnsureFresh) -> TokenState:
        """One refresh, shared with whoever else wants it now."""
        return await self._ask(tenant, connector, REFRESH_SECONDS, KeepTokenFresh.ensure_fresh, want)

    async def revoke(self, tenant: str, connector: str, actor: str) -> TokenState:
        """Stop the token at once; PartUnavailableError while the provider has not answered."""
        return await self._ask(tenant, connector, REVOKE_SECONDS, KeepTokenFresh.revoke, actor)

    async def _ask(self, tenant: str, connector: str, seconds: float, update: Any, argument: Any) -> Any:
        start = WithStartWorkflowOperation(
            KeepTokenFresh.run,
            KeepFreshInput(tenant_id=tenant, connector_id=connector),
            id=names.keep_fresh_id(tenant, connector),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"token of {connector}",
            **_how(tenant, connector),
        )
        asked = self._client.execute_update_with_start_workflow(
            update, argument, start_workflow_operation=start
        )
        return await _answered(seconds, asked)


async def _answered(seconds: float, update: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(seconds), translated():
            return await update
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise PartUnavailableError("worker", _LATE) from error
    except WorkflowUpdateFailedError as error:
        raise ConflictError("The connector is being deleted, or was connected anew.") from error


def _how(tenant: str, connector: str) -> dict[str, Any]:
    pairs = ((names.TENANT_ATTRIBUTE, tenant), (names.CONNECTOR_ATTRIBUTE, connector))
    attributes = [SearchAttributePair(SearchAttributeKey.for_keyword(key), value) for key, value in pairs]
    return {
        "task_queue": names.CONTROL_QUEUE,
        "search_attributes": TypedSearchAttributes(attributes),
        "priority": Priority(fairness_key=tenant),
    }
