"""What a state folder keeps, who may use it, and which parts its stack starts."""

import json
import os
import socket
import stat
from dataclasses import astuple
from pathlib import Path

import pytest

from varlor.stack import environment
from varlor.stack.errors import PortTakenError, StackError, StateLockedError
from varlor.stack.options import StackOptions
from varlor.stack.plan import make_plan
from varlor.stack.ports import choose
from varlor.stack.state import StateDir


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("VARLOR_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    folder = StateDir(tmp_path / "state")
    folder.ensure()
    return folder


def options(state: StateDir) -> StackOptions:
    return StackOptions(state.path, port=0, temporal_port=0, temporal_ui_port=0)


def test_keys_are_made_once_and_only_for_their_owner(state: StateDir) -> None:
    assert state.keys().to_stored() == state.keys().to_stored()
    assert stat.S_IMODE((state.path / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o700


def test_keys_never_show_in_a_repr(state: StateDir) -> None:
    keys = state.keys()
    plan = make_plan(options(state), state)
    shown = f"{keys!r} {plan!r} {plan.parts!r}"
    assert not [value for value in keys.to_stored().values() if value in shown]


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"master": 1}'])
def test_damaged_keys_are_never_replaced(state: StateDir, damage: str) -> None:
    (state.path / "keys.json").write_text(damage)
    with pytest.raises(StackError, match="backup"):
        state.keys()
    assert (state.path / "keys.json").read_text() == damage


def test_a_folder_has_one_holder(state: StateDir) -> None:
    with (
        state.locked(),
        pytest.raises(StateLockedError, match=str(os.getpid())),
        StateDir(state.path).locked(),
    ):
        pass
    assert not state.is_locked()


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%20b", 'a"b'])
def test_a_name_that_the_servers_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StackError, match="state folder"):
        StateDir(tmp_path / name).ensure()
    assert not list(tmp_path.iterdir())


def test_ports_stay_the_same_over_a_restart(state: StateDir) -> None:
    first = make_plan(options(state), state).ports
    assert make_plan(StackOptions(state.path), state).ports == first


def test_ports_that_are_picked_are_never_the_same(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("varlor.stack.ports.QUIET_RANGE", range(20_000, 20_205))  # nearly all are drawn
    for _ in range(50):
        ports = choose(StackOptions(state.path, port=0, temporal_port=20_001, temporal_ui_port=0), None)
        assert len(set(astuple(ports))) == len(astuple(ports))


def test_a_taken_port_is_said_before_anything_starts(state: StateDir) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"{port}.*--temporal-port"):
            make_plan(StackOptions(state.path, port=0, temporal_port=port, temporal_ui_port=0), state)


def test_a_part_that_is_given_by_its_address_is_not_started(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARLOR_REDIS_URL", "redis://elsewhere:6379/1")
    monkeypatch.setenv("VARLOR_TEMPORAL_ADDRESS", "temporal.example:7233")
    monkeypatch.setenv("VARLOR_DATABASE_URL", "postgresql://db.example/varlor")
    plan = make_plan(options(state), state)
    assert plan.temporal_ui_url is None
    assert [part.name for part in plan.parts] == ["sample", "api", "worker"]
    worker = plan.parts[-1].env
    assert worker["VARLOR_REDIS_URL"] == "redis://elsewhere:6379/1"
    assert worker["VARLOR_TEMPORAL_ADDRESS"] == "temporal.example:7233"
    assert worker["VARLOR_DATABASE_URL"] == "postgresql://db.example/varlor"


def test_each_part_gets_only_the_secrets_it_needs(state: StateDir) -> None:
    parts = {part.name: part for part in make_plan(options(state), state).parts}
    keys = state.keys()
    assert keys.jwt_private not in parts["worker"].env.values()
    assert keys.codec_path not in parts["worker"].env.values()
    for server in ("valkey", "temporal", "sample"):
        assert not [name for name in parts[server].env if name.startswith("VARLOR_")]


def test_connectors_reach_the_sample_and_what_the_user_allows(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARLOR_EGRESS_ALLOW", "10.1.0.0/16")
    plan = make_plan(options(state), state)
    assert plan.settings.egress_allow == ("10.1.0.0/16", f"127.0.0.1:{plan.ports.sample}")


def test_an_invalid_environment_names_the_variable_but_not_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARLOR_PORT", "canary-value")
    with pytest.raises(StackError, match="VARLOR_PORT") as caught:
        environment.read_settings()
    assert "canary-value" not in caught.value.detail


def test_what_a_running_stack_says_is_no_secret(state: StateDir) -> None:
    make_plan(options(state), state)
    assert set(json.loads((state.path / "ports.json").read_text())) == {
        *("api", "temporal", "temporal_ui", "valkey", "sample"),
    }
