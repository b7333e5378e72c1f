"""`varlor connectors inbox|replay|rotate-secret`: what has come to a webhook, and what it is signed with."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from varlor.cli.access import resolve
from varlor.cli.client import ApiClient
from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, LimitOption, StateDirOption, check_id
from varlor.cli.output import print_facts, print_json, print_table, say

ConnectorArgument = Annotated[str, typer.Argument(help="The webhook connector's id.", callback=check_id)]
STYLES = "standard, github, stripe, slack or hmac"
COLUMNS = {
    "id": "id",
    "eventId": "sender's id",
    "status": "status",
    "receivedAt": "received",
    "reason": "reason",
}


def webhook_body(style: str, name: str | None, dataset: str | None, secret: str | None) -> dict[str, Any]:
    """The connector to create. `secret` as `env:VARIABLE`: the sender's own; else one is made."""
    config = {"style": style} | ({"dataset": dataset} if dataset else {})
    given = {"webhookSecret": secret_of(secret)} if secret else {}
    return {"name": name or f"{style} webhook", "apiType": "webhook", "webhookConfig": config, **given}


def secret_of(source: str) -> str:
    """A secret never stands on the command line, where others can read it."""
    variable = source.removeprefix("env:")
    found = os.environ.get(variable) if source.startswith("env:") else None
    if not found:
        raise CommandError("name the secret's environment variable: --secret env:VARIABLE")
    return found


def inbox(
    connector_id: ConnectorArgument,
    status: Annotated[str | None, typer.Option(help="waiting or set_aside.")] = None,
    limit: LimitOption = 50,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """List the events that are not in the dataset, newest first."""

    async def ask() -> Any:
        async with ApiClient(resolve(state_dir)) as api:
            wanted = {"status": status} if status else {}
            return await api.items(f"/connectors/{connector_id}/inbox", limit, **wanted)

    items = asyncio.run(ask())
    print_json(items) if as_json else print_table(items, COLUMNS)


def replay(
    connector_id: ConnectorArgument,
    event_id: Annotated[str, typer.Argument(help="The event's id, as `inbox` lists it.", callback=check_id)],
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Try an event again that was set aside."""
    event = _post(state_dir, f"/connectors/{connector_id}/inbox/{event_id}/replay", None)
    print_json(event) if as_json else say(f"event {event_id} waits again")


def rotate_secret(
    connector_id: ConnectorArgument,
    secret: Annotated[str | None, typer.Option(help="The sender's own, as env:VARIABLE.")] = None,
    grace_seconds: Annotated[int, typer.Option(min=0, max=604_800, help="For which both hold.")] = 86_400,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Give a webhook a new secret; the one before stays valid for a while."""
    body = {"graceSeconds": grace_seconds} | ({"webhookSecret": secret_of(secret)} if secret else {})
    turned = _post(state_dir, f"/connectors/{connector_id}/webhook-secret/rotate", body)
    print_json(turned) if as_json else print_facts(turned)


def _post(state_dir: Path, path: str, body: Any) -> Any:
    async def ask() -> Any:
        async with ApiClient(resolve(state_dir)) as api:
            return await api.post(path, body)

    return asyncio.run(ask())
