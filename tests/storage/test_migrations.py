import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from varlor.errors import ConflictError, PartUnavailableError
from varlor.storage.engine import database_url as parsed
from varlor.storage.migrate import pending, upgrade
from varlor.storage.tables import METADATA

UPGRADE = "import sys; from varlor.storage.migrate import upgrade; upgrade(sys.argv[1])"


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of this test's own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'fresh.db'}"
        return
    url = request.getfixturevalue("postgres_url")
    engine = create_engine(parsed(url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE fresh"))
        yield parsed(url).set(database="fresh").render_as_string(hide_password=False)
        connection.execute(text("DROP DATABASE fresh WITH (FORCE)"))
    engine.dispose()


def test_the_migrations_make_exactly_the_tables(database_url: str) -> None:
    engine = create_engine(parsed(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_an_upgrade_may_be_repeated(fresh_url: str, tmp_path: Path) -> None:
    assert pending(fresh_url)
    assert not (tmp_path / "new").exists()
    upgrade(fresh_url)
    assert not pending(fresh_url)
    upgrade(fresh_url)


def test_several_processes_may_upgrade_at_once(fresh_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, fresh_url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert not pending(fresh_url)


def test_a_database_of_a_newer_version_is_left_alone(fresh_url: str) -> None:
    upgrade(fresh_url)
    engine = create_engine(parsed(fresh_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConflictError, match="newer"):
        upgrade(fresh_url)


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(PartUnavailableError) as caught:
        upgrade("postgresql://varlor:canary-password@127.0.0.1:1/varlor")
    assert caught.value.part == "database"
    assert "canary" not in str(caught.value)
