"""`varlor notifications …`."""

import asyncio
import base64
import secrets
from typing import Annotated, Any, Final

import typer

from varlor.cli.client import ApiClient
from varlor.cli.connectors import ask
from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, LimitOption, StateDirOption
from varlor.cli.output import print_facts, print_json, print_table, say, tell
from varlor.contracts.notification import EVENT_TYPES

app = typer.Typer(no_args_is_help=True)
SECRET_BYTES: Final = 32
WAIT_SECONDS: Final = 30.0
COLUMNS = {
    "createdAt": "time",
    "type": "event",
    "status": "status",
    "attempts": "attempts",
    "error": "error",
    "id": "id",
}


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="notifications", help="Outgoing webhook: events, signed and delivered.")


@app.command()
def show(state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False) -> None:
    """Show where notifications go, and how that is going."""
    item = ask(state_dir, lambda api: api.get("/notifications"))
    print_json(item) if as_json else print_facts(item)


@app.command("set")
def configure(
    url: Annotated[str, typer.Argument(help="Where signed messages go.")],
    event: Annotated[list[str] | None, typer.Option(help="An event; all of them if none is given.")] = None,
    secret: Annotated[
        str | None, typer.Option(envvar="VARLOR_WEBHOOK_SECRET", help="whsec_…; `new` makes one.")
    ] = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Send events to an address. A new secret is printed once; without --secret the stored one stays."""

    async def question(api: ApiClient) -> tuple[Any, str | None]:
        known = (await api.get("/notifications"))["url"] is not None
        chosen = _new_secret() if secret == "new" or (secret is None and not known) else secret  # noqa: S105 - a word
        body = {"url": url, "events": event or sorted(EVENT_TYPES)} | ({"secret": chosen} if chosen else {})
        return await api.put("/notifications", body), chosen if chosen != secret else None

    item, made = ask(state_dir, question)
    print_json(item | ({"secret": made} if made else {})) if as_json else print_facts(item)
    if made and not as_json:
        say("the secret that signs the messages, shown this once:")
        tell(made)


@app.command()
def off(state_dir: StateDirOption = DEFAULT_STATE_DIR) -> None:
    """Send nothing any more, and forget the secret."""
    ask(state_dir, lambda api: api.put("/notifications", {"url": None, "events": []}))
    say("notifications are off")


@app.command("test")
def send_test(state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False) -> None:
    """Send a test message and wait for its first attempt; exit code 1 when it fails."""

    async def question(api: ApiClient) -> Any:
        message = (await api.post("/notifications/test"))["notificationId"]
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                items = (await api.get("/notifications/deliveries", limit=50))["items"]
                found = next((item for item in items if item["id"] == message), None)
                if found and (found["attempts"] or found["status"] != "pending"):
                    return found
                await asyncio.sleep(0.3)

    try:
        item = ask(state_dir, question)
    except TimeoutError:
        raise CommandError("no attempt was made within 30 s: is a worker running?") from None
    print_json(item) if as_json else print_facts(item)
    if item["status"] != "delivered":
        raise CommandError(f"not delivered: {item['error']}")


@app.command()
def deliveries(
    limit: LimitOption = 50, state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False
) -> None:
    """List what happened, newest first, and whether it was delivered."""
    items = ask(state_dir, lambda api: api.items("/notifications/deliveries", limit))
    print_json(items) if as_json else print_table(items, COLUMNS)


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
