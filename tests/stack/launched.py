"""Starts `varlor …` as a person would, and watches it from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

VARLOR = str(Path(sys.executable).parent / "varlor")
READY_SECONDS = 120  # for a machine with much else to do; a part that dies is seen at once all the same
FREE_PORTS = ("--port", "0", "--temporal-port", "0", "--temporal-ui-port", "0")


def clean_environment(**extra: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("VARLOR_")} | extra


def varlor(*arguments: str, timeout: float = READY_SECONDS, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [VARLOR, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=clean_environment(**env),
        stdin=subprocess.DEVNULL,
    )


def eventually(what: str, check: Callable[[], Any], seconds: float = 60) -> Any:
    """Poll until `check` answers something true; fail naming what did not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def is_alive(pid: int) -> bool:
    """A zombie that nobody has collected yet is dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Launched:
    """One `varlor up` or `varlor demo` on a state folder."""

    def __init__(self, state: Path, *arguments: str, **env: str) -> None:
        self.state = state
        self._output = state.parent / f"{state.name}-{time.monotonic_ns()}.txt"
        with self._output.open("wb") as sink:
            self.process = subprocess.Popen(
                [VARLOR, *arguments, "--state-dir", str(state)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                env=clean_environment(**env),
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads((self.state / "stack.json").read_text())

    def until_said(self, text: str, seconds: float = READY_SECONDS) -> None:
        def said() -> bool:
            if text in self.output:
                return True
            assert self.process.poll() is None, f"it ended before it said {text!r}:\n{self.output}"
            return False

        try:
            eventually(text, said, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output}") from None

    def until_ready(self) -> "Launched":
        self.until_said("ready in")
        return self

    def stop(self, seconds: float = 20) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self) -> None:
        """Whatever state it is in; its parts die with it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
