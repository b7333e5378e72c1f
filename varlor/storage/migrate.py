"""Bringing a database to this version's tables; safe when several processes do it at once.

Migrations only go forward: what goes back is a backup. `draft` writes a new one after the tables
have changed, and a test holds the two together.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from varlor.errors import ConflictError
from varlor.storage.database import named_failures
from varlor.storage.engine import WRITES, database_url, make_folder, postgres_arguments, prepare_sqlite

_LOCK: Final = 0x7661726C6F72  # "varlor", for pg_advisory_xact_lock
_FOLDER: Final = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Apply what is missing, in one transaction; waits for another process that is at it.

    Raises ConflictError when the database is of a newer version than this program.
    """
    with _transaction(url) as connection:
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise ConflictError("The database was made by a newer version of this program.") from None


def pending(url: str) -> bool:
    """Tell whether `upgrade` has something to do; makes neither a file nor a folder."""
    address = database_url(url)
    if address.get_backend_name() == "sqlite" and not Path(str(address.database)).exists():
        return True
    with _transaction(url) as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current != ScriptDirectory.from_config(_config()).get_current_head()


def draft(message: str, revision: str, url: str) -> None:
    """Write the migration from the upgraded database at `url` to the tables; read it before you keep it."""
    with _transaction(url) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.revision(config, message=message, autogenerate=True, rev_id=revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


@contextmanager
def _transaction(url: str) -> Generator[Connection]:
    address = database_url(url)
    make_folder(address)
    postgres = address.get_backend_name() == "postgresql"
    arguments = postgres_arguments() if postgres else {}
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    if not postgres:
        prepare_sqlite(engine)
    with named_failures(), engine.execution_options(**{WRITES: True}).begin() as connection:
        if postgres:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield connection
