"""A secret-like canary that passes through a workflow is nowhere in what Temporal stores, yet readable."""

import base64
import urllib.parse
import uuid
from datetime import timedelta

import pytest
from google.protobuf.json_format import MessageToJson
from pydantic import SecretStr
from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
)
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tests.ports import free_port
from tests.temporal.keys import codec_key
from varlor.contracts.model import Model
from varlor.errors import InvalidInputError, PartUnavailableError
from varlor.settings import Settings
from varlor.temporal import TemporalWorkflows, connect
from varlor.temporal.attributes import CONNECTOR, TENANT, attributes

CANARY = "canary-sk_live_51H8x"
TICK = timedelta(seconds=20)


class Order(Model):
    note: str


@activity.defn
async def stumble(order: Order) -> None:
    activity.heartbeat(f"beat {order.note}")
    raise ApplicationError(
        f"failed on {order.note}", f"detail {order.note}", type="canary", non_retryable=True
    )


@workflow.defn(name="carry-canary")
class CarryCanary:
    def __init__(self) -> None:
        self._open = False

    @workflow.run
    async def run(self, order: Order) -> None:
        workflow.set_current_details(f"**{order.note}**")
        workflow.upsert_memo({"later": order.note})
        await workflow.wait_condition(lambda: self._open)
        await workflow.execute_activity(
            stumble,
            order,
            start_to_close_timeout=TICK,
            heartbeat_timeout=TICK,
            summary=f"summary {order.note}",
            retry_policy=RetryPolicy(maximum_attempts=1),
        )

    @workflow.update
    async def open(self, order: Order) -> str:
        self._open = True
        return order.note

    @workflow.query
    def details(self) -> str:
        return CANARY


def spellings() -> list[bytes]:
    """The canary as text, URL-encoded, and in base64 at each of its three alignments."""
    found = [CANARY.encode(), urllib.parse.quote(CANARY, safe="").encode()]
    for pad in range(3):
        encoded = base64.b64encode(b"\0" * pad + CANARY.encode()).rstrip(b"=")
        found.append(encoded[4 if pad else 0 : -4])
    return found


@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_the_search_knows_the_canary_inside_base64(before: str) -> None:
    hidden = base64.b64encode(f"{before}{CANARY}, and more".encode())
    assert any(spelling in hidden for spelling in spellings())


async def stored(client: Client, workflow_id: str) -> bytes:
    """Everything that the server answers about a workflow, raw and as JSON."""
    execution = WorkflowExecution(workflow_id=workflow_id)
    service = client.workflow_service
    history = await service.get_workflow_execution_history(
        GetWorkflowExecutionHistoryRequest(namespace=client.namespace, execution=execution)
    )
    described = await service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    )
    return b"\n".join(
        part
        for answer in (history, described)
        for part in (answer.SerializeToString(), MessageToJson(answer).encode())
    )


async def test_a_canary_is_nowhere_in_the_history_and_readable_to_us(client: Client) -> None:
    workflow_id, queue = f"canary/{uuid.uuid4()}", str(uuid.uuid4())
    order = Order(note=CANARY)
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[CarryCanary],
        activities=[stumble],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with worker:
        handle = await client.start_workflow(
            CarryCanary.run,
            order,
            id=workflow_id,
            task_queue=queue,
            memo={"first": CANARY},
            static_summary=f"sync {CANARY}",
            static_details=f"details {CANARY}",
            search_attributes=attributes("t1", "c1"),
        )
        assert await TemporalWorkflows(client).is_open(workflow_id)
        assert await handle.execute_update(CarryCanary.open, order) == CANARY
        with pytest.raises(WorkflowFailureError) as caught:
            await handle.result()
        assert not await TemporalWorkflows(client).is_open(workflow_id)

    cause = caught.value.cause
    assert cause is not None
    assert CANARY in str(cause.__cause__)
    raw = await stored(client, workflow_id)
    assert b"carry-canary" in raw
    assert [spelling for spelling in spellings() if spelling in raw] == []

    described = await handle.describe()
    assert await described.static_summary() == f"sync {CANARY}"
    assert await described.static_details() == f"details {CANARY}"
    assert await described.memo_value("later") == CANARY
    found = described.typed_search_attributes
    assert (found.get(TENANT), found.get(CONNECTOR)) == ("t1", "c1")


async def test_a_client_without_the_key_reads_nothing(client: Client, settings: Settings) -> None:
    handle = await client.start_workflow(
        "never-run",
        Order(note=CANARY),
        id=f"canary/{uuid.uuid4()}",
        task_queue="nobody",
        static_summary=CANARY,
    )
    stranger = await connect(settings.model_copy(update={"codec_keys": SecretStr(codec_key("c2"))}))
    described = await stranger.get_workflow_handle(handle.id).describe()
    with pytest.raises(Exception, match=r"'c1'.*lacks"):
        await described.static_summary()
    await handle.terminate()


async def test_a_workflow_that_never_was_is_not_open(client: Client) -> None:
    assert not await TemporalWorkflows(client).is_open("sync/t/none")


async def test_nobody_there_is_said_in_our_words(settings: Settings) -> None:
    away = settings.model_copy(update={"temporal_address": f"127.0.0.1:{free_port()}"})
    with pytest.raises(PartUnavailableError) as caught:
        await connect(away)
    assert caught.value.part == "temporal"
    client = await connect(away, lazy=True)
    with pytest.raises(PartUnavailableError):
        await TemporalWorkflows(client).is_open("x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codec_keys": None}, "VARLOR_CODEC_KEYS"),
        ({"codec_keys": SecretStr("c1:AAAA")}, "c1"),
        ({"temporal_tls_cert": "cert.pem"}, "go together"),
        ({"temporal_tls_ca": "/nowhere/ca.pem"}, "ca.pem"),
    ],
)
async def test_settings_that_cannot_be_are_named(
    settings: Settings, change: dict[str, object], message: str
) -> None:
    broken = Settings.model_validate({**settings.model_dump(), **change})
    with pytest.raises(InvalidInputError, match=message):
        await connect(broken)
