"""What `varlor doctor` and `varlor up` say of a state folder or settings that no stack can run on."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.cli.conftest import Varlor
from tests.stack.launched import varlor as varlor_process
from varlor.bootstrap import SystemClock
from varlor.contracts.connector import ConnectorSettings, Secrets
from varlor.crypto import EncryptionService, Keyring, new_master_key
from varlor.stack.doctor import examine, require_sound
from varlor.stack.state import StateDir
from varlor.storage import SqlStore, create_engine
from varlor.storage.migrate import upgrade

FREE = ("--port", "0", "--temporal-port", "0", "--temporal-ui-port", "0")


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    folder = StateDir(tmp_path / "state")
    folder.ensure()
    return folder


@pytest.fixture
def sealed(state: StateDir) -> StateDir:
    """With a secret sealed under the folder's own key."""
    address = f"sqlite:///{state.path / 'varlor.db'}"
    upgrade(address)

    async def seal() -> None:
        engine = create_engine(address)
        sealing = EncryptionService(Keyring.parse(state.keys().master))
        store = SqlStore(engine, sealing, SystemClock(), lambda tenant, dataset: f"{tenant}/{dataset}")
        settings = ConnectorSettings(name="Shop", base_url="https://api.example.com", auth_type="bearer")
        secrets = Secrets(bearer_token=SecretStr("s"))
        await store.tenant("acme").connectors.create(settings, secrets, created_by="ann")
        await engine.dispose()

    asyncio.run(seal())
    return state


def failing(varlor: Varlor, state: Path, **env: str) -> dict[str, dict[str, Any]]:
    """The rows that fail, each with what to do."""
    answer = varlor("doctor", "--json", "--state-dir", str(state), **env)
    rows = [row for row in json.loads(answer.stdout) if row["state"] == "fail"]
    assert answer.stderr == ""
    assert answer.returncode == (1 if rows else 0)
    assert all(row["advice"] for row in rows)
    return {row["name"]: row for row in rows if not row["name"].startswith("port ")}


def refused(varlor: Varlor, state: Path, **env: str) -> str:
    """What `up` says in its one line; no part was started."""
    answer = varlor("up", *FREE, "--state-dir", str(state), **env)
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (1, "", 1)
    assert "unexpected" not in answer.stderr
    assert not list(state.glob("logs/*"))
    return answer.stderr


@pytest.mark.parametrize(("file", "row"), [("varlor.db", "database"), ("temporal.db", "workflow store")])
def test_a_file_that_is_no_database_is_named(varlor: Varlor, state: StateDir, file: str, row: str) -> None:
    (state.path / file).write_bytes(os.urandom(5000))
    found = failing(varlor, state.path)
    assert set(found) == {row}
    assert str(state.path / file) in found[row]["detail"]
    assert "move it away" in found[row]["advice"]
    said = refused(varlor, state.path)
    assert str(state.path / file) in said
    assert "move it away" in said


def test_a_damaged_database_is_never_unexpected(varlor: Varlor, state: StateDir) -> None:
    (state.path / "varlor.db").write_bytes(os.urandom(5000))
    answer = varlor("db", "upgrade", "--state-dir", str(state.path))
    assert answer.returncode == 1
    assert "damaged" in answer.stderr
    assert "unexpected" not in answer.stderr


@pytest.mark.usefixtures("varlor")  # without settings
async def test_older_tables_keep_no_stack_from_starting(state: StateDir) -> None:
    (state.path / "varlor.db").touch()  # a database without any table yet
    rows = {row.name: row for row in await examine(state)}
    assert rows["database"].state == "warning"
    await require_sound(state)


def test_sound_keys_have_nothing_to_mend(varlor: Varlor, sealed: StateDir) -> None:
    assert failing(varlor, sealed.path) == {}


def test_another_master_key_of_the_same_name_fails(varlor: Varlor, sealed: StateDir) -> None:
    file = sealed.path / "keys.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "master": new_master_key("embedded-1")}))
    row = failing(varlor, sealed.path)["sealed rows"]
    assert "embedded-1" in row["detail"]
    assert str(file) in row["advice"]
    assert str(file) in refused(varlor, sealed.path)


def test_lost_keys_are_not_made_again_while_rows_need_them(varlor: Varlor, sealed: StateDir) -> None:
    file = sealed.path / "keys.json"
    file.unlink()
    assert str(file) in failing(varlor, sealed.path)["sealed rows"]["advice"]
    assert str(file) in refused(varlor, sealed.path)
    assert not file.exists()


def test_ports_that_cannot_be_read_may_be_forgotten(varlor: Varlor, state: StateDir) -> None:
    (state.path / "ports.json").write_text("{")
    assert "delete it" in failing(varlor, state.path)["ports"]["advice"]
    said = refused(varlor, state.path)
    assert "ports.json: delete it" in said
    assert "backup" not in said


@pytest.mark.parametrize("place", [".", "below"])
def test_a_file_is_no_state_folder(varlor: Varlor, tmp_path: Path, place: str) -> None:
    file = tmp_path / "file"
    file.touch()
    assert str(file) in failing(varlor, file / place)["state folder"]["detail"]
    assert str(file) in refused(varlor, file / place)


@pytest.mark.parametrize(
    ("name", "value", "row"),
    [
        ("VARLOR_EGRESS_ALLOW", "10.0.0.0/8:80-90", "settings"),
        ("VARLOR_CODEC_KEYS", "short", "settings"),
        ("VARLOR_PORT", "many", "settings"),
        ("VARLOR_MASTER_KEYS", "short", "keys"),
    ],
)
def test_a_setting_that_cannot_work(varlor: Varlor, state: StateDir, name: str, value: str, row: str) -> None:
    assert set(failing(varlor, state.path, **{name: value})) == {row}
    assert refused(varlor, state.path, **{name: value})


def test_a_check_that_cannot_be_made_is_a_row(varlor: Varlor, state: StateDir) -> None:
    found = failing(varlor, state.path, VARLOR_REDIS_URL="canary")
    assert set(found) == {"Redis server"}


@pytest.mark.parametrize("command", ["api", "worker"])
def test_a_process_that_cannot_be_composed_says_so_in_one_line(command: str, tmp_path: Path) -> None:
    answer = varlor_process(command, VARLOR_STATE_DIR=str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: VARLOR_MASTER_KEYS is not set")
    assert answer.stderr.count("\n") == 1
