"""`varlor keys …`: which master key seals what, and sealing everything again under the newest."""

import asyncio
from pathlib import Path
from typing import Final

import typer
from pydantic import SecretStr
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from varlor import names
from varlor.bootstrap import SystemClock
from varlor.cli.db import database_address, master_keys
from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, StateDirOption
from varlor.cli.output import print_facts, print_json, say
from varlor.contracts.messages import ResealProgress, RotateKeysInput
from varlor.crypto import EncryptionService
from varlor.settings import Settings
from varlor.stack.environment import read_settings
from varlor.stack.ports import HOST
from varlor.stack.state import StateDir
from varlor.storage import SqlStore, create_engine
from varlor.temporal import connect
from workflows.rotate import RotateKeys

app = typer.Typer(no_args_is_help=True)
LOOK_SECONDS: Final = 0.5
ACTOR: Final = "operator/cli"


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="keys", help="The master keys, under which every stored secret is sealed.")


@app.command("list")
def list_keys(state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False) -> None:
    """List how many sealed rows are under which key; one that seals nothing more can be dropped."""
    usage = asyncio.run(_usage(state_dir))
    print_json(usage) if as_json else print_facts(usage)


@app.command()
def add(state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False) -> None:
    """Add a fresh key to an embedded stack; restart it, then rotate. Production sets VARLOR_MASTER_KEYS."""
    state = StateDir(state_dir)
    if not state.has_keys():
        raise CommandError(f"{state_dir} has no keys of its own: add one to VARLOR_MASTER_KEYS, newest first")
    version = state.add_master_key()
    print_json({"key": version}) if as_json else say(f"added {version}: restart the stack, then rotate")


@app.command()
def rotate(state_dir: StateDirOption = DEFAULT_STATE_DIR, as_json: JsonOption = False) -> int:
    """Seal every stored secret again under the newest key, while all else runs; may be repeated."""
    version = master_keys(state_dir).newest
    done = asyncio.run(_rotate(_settings(state_dir), version))
    usage = asyncio.run(_usage(state_dir))
    if as_json:
        print_json({"key": version, **done.model_dump(mode="json", exclude={"after"}), "usage": usage})
    else:
        say(f"{done.resealed:,} rows are now sealed under {version}")
        print_facts(usage)
    return 1 if done.unopened or any(count for key, count in usage.items() if key != version) else 0


async def _rotate(settings: Settings, version: str) -> ResealProgress:
    client = await connect(settings)
    handle = await client.start_workflow(
        RotateKeys.run,
        RotateKeysInput(key_version=version, actor=ACTOR),
        id=names.rotate_keys_id(version),
        task_queue=names.CONTROL_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=f"seal everything under {version}",
    )
    shown = -1
    while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
        try:
            progress = await handle.query(RotateKeys.progress)
        except RPCError:  # no worker answers yet
            progress = ResealProgress()
        if progress.looked_at != shown:
            shown = progress.looked_at
            say(f"{progress.resealed:,} of {progress.looked_at:,} rows looked at are resealed")
        await asyncio.sleep(LOOK_SECONDS)
    try:
        return await handle.result()
    except WorkflowFailureError as error:
        cause = error.cause.__cause__
        detail = cause.message if isinstance(cause, ApplicationError) else "see its workflow's history"
        raise CommandError(f"the rotation failed: {detail}") from error


async def _usage(state_dir: Path) -> dict[str, int]:
    engine = create_engine(database_address(state_dir))
    encryption = EncryptionService(master_keys(state_dir))
    store = SqlStore(engine, encryption, SystemClock(), lambda tenant, dataset: f"{tenant}/{dataset}")
    try:
        return dict(await store.key_usage())
    finally:
        await engine.dispose()


def _settings(state_dir: Path) -> Settings:
    """How to reach Temporal: as the environment says, else the embedded stack's."""
    given, state = read_settings(), StateDir(state_dir)
    found: dict[str, object] = {}
    ports = state.ports()
    if "temporal_address" not in given.model_fields_set and ports is not None:
        found["temporal_address"] = f"{HOST}:{ports.temporal}"
    if given.codec_keys is None and state.has_keys():
        found["codec_keys"] = SecretStr(state.keys().codec)
    return given.model_copy(update=found)
