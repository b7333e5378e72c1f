"""How the process of a command ends: with the command's own code, and nothing said is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.launched import VARLOR, clean_environment

ABORTS_WHEN_TORN_DOWN = """
import atexit, os, sys
from varlor.cli import main
atexit.register(os.abort)
sys.argv[0] = "varlor"
main()
"""


@pytest.mark.parametrize(("words", "code"), [(["keys", "--help"], 0), (["keys", "nope"], 2)])
def test_a_native_thread_cannot_abort_a_command_that_has_ended(words: list[str], code: int) -> None:
    command = [sys.executable, "-c", ABORTS_WHEN_TORN_DOWN, *words]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == code, ended.stderr
    assert "rotate" in ended.stdout if code == 0 else "No such command" in ended.stderr


def test_a_disk_that_is_full_is_a_failure() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [VARLOR, "keys", "--help"], check=False, stdout=full, env=clean_environment(), timeout=60
        )
    assert ended.returncode == 1


def test_a_reader_that_has_gone_gets_no_traceback() -> None:
    with subprocess.Popen(
        [VARLOR, "keys", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert b"Traceback" not in command.stderr.read()
        assert command.wait(60) == 1
