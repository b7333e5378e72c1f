import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from varlor.cli.app import build
from varlor.cli.failures import run


@dataclass(frozen=True)
class Answer:
    returncode: int
    stdout: str
    stderr: str


Varlor = Callable[..., Answer]


@pytest.fixture
def varlor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """The program within this process: a process of its own would import everything each time."""
    for name in [name for name in os.environ if name.startswith("VARLOR_")]:
        monkeypatch.delenv(name)

    def call(*words: str, **env: str) -> Answer:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        code = run(build, words)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call
