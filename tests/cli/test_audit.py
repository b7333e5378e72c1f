"""`varlor audit verify` on a database that somebody has written to."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.api.processes import ROOT
from varlor.bootstrap import SystemClock, build_encryption
from varlor.crypto import new_master_key
from varlor.settings import Settings
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade


async def written(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    store = SqlStore(engine, build_encryption(settings), SystemClock(), lambda t, d: f"{t}/{d}")
    for number in range(5):
        await store.tenant("acme").audit.write("token.refreshed", actor="ann", detail={"n": str(number)})
    await engine.dispose()


@pytest.mark.parametrize(
    ("vandalism", "found"),
    [
        ("SELECT 1", None),
        ("UPDATE audit_lines SET actor = 'eve' WHERE seq = 2", 2),
        ("DELETE FROM audit_lines WHERE seq = 3", 3),
        ("UPDATE audit_lines SET seq = CASE seq WHEN 2 THEN 3 ELSE 2 END + 100 WHERE seq IN (2, 3)", 2),
    ],
    ids=["untouched", "changed", "removed", "reordered"],
)
def test_it_names_where_the_audit_was_changed(tmp_path: Path, vandalism: str, found: int | None) -> None:
    ring, file = new_master_key(), tmp_path / "varlor.db"
    settings = Settings(database_url=f"sqlite:///{file}", master_keys=SecretStr(ring))
    upgrade(settings.database_url)
    asyncio.run(written(settings))
    with sqlite3.connect(file) as database:
        database.execute(vandalism)
        database.execute("UPDATE audit_lines SET seq = seq - 100 WHERE seq > 100")
    database.close()
    env = os.environ | {"VARLOR_DATABASE_URL": settings.database_url, "VARLOR_MASTER_KEYS": ring}
    command = [sys.executable, "-m", "varlor.cli", "audit", "verify", "--tenant", "acme"]
    said = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=90)
    assert said.returncode == (0 if found is None else 1), said.stderr
    if found is not None:
        assert f"at or before line {found}" in said.stderr
