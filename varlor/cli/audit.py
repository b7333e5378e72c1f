"""`varlor audit …`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from varlor.bootstrap import SystemClock
from varlor.cli.access import TENANT
from varlor.cli.connectors import ask
from varlor.cli.db import database_address, master_keys
from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, LimitOption, StateDirOption
from varlor.cli.output import print_json, print_table, say
from varlor.crypto import EncryptionService
from varlor.storage import SqlStore, create_engine

app = typer.Typer(no_args_is_help=True)
COLUMNS = {
    "seq": "seq",
    "time": "time",
    "actor": "actor",
    "action": "action",
    "connectorId": "connector",
    "outcome": "outcome",
}


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="audit", help="The audit: who did what, in a chain that shows changes.")


@app.command("list")
def list_audit(
    connector: Annotated[str | None, typer.Option(help="Only of this connector.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on (ISO 8601).")] = None,
    limit: LimitOption = 50,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> None:
    """List the audit, newest first."""
    items = ask(
        state_dir,
        lambda api: api.items("/audit", limit, connectorId=connector, action=action, since=since),
    )
    print_json(items) if as_json else print_table(items, COLUMNS)


@app.command()
def verify(
    tenant: Annotated[str, typer.Option(help="Whose audit.")] = TENANT,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> int:
    """Hold the chain against the database itself; exit code 1 names the first line that does not hold."""
    broken = asyncio.run(_first_broken(tenant, state_dir))
    if as_json:
        print_json({"ok": broken is None, "firstBrokenSeq": broken})
    elif broken is None:
        say(f"the audit of {tenant} holds")
    else:
        raise CommandError(f"the audit of {tenant} was changed at or before line {broken}")
    return 0 if broken is None else 1


async def _first_broken(tenant: str, state_dir: Path) -> int | None:
    engine = create_engine(database_address(state_dir))
    encryption = EncryptionService(master_keys(state_dir))
    store = SqlStore(engine, encryption, SystemClock(), lambda tenant, dataset: f"{tenant}/{dataset}")
    try:
        return await store.tenant(tenant).audit.verify()
    finally:
        await engine.dispose()
