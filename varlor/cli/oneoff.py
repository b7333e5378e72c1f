"""A one-off fetch through the API: connector, run, local copy; on somebody's stack nothing stays behind."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from varlor.cli.access import Access
from varlor.cli.client import ApiClient, ApiError
from varlor.cli.delivery import OutputFormat, deliver
from varlor.cli.failures import CommandError
from varlor.cli.follow import EVERY, follow
from varlor.cli.output import say
from varlor.cli.target import Target

STOP_SECONDS: Final = 20.0  # how long a run that is told to stop may take


@dataclass(frozen=True, slots=True)
class Order:
    """What to fetch, how, and where to. `credential` holds the secret; `graphql` query and variables."""

    target: Target
    credential: dict[str, Any] = field(repr=False)
    pagination: Any
    record_path: str | None
    graphql: dict[str, Any]
    requests_per_minute: int
    burst_limit: int
    max_pages: int | None
    out: Path
    format: OutputFormat


async def fulfil(order: Order, access: Access, *, tidy: bool) -> int:
    """The number of rows written; `tidy` deletes connector and dataset afterwards.

    Raises CommandError when the run did not succeed; nothing is written then.
    """
    async with ApiClient(access) as api:
        connector = await api.post("/connectors", _connector(order))
        dataset_id: str | None = None
        try:
            accepted = await api.post(f"/connectors/{connector['id']}/fetch", _request(order))
            dataset_id = accepted["datasetId"]
            return await _finish(api, order, accepted["runId"], accepted["datasetId"])
        finally:  # also after Ctrl-C: deleting the connector stops its run
            if tidy:
                await _tidy(api, connector["id"], dataset_id)


async def _finish(api: ApiClient, order: Order, run_id: str, dataset_id: str) -> int:
    run = await follow(api, run_id, label=order.target.name)
    if run["status"] != "succeeded":
        raise CommandError(f"the run ended as {run['status']}; nothing was written")
    dataset = await api.get(f"/datasets/{dataset_id}")
    if dataset["rowCount"]:
        await deliver(api, dataset_id, order.target.name, order.out, order.format)
    return dataset["rowCount"]


async def _tidy(api: ApiClient, connector_id: str, dataset_id: str | None) -> None:
    """The connector first: that stops its run, and the dataset is not let go before the run has ended."""
    paths = (f"/connectors/{connector_id}", *([f"/datasets/{dataset_id}"] if dataset_id else []))
    until = time.monotonic() + STOP_SECONDS
    for path in paths:
        while refused := await _refusal(api, path):
            if refused.status != HTTPStatus.CONFLICT or time.monotonic() > until:
                say(f"could not delete {path}: {refused.detail}")
                break
            await asyncio.sleep(EVERY)


async def _refusal(api: ApiClient, path: str) -> ApiError | None:
    try:
        await api.delete(path)
    except ApiError as error:
        return error
    return None


def _connector(order: Order) -> dict[str, Any]:
    return {
        "name": f"fetch {order.target.name}",
        "apiType": "graphql" if order.graphql else "rest",
        "baseUrl": order.target.origin + (order.target.path if order.graphql else ""),
        "rateLimitConfig": {
            "requestsPerMinute": order.requests_per_minute,
            "burstLimit": order.burst_limit,
        },
        **order.credential,
    }


def _request(order: Order) -> dict[str, Any]:
    """The dataset's name is new each time: a one-off never writes into one that is already there."""
    place = order.graphql or {"path": order.target.path, "params": order.target.params}
    body: dict[str, Any] = {
        **place,
        "dataset": {"name": f"{order.target.name}-{secrets.token_hex(4)}"},
        "pagination": order.pagination,
    }
    if order.record_path:
        body["recordPath"] = order.record_path
    if order.max_pages:
        body["limits"] = {"maxPages": order.max_pages}
    return body
