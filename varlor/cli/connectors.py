"""`varlor connectors …`."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from varlor.cli.access import resolve
from varlor.cli.client import ApiClient
from varlor.cli.connect import connect
from varlor.cli.credential import AUTH_HELP, parse_auth
from varlor.cli.failures import CommandError
from varlor.cli.inbox import STYLES, inbox, replay, rotate_secret, webhook_body
from varlor.cli.options import (
    DEFAULT_STATE_DIR,
    JsonOption,
    LimitOption,
    StateDirOption,
    YesOption,
    check_id,
    parse_pairs,
)
from varlor.cli.output import print_facts, print_json, print_rows, print_table, say
from varlor.cli.query import QueryOption, VariablesOption, parse_query
from varlor.cli.sync import sync

app = typer.Typer(no_args_is_help=True)
app.command("connect")(connect)
app.command("inbox")(inbox)
app.command("replay")(replay)
app.command("rotate-secret")(rotate_secret)
app.command("fetch")(sync)
IdArgument = Annotated[str, typer.Argument(help="The connector's id.", callback=check_id)]
COLUMNS = {"id": "id", "name": "name", "baseUrl": "base URL", "authType": "auth", "status": "status"}
ENDPOINT_COLUMNS = {"id": "id", "method": "method", "path": "path", "summary": "summary"}


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="connectors", help="Connectors: where an API is, and who we are to it.")


def ask(state_dir: Path, question: Callable[[ApiClient], Awaitable[Any]]) -> Any:
    """Ask the API something and wait for the answer."""

    async def conversation() -> Any:
        async with ApiClient(resolve(state_dir)) as api:
            return await question(api)

    return asyncio.run(conversation())


@app.command("list")
def list_connectors(
    limit: LimitOption = 50, state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False
) -> None:
    """List connectors, newest first."""
    items = ask(state_dir, lambda api: api.items("/connectors", limit))
    print_json(items) if as_json else print_table(items, COLUMNS)


@app.command()
def show(
    connector_id: IdArgument, state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False
) -> None:
    """Show one connector; its secrets are never part of it."""
    item = ask(state_dir, lambda api: api.get(f"/connectors/{connector_id}"))
    print_json(item) if as_json else print_facts(item)


@app.command()
def create(
    base_url: Annotated[
        str | None, typer.Argument(help="Where the API is, e.g. https://api.example.com/v1.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="A preset's id in place of the address.")] = None,
    variable: Annotated[list[str] | None, typer.Option(help="name=value of the preset.")] = None,
    client_id: Annotated[str | None, typer.Option(help="With --preset and OAuth: your app's id.")] = None,
    webhook: Annotated[str | None, typer.Option(help=f"A webhook in place of the address: {STYLES}.")] = None,
    dataset: Annotated[str | None, typer.Option(help="With --webhook: where its events go.")] = None,
    secret: Annotated[str | None, typer.Option(help="With --webhook: the sender's, env:VARIABLE.")] = None,
    graphql: Annotated[bool, typer.Option("--graphql", help="The address is a GraphQL server's.")] = False,
    name: Annotated[str | None, typer.Option(help="Its name; the host if not given.")] = None,
    auth: Annotated[str, typer.Option(help=AUTH_HELP)] = "none",
    header: Annotated[list[str] | None, typer.Option(help="name=value, sent with every request.")] = None,
    requests_per_minute: Annotated[int, typer.Option(min=1, max=100_000)] = 60,
    burst_limit: Annotated[int, typer.Option(min=1, max=10_000, help="In any one second.")] = 10,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Create a connector: from the API's address, from a preset, or as a webhook that is called."""
    if [base_url, preset, webhook].count(None) != 2:  # noqa: PLR2004 - just one of the three is given
        raise CommandError("give the API's address, --preset or --webhook")
    if webhook is not None:
        place, body = "/connectors", webhook_body(webhook, name, dataset, secret)
    elif base_url is not None:
        place, body = (
            "/connectors",
            {
                "name": name or base_url.split("//")[-1].split("/")[0],
                "apiType": "graphql" if graphql else "rest",
                "baseUrl": base_url,
                "headers": parse_pairs(header or []),
                "rateLimitConfig": {"requestsPerMinute": requests_per_minute, "burstLimit": burst_limit},
                **parse_auth(auth),
            },
        )
    else:
        place = f"/presets/{preset}/connectors"
        body = _for_preset(name, parse_pairs(variable or []), client_id, auth)
    item = ask(state_dir, lambda api: api.post(place, body))
    print_json(item) if as_json else print_facts(item)


def _for_preset(
    name: str | None, variables: dict[str, str], client_id: str | None, auth: str
) -> dict[str, Any]:
    """What a user adds to a preset; where a key goes is the preset's to say."""
    given = {"name": name, "variables": variables, "clientId": client_id}
    credential = {"authType": "oauth2"} if client_id else parse_auth(auth)
    kept = {key: value for key, value in credential.items() if key != "apiKeyConfig"}
    return {key: value for key, value in given.items() if value} | (
        kept if auth != "none" or client_id else {}
    )


@app.command("test")
def check(
    connector_id: IdArgument,
    path: Annotated[str | None, typer.Option(help="A path below the base URL.")] = None,
    query: QueryOption = None,
    variables: VariablesOption = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> int:
    """Test the connection: one request, at most 30 s; exit code 1 when it fails."""
    body = {"connectorId": connector_id} | ({"path": path} if path else {}) | parse_query(query, variables)
    result = ask(state_dir, lambda api: api.post("/connectors/test-api", body))
    if as_json:
        print_json(result)
    else:
        show_test(result)
    return 0 if result["ok"] else 1


@app.command()
def discover(
    connector_id: IdArgument,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the API again.")] = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """List the endpoints that the API says it has."""
    asked = {"refresh": "true"} if refresh else {}
    found = ask(state_dir, lambda api: api.get(f"/connectors/{connector_id}/endpoints", **asked))
    if as_json:
        return print_json(found)
    print_table(found["endpoints"], ENDPOINT_COLUMNS, title=f"source: {found['source']}")
    for note in found["notes"]:
        say(note)
    return None


@app.command()
def delete(
    connector_id: IdArgument,
    yes: YesOption = False,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """Delete a connector and its credential; its datasets stay."""
    if not yes:
        if not sys.stdin.isatty():
            raise CommandError("deleting needs --yes where nobody can be asked")
        typer.confirm(f"Delete connector {connector_id} and its credential?", abort=True, err=True)
    answer = ask(state_dir, lambda api: api.delete(f"/connectors/{connector_id}"))
    print_json(answer) if as_json else say(f"connector {connector_id} is being deleted")


def show_test(result: dict[str, Any]) -> None:
    """A connection test for a person: what answered, and its first rows."""
    if not result["ok"]:
        error = result["error"] or {}
        say(f"failed: {error.get('title')}: {error.get('detail')}")
        return
    kept = ("statusCode", "latencyMs", "url", "contentType", "recordPath")
    print_facts({name: result[name] for name in kept} | {"pagination": json.dumps(result["pagination"])})
    for each in result.get("errors") or []:
        say(f"error at {'.'.join(map(str, each['path'])) or 'the query'}: {each['message']}")
    if result["sample"]:
        columns = [column["name"] for column in result["sample"]["columns"]]
        print_rows(columns, result["sample"]["rows"], title="sample")
