"""How the embedded stack fails: each message is one line that says what to do."""

from varlor.errors import VarlorError


class StackError(VarlorError):
    """The stack cannot start or go on."""

    slug = "stack"


class StateLockedError(StackError):
    """Another stack runs on the same state folder."""

    def __init__(self, state_dir: str, pid: str) -> None:
        super().__init__(
            f"{state_dir} is in use by another `varlor up` (pid {pid}): stop it, or give another --state-dir"
        )


class PortTakenError(StackError):
    """A port that a part needs belongs to another program."""

    def __init__(self, part: str, port: int, flag: str) -> None:
        super().__init__(f"port {port} for the {part} is taken: give another with {flag}")


class PartDiedError(StackError):
    """A part ended before it was ready, or ended again and again."""


class NotRunningError(StackError):
    """A command needs a running stack and there is none."""
