"""Whether each part works now: asked of the part itself, never guessed from an open port."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx2
from redis.asyncio import Redis
from redis.exceptions import RedisError
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from varlor import names
from varlor.errors import PartUnavailableError
from varlor.settings import Settings
from varlor.stack.supervisor import Probe
from varlor.temporal.client import connect

TIMEOUT = 5.0  # seconds for one question


def http(url: str) -> Probe:
    """Ready when GET answers 200."""

    async def probe(_since: datetime) -> bool:
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
                return (await client.get(url)).status_code == HTTPStatus.OK
        except httpx2.HTTPError:
            return False

    return probe


def redis(url: str) -> Probe:
    """Ready when PING is answered, which it is not while the data is still being read."""

    async def probe(_since: datetime) -> bool:
        try:
            async with Redis.from_url(url, socket_timeout=TIMEOUT) as client:
                await client.ping()
        except RedisError:
            return False
        return True

    return probe


def temporal(settings: Settings) -> Probe:
    """Ready when workflows can be listed by our own search attribute."""

    async def probe(_since: datetime) -> bool:
        try:
            client = await connect(settings)
            await client.count_workflows(f"{names.TENANT_ATTRIBUTE} = 'none'")
        except (RPCError, PartUnavailableError):
            return False
        return True

    return probe


def worker(settings: Settings) -> Probe:
    """Ready when both task queues are polled by somebody who asked after the worker's start."""

    async def probe(since: datetime) -> bool:
        try:
            client = await connect(settings)
            return await _polled(client, names.CONTROL_QUEUE, since) and await _polled(
                client, names.FETCH_QUEUE, since
            )
        except (RPCError, PartUnavailableError):
            return False

    return probe


async def _polled(client: Client, queue: str, since: datetime) -> bool:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        ),
        timeout=timedelta(seconds=TIMEOUT),
    )
    return any(poller.last_access_time.ToDatetime(UTC) > since for poller in answer.pollers)
