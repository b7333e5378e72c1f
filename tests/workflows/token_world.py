"""What a token's workflows see of the world: activities by the real names, whose answers a test scripts."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from varlor import names
from varlor.contracts.messages import (
    CheckInput,
    CheckOutcome,
    KeepFreshInput,
    OnboardInput,
    OnboardOutcome,
    OpenRuns,
    RefreshInput,
    RefreshOutcome,
    RetireInput,
)
from varlor.contracts.oauth import TokenState, TokenStatus
from varlor.contracts.token_acts import (
    EraseInput,
    ExchangeOutcome,
    OnboardEnd,
    PreparedAuthorization,
    RevokeInput,
    RevokeOutcome,
    StoredToken,
)
from workflows.check import CheckConnection
from workflows.keep_fresh import KeepTokenFresh
from workflows.onboard import OnboardConnector
from workflows.retire import RetireConnector

LIFE = timedelta(hours=1)


def state(version: int, status: TokenStatus = "active", *, due: timedelta | None = LIFE) -> TokenState:
    at = datetime.now(UTC) + due if due is not None else None
    return TokenState(status=status, version=version, next_refresh_at=at, expires_at=at)


def stored(version: int, *, due: timedelta = LIFE) -> RefreshOutcome:
    return RefreshOutcome(token=state(version, due=due), refreshed=True)


@dataclass
class World:
    """One entry per call; the last one repeats. `hold` keeps a refresh, once `open`, until `gate` is set."""

    refreshes: list[RefreshOutcome | Exception] = field(default_factory=lambda: [stored(1)])
    prepared: PreparedAuthorization = field(default_factory=PreparedAuthorization)
    exchanged: ExchangeOutcome | Exception = field(default_factory=lambda: ExchangeOutcome(token=state(1)))
    revoked: RevokeOutcome | Exception = field(default_factory=lambda: RevokeOutcome(result="confirmed"))
    waiting: list[str] = field(default_factory=list[str])
    hold: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[str] = field(default_factory=list[str])
    asked: list[RefreshInput] = field(default_factory=list[RefreshInput])
    ended: list[OnboardEnd] = field(default_factory=list[OnboardEnd])
    erased: list[EraseInput] = field(default_factory=list[EraseInput])

    @activity.defn
    async def refresh_token(self, order: RefreshInput) -> RefreshOutcome:
        self.seen.append("refresh")
        self.asked.append(order)
        self.open.set()
        if self.hold:
            await self.gate.wait()
        answer = self.refreshes.pop(0) if len(self.refreshes) > 1 else self.refreshes[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @activity.defn
    async def waiting_runs(self, order: RefreshInput) -> OpenRuns:
        self.seen.append("waiting runs")
        return OpenRuns(workflow_ids=self.waiting)

    @activity.defn
    async def prepare_authorization(self, order: OnboardInput) -> PreparedAuthorization:
        return self.prepared

    @activity.defn
    async def exchange_code(self, order: OnboardInput) -> ExchangeOutcome:
        self.seen.append("exchange")
        if isinstance(self.exchanged, Exception):
            raise self.exchanged
        return self.exchanged

    @activity.defn
    async def announce_token(self, stored: StoredToken) -> None:
        self.seen.append("announce")

    @activity.defn
    async def end_onboarding(self, end: OnboardEnd) -> None:
        self.ended.append(end)

    @activity.defn
    async def check_connection(self, order: CheckInput) -> CheckOutcome:
        self.seen.append("check")
        return CheckOutcome(ok=True)

    @activity.defn
    async def stop_token(self, order: RevokeInput) -> TokenState:
        self.seen.append("stop")
        return state(7, "revoked", due=None)

    @activity.defn
    async def revoke_token(self, order: RevokeInput) -> RevokeOutcome:
        self.seen.append("revoke")
        if isinstance(self.revoked, Exception):
            raise self.revoked
        return self.revoked

    @activity.defn
    async def erase_token(self, order: EraseInput) -> TokenState:
        self.erased.append(order)
        return state(8, "revoked", due=None)

    @activity.defn
    async def open_runs(self, order: RetireInput) -> OpenRuns:
        return OpenRuns(workflow_ids=[])

    @activity.defn
    async def remove_schedules(self, order: RetireInput) -> None:
        self.seen.append("remove schedules")

    @activity.defn
    async def erase_connector(self, order: RetireInput) -> None:
        self.seen.append("erase connector")


@asynccontextmanager
async def serving(client: Client, world: World, *, sandboxed: bool = True) -> AsyncGenerator[None]:
    async with Worker(
        client,
        task_queue=names.CONTROL_QUEUE,
        workflows=[KeepTokenFresh, OnboardConnector, RetireConnector, CheckConnection],
        activities=[
            world.refresh_token,
            world.waiting_runs,
            world.prepare_authorization,
            world.exchange_code,
            world.announce_token,
            world.end_onboarding,
            world.check_connection,
            world.stop_token,
            world.revoke_token,
            world.erase_token,
            world.open_runs,
            world.remove_schedules,
            world.erase_connector,
        ],
        workflow_runner=SandboxedWorkflowRunner() if sandboxed else UnsandboxedWorkflowRunner(),
    ):
        yield


async def keeper(
    client: Client, connector: str, order: KeepFreshInput | None = None
) -> WorkflowHandle[KeepTokenFresh, None]:
    return await client.start_workflow(
        KeepTokenFresh.run,
        order or KeepFreshInput(tenant_id="acme", connector_id=connector),
        id=names.keep_fresh_id("acme", connector),
        task_queue=names.CONTROL_QUEUE,
    )


async def onboarding(
    client: Client, connector: str, nonce: str
) -> WorkflowHandle[OnboardConnector, OnboardOutcome]:
    return await client.start_workflow(
        OnboardConnector.run,
        OnboardInput(tenant_id="acme", connector_id=connector, nonce=nonce, actor="ann"),
        id=names.onboard_id("acme", connector),
        task_queue=names.CONTROL_QUEUE,
    )
