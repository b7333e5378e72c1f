"""The state folder: who may use it, what it remembers, and what a running stack says about itself."""

import fcntl
import json
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from varlor.crypto import new_master_key
from varlor.stack.errors import StackError, StateLockedError
from varlor.stack.keys import RESTORE, EmbeddedKeys

UNREADABLE: Final = re.compile(r"[?#%\"\\\x00-\x1f]")
"""What ends or escapes a file name in a database's URL or in Valkey's configuration."""

_OBJECT: Final = TypeAdapter[dict[str, Any]](dict[str, Any])


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack, remembered so that a restart answers at the same addresses."""

    api: int
    temporal: int
    temporal_ui: int
    valkey: int
    sample: int


@dataclass(frozen=True, slots=True)
class RunningStack:
    """What `stack.json` says while a stack runs: addresses and process ids, no secret."""

    pid: int
    api_url: str
    temporal_ui_url: str | None
    sample_url: str | None
    pids: dict[str, int]


class StateDir:
    """One state folder (mode 0700)."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def ensure(self) -> None:
        """Make the folders; raises StackError when that is not allowed, or the servers could not read it."""
        self.check_name()
        try:
            for folder in (self.path, self.logs, self.path / "valkey"):
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o700)
        except OSError as error:
            raise StackError(
                f"cannot use {self.path} as state folder: {error.strerror}; give another --state-dir"
            ) from error

    def check_name(self) -> None:
        """Raise StackError for a name that the servers would misread."""
        if UNREADABLE.search(str(self.path)):
            raise StackError(f'{self.path} cannot be a state folder: its name holds one of ? # % " \\')

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the folder; the kernel lets go of it when this process ends, however it ends.

        Raises StateLockedError, naming the holder's pid.
        """
        self.ensure()
        with (self.path / "lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                handle.seek(0)
                raise StateLockedError(str(self.path), handle.read().strip() or "unknown") from error
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield

    def is_locked(self) -> bool:
        try:
            handle = (self.path / "lock").open("r")
        except OSError:
            return False
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def keys(self) -> EmbeddedKeys:
        """Load the keys, or make them once.

        Raises StackError when the file is there but damaged: new keys would make stored data unreadable.
        """
        stored = self._read("keys.json")
        if stored is not None:
            return EmbeddedKeys.from_stored(stored, self.path / "keys.json")
        keys = EmbeddedKeys.generate()
        self._write("keys.json", keys.to_stored())
        return keys

    def add_master_key(self) -> str:
        """Put a fresh master key before the others; its version. What runs takes it up at its next start."""
        keys = self.keys()
        version = f"embedded-{len(keys.master.split(',')) + 1}"
        master = f"{new_master_key(version)},{keys.master}"
        self._write("keys.json", replace(keys, master=master).to_stored())
        return version

    def has_keys(self) -> bool:
        return (self.path / "keys.json").exists()

    def ports(self) -> Ports | None:
        stored = self._read("ports.json", "delete it, it only remembers which ports were used")
        try:
            return Ports(**stored) if stored else None
        except TypeError:
            return None

    def remember(self, ports: Ports) -> None:
        self._write("ports.json", asdict(ports))

    def announce(self, running: RunningStack) -> None:
        self._write("stack.json", asdict(running))

    def withdraw(self) -> None:
        (self.path / "stack.json").unlink(missing_ok=True)

    def running(self) -> RunningStack | None:
        """The stack that runs on this folder and is ready; None when none is."""
        stored = self._read("stack.json") if self.is_locked() else None
        return RunningStack(**stored) if stored else None

    def _read(self, name: str, remedy: str = RESTORE) -> dict[str, Any] | None:
        try:
            return _OBJECT.validate_json((self.path / name).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise StackError(f"cannot read {self.path / name}: {remedy}") from error

    def _write(self, name: str, value: dict[str, Any]) -> None:
        """Replace the file in one step, so that nobody reads half of it."""
        draft = self.path / f".{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            json.dump(value, handle, indent=2)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(self.path / name)
