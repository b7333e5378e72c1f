"""`varlor db …`."""

from pathlib import Path

import typer

from varlor.cli.failures import CommandError
from varlor.cli.options import DEFAULT_STATE_DIR, StateDirOption
from varlor.cli.output import say
from varlor.crypto import Keyring, key_provider
from varlor.stack.environment import read_settings
from varlor.stack.state import StateDir
from varlor.storage.migrate import upgrade as upgrade_database

app = typer.Typer(no_args_is_help=True)


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="db", help="The database of connectors, runs and audit.")


@app.callback()
def db() -> None:
    """The database of connectors, runs and audit."""


@app.command()
def upgrade(state_dir: StateDirOption = DEFAULT_STATE_DIR) -> None:
    """Bring the tables up to date; safe to repeat and to run from several places at once."""
    upgrade_database(database_address(state_dir))
    say("the database is up to date")


def database_address(state_dir: Path) -> str:
    """VARLOR_DATABASE_URL, else the embedded database on `state_dir`."""
    given = read_settings().database_url
    if given:
        return given
    if not state_dir.is_dir():
        raise CommandError(f"VARLOR_DATABASE_URL is not set and there is no state folder {state_dir}")
    return f"sqlite:///{state_dir.resolve() / 'varlor.db'}"


def master_keys(state_dir: Path) -> Keyring:
    """Whatever VARLOR_MASTER_KEYS, _FILE or _KMS give, else the embedded stack's."""
    settings, state = read_settings(), StateDir(state_dir)
    named = settings.master_keys or settings.master_keys_file or settings.master_keys_kms
    if named is None and state.has_keys():
        return Keyring.parse(state.keys().master)
    if named is None:
        raise CommandError(f"VARLOR_MASTER_KEYS is not set and {state_dir} has no keys")
    return key_provider(settings).keyring()
