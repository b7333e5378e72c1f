"""The workflows as the routes see them: start, ask, wait; every failure of the engine in our own words."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final, cast, get_args

import structlog
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
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
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.exceptions import TimeoutError as WorkflowTimeoutError
from temporalio.service import RPCError, RPCStatusCode

from varlor import names
from varlor.contracts.care import DatasetRef
from varlor.contracts.messages import (
    CheckInput,
    CheckOutcome,
    DiscoverInput,
    DiscoverOutcome,
    RetireInput,
    SyncInput,
)
from varlor.errors import (
    AuthRequiredError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PartUnavailableError,
    SourceError,
    SourceKind,
    UnsupportedError,
    VarlorError,
)
from workflows.check import CheckConnection
from workflows.discover import DiscoverEndpoints
from workflows.maintain import MaintainDataset
from workflows.retire import RetireConnector
from workflows.sync import SyncDataset

RPC_SECONDS: Final = timedelta(seconds=8)
UPDATE_SECONDS: Final = 10.0
CHECK_SECONDS: Final = 28.0  # with what is around it, the whole answer stays below 30 s
DISCOVER_SECONDS: Final = 100.0
_SOURCE_KINDS: Final = frozenset[str](get_args(SourceKind))
_OURS: Final = {
    kind.slug: kind
    for kind in (InvalidInputError, UnsupportedError, NotFoundError, ConflictError, AuthRequiredError)
}
log: Final = structlog.get_logger()
_TENANT: Final = SearchAttributeKey.for_keyword(names.TENANT_ATTRIBUTE)
_CONNECTOR: Final = SearchAttributeKey.for_keyword(names.CONNECTOR_ATTRIBUTE)


class Engine:
    """Every method raises PartUnavailableError when Temporal, or the worker it needs, does not answer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start_sync(self, order: SyncInput) -> str:
        """The workflow's id; a run is started once, whether it still runs or has ended."""
        workflow_id = names.sync_id(order.tenant_id, order.run_id)
        with suppress(WorkflowAlreadyStartedError):
            await self._start(
                SyncDataset.run,
                order,
                id=workflow_id,
                connector=order.connector_id,
                summary=f"{order.connector_id} → {order.dataset_id}",
                again=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        return workflow_id

    async def check(self, order: CheckInput) -> CheckOutcome | None:
        """Run a connection test to its end; None when it took too long.

        Raises VarlorError for why it could not be made, such as a credential that is missing.
        """

        async def whole() -> CheckOutcome:
            handle = await self._start(
                CheckConnection.run,
                order,
                id=names.check_id(order.tenant_id, order.nonce),
                connector=order.connector_id,
                summary="connection test",
                execution_timeout=timedelta(seconds=30),
            )
            return await handle.result()

        try:
            return await _within(CHECK_SECONDS, whole())
        except WorkflowFailureError as error:
            if isinstance(_cause(error), WorkflowTimeoutError):
                return None
            raise _reason(error, "test") from error

    async def discover(self, order: DiscoverInput) -> DiscoverOutcome | None:
        """Look again at what an API offers, together with whoever is looking already.

        None when that takes too long. Raises SourceError when the API could not be asked, and VarlorError for
        another reason of ours.
        """
        handle = await self._start(
            DiscoverEndpoints.run,
            order,
            id=names.discover_id(order.tenant_id, order.connector_id),
            connector=order.connector_id,
            summary="discovery",
            execution_timeout=timedelta(seconds=DISCOVER_SECONDS),
        )
        try:
            return await _within(DISCOVER_SECONDS, handle.result())
        except WorkflowFailureError as error:
            raise _reason(error, "discovery") from error

    async def start_retire(self, order: RetireInput) -> str:
        handle = await self._start(
            RetireConnector.run,
            order,
            id=names.retire_id(order.tenant_id, order.connector_id),
            connector=order.connector_id,
            summary=f"delete {order.connector_id}",
        )
        return handle.id

    async def start_maintain(self, ref: DatasetRef) -> str:
        """The workflow's id; joins the maintenance under way."""
        handle = await self._start(
            MaintainDataset.run,
            ref,
            id=names.maintain_id(ref.tenant_id, ref.dataset_id),
            connector=None,
            summary=f"care for {ref.dataset_id}",
        )
        return handle.id

    async def pause(self, workflow_id: str) -> None:
        await self._update(workflow_id, SyncDataset.pause)

    async def resume(self, workflow_id: str) -> None:
        await self._update(workflow_id, SyncDataset.resume)

    async def set_rate(self, workflow_id: str, requests_per_minute: int | None) -> None:
        await self._update(workflow_id, SyncDataset.set_rate, requests_per_minute)

    async def cancel(self, workflow_id: str) -> None:
        """Durable: it needs no worker now. NotFoundError when there is nothing left to cancel."""
        handle = self._client.get_workflow_handle(workflow_id)
        async with translated():
            await handle.cancel(rpc_timeout=RPC_SECONDS)  # accepted of an ended one, too
            found = await handle.describe(rpc_timeout=RPC_SECONDS)
        if found.status is not WorkflowExecutionStatus.RUNNING:
            raise NotFoundError("The workflow has ended.")

    async def ping(self) -> None:
        async with translated():
            if not await self._client.service_client.check_health(timeout=timedelta(seconds=2)):
                raise PartUnavailableError("temporal", "The workflow engine is not serving.")

    async def _start(
        self,
        run: Any,
        order: SyncInput | CheckInput | DiscoverInput | RetireInput | DatasetRef,
        *,
        id: str,  # noqa: A002 - the engine's own word
        connector: str | None,
        summary: str,
        execution_timeout: timedelta | None = None,
        again: WorkflowIDReusePolicy = WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    ) -> Any:
        pairs: list[SearchAttributePair[Any]] = [SearchAttributePair(_TENANT, order.tenant_id)]
        if connector is not None:
            pairs.append(SearchAttributePair(_CONNECTOR, connector))
        async with translated(starting=True):
            return await self._client.start_workflow(
                run,
                order,
                id=id,
                task_queue=names.CONTROL_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=again,
                search_attributes=TypedSearchAttributes(pairs),
                priority=Priority(fairness_key=order.tenant_id),
                static_summary=summary,
                execution_timeout=execution_timeout,
                rpc_timeout=RPC_SECONDS,
            )

    async def _update(self, workflow_id: str, update: Any, *arguments: Any) -> None:
        handle = self._client.get_workflow_handle_for(SyncDataset.run, workflow_id)
        try:
            async with translated(), asyncio.timeout(UPDATE_SECONDS):
                await handle.execute_update(update, args=arguments)
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            detail = "No worker has answered yet; what was asked may still take effect."
            raise PartUnavailableError("worker", detail) from error
        except WorkflowUpdateFailedError as error:
            raise ConflictError("The run refused this. See its status.") from error


async def _within(seconds: float, result: Awaitable[Any]) -> Any:
    """The workflow's result, or None when it did not end in time."""
    try:
        async with translated(), asyncio.timeout(seconds):
            return await result
    except TimeoutError:
        return None


def _cause(error: WorkflowFailureError) -> BaseException | None:
    """What ended the activity, or else the workflow."""
    return error.cause.cause if isinstance(error.cause, ActivityError) else error.cause


def _reason(error: WorkflowFailureError, what: str) -> VarlorError:
    """What the activity says, if it foresaw the failure; its words hold no secret."""
    cause = _cause(error)
    if isinstance(cause, ApplicationError):
        if cause.type in _SOURCE_KINDS:
            return SourceError(cast("SourceKind", cause.type), cause.message)
        if cause.type in _OURS:
            return _OURS[cause.type](cause.message)
        if cause.type == PartUnavailableError.slug:
            return PartUnavailableError("worker", cause.message)
    return PartUnavailableError("worker", f"The {what} did not end well; ask again.")


@asynccontextmanager
async def translated(*, starting: bool = False) -> AsyncGenerator[None]:
    """`starting`: there is nothing that could be missing but the namespace, which is the engine's affair."""
    try:
        yield
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND and not starting:
            raise NotFoundError("There is no such workflow, or it has ended.") from error
        log.warning("the engine refused a call", status=error.status.name)
        raise PartUnavailableError("temporal", "The workflow engine does not answer as it should.") from error
    except (RuntimeError, OSError) as error:  # a lazy client that cannot connect says RuntimeError
        raise PartUnavailableError("temporal", "The workflow engine cannot be reached.") from error
