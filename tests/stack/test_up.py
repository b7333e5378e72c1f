"""`varlor up` from outside: what an operator sees of starts, stops and deaths."""

import json
import os
import signal
import time
from pathlib import Path

import httpx2
import pytest

from tests.stack.launched import FREE_PORTS, Launched, eventually, is_alive, varlor

pytestmark = pytest.mark.stack


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/api/v2/health/ready", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def test_a_ready_stack_answers_and_names_its_addresses(stack: Launched) -> None:
    facts = stack.facts
    assert answers(facts["api_url"])
    assert httpx2.get(facts["temporal_ui_url"], timeout=10).status_code == 200
    assert set(facts["pids"]) == {"valkey", "temporal", "sample", "api", "worker"}
    for address in (
        f"{facts['api_url']}/?code=",
        f"{facts['api_url']}/api/v2/docs",
        facts["temporal_ui_url"],
    ):
        assert address in stack.output


def test_no_part_shows_a_secret_on_its_command_line(stack: Launched) -> None:
    keys = (stack.state / "keys.json").read_text()
    secrets = [word for word in keys.split('"') if len(word) > 30 and "PUBLIC" not in word]
    for part, pid in stack.facts["pids"].items():
        if part == "temporal":  # its codec path is served by its own pages too
            continue
        command = Path(f"/proc/{pid}/cmdline").read_text()
        assert not [secret for secret in secrets if secret in command], part


def test_a_second_start_on_the_same_folder_names_the_first(stack: Launched) -> None:
    second = varlor("up", *FREE_PORTS, "--state-dir", str(stack.state))
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"pid {stack.process.pid}" in second.stderr


def test_a_taken_port_names_the_flag(stack: Launched, tmp_path: Path) -> None:
    port = stack.facts["api_url"].rsplit(":", 1)[1]
    refused = varlor("up", *FREE_PORTS, "--port", port, "--state-dir", str(tmp_path / "other"))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert port in refused.stderr
    assert "--port" in refused.stderr


@pytest.mark.parametrize("part", ["worker", "temporal", "valkey", "api"])
def test_a_killed_part_is_reported_at_once_and_comes_back(stack: Launched, part: str) -> None:
    before = stack.facts["pids"][part]
    os.kill(before, signal.SIGKILL)
    stack.until_said(f"{part} died (SIGKILL)", seconds=10)
    stack.until_said(f"{part} is back")
    assert stack.facts["pids"][part] != before
    eventually("the stack answers again", lambda: answers(stack.facts["api_url"]))


def test_doctor_names_the_part_of_a_running_stack_that_does_not_answer(stack: Launched) -> None:
    valkey = stack.facts["pids"]["valkey"]
    os.kill(valkey, signal.SIGSTOP)
    try:
        answer = varlor("doctor", "--json", "--state-dir", str(stack.state))
    finally:
        os.kill(valkey, signal.SIGCONT)
    states = {row["name"]: row["state"] for row in json.loads(answer.stdout)}
    assert answer.returncode == 1
    assert (states["running redis"], states["running database"]) == ("fail", "ok")
    eventually("the stack answers again", lambda: answers(stack.facts["api_url"]))


def test_two_stacks_side_by_side_and_what_survives_a_killed_supervisor(
    stack: Launched, tmp_path: Path
) -> None:
    state = tmp_path / "beside"
    beside = Launched(state, "up", *FREE_PORTS, "--no-sample")
    again = None
    try:
        facts = beside.until_ready().facts
        assert answers(facts["api_url"])
        assert answers(stack.facts["api_url"])
        assert "sample" not in facts["pids"]

        beside.process.kill()
        eventually("no orphans", lambda: not any(map(is_alive, facts["pids"].values())), 10)

        again = Launched(state, "up", "--no-sample").until_ready()
        assert again.facts["api_url"] == facts["api_url"]
        pids = again.facts["pids"].values()
        began = time.monotonic()
        assert again.stop() == 0
        assert time.monotonic() - began < 10
        assert not any(map(is_alive, pids))
        assert not (state / "stack.json").exists()
    finally:
        beside.end()
        if again:
            again.end()
