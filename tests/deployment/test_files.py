"""The way to production, as far as files can show it: valid, complete, without a secret of its own."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from varlor.cli.app import build
from varlor.stack.environment import LEAN

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COMPOSE = ROOT / "docker-compose.yml"
SECRET = re.compile(r"PASSWORD|SECRET|_KEYS?\b|PWD")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(COMPOSE.read_text())["services"]


def test_the_compose_file_follows_the_compose_specification() -> None:
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_hadolint_has_nothing_to_say_about_the_dockerfile() -> None:
    linted = subprocess.run(
        [BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout) == (0, "")


def test_every_part_of_the_topology_is_there(services: dict[str, dict[str, Any]]) -> None:
    ours = {"api", "worker-control", "worker-fetch", "migrate"}
    theirs = {"postgres", "valkey", "s3", "temporal", "temporal-web"}
    assert ours | theirs <= set(services)
    assert services["worker-control"]["command"][-1] == "control"
    assert services["worker-fetch"]["command"][-1] == "fetch"


def test_every_command_of_ours_is_one_that_the_command_line_knows(
    services: dict[str, dict[str, Any]],
) -> None:
    said = [body.get("command") for body in services.values()]
    said += [body.get("healthcheck", {}).get("test", [])[1:] for body in services.values()]
    ours = [words[1:] for words in said if words and words[0] == "varlor"]
    assert ["doctor", "--ready", "http://127.0.0.1:8000"] in ours
    for words in ours:
        asked = CliRunner().invoke(build(tuple(words)), [*words, "--help"], env={"COLUMNS": "200"})
        assert asked.exit_code == 0, asked.output
        assert all(word in asked.output for word in words if word.startswith("--")), words


def test_no_secret_has_a_default(services: dict[str, dict[str, Any]]) -> None:
    text = COMPOSE.read_text()
    for name, default in re.findall(r"\$\{(\w+)(:-[^}]*)\}", text):
        assert not SECRET.search(name), f"{name} has the default {default!r}"
    for service, body in services.items():
        for key, value in dict(body.get("environment") or {}).items():
            if SECRET.search(key) and value is not None:
                assert ":?" in str(value), f"{service}.{key} is not required from outside"


def test_our_processes_run_without_root_and_without_a_writable_image(
    services: dict[str, dict[str, Any]],
) -> None:
    assert re.search(r"^USER 10001$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for name in ("api", "worker-control", "worker-fetch", "migrate"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]


def test_the_image_and_the_embedded_stack_keep_memory_alike() -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert [f"{name}={value}" for name, value in LEAN.items() if f"{name}={value}" not in image] == []


def test_whatever_is_waited_for_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    for name, body in services.items():
        for other, need in body.get("depends_on", {}).items():
            if need["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for {other}, which reports no health"
