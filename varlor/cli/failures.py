"""Translates every failure into one line on stderr and an exit code; VARLOR_DEBUG=1 shows the traceback."""

import os
import sys
from collections.abc import Callable, Sequence

import typer

from varlor.errors import InvalidInputError, VarlorError


class CommandError(VarlorError):
    """A command cannot do what was asked."""

    slug = "command"


def run(build: Callable[[Sequence[str]], typer.Typer], words: Sequence[str]) -> int:
    """Build and run the program: 0 success, 1 failure, 2 misuse, 130 interrupted."""
    try:
        answer = build(words)(list(words), prog_name="varlor", standalone_mode=False)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1  # the reader has gone: nothing is left to say
    except Exception as error:  # the border: whatever it is, one line and a failure
        if os.environ.get("VARLOR_DEBUG") == "1":
            raise
        line = _line(error)
        sys.stderr.write(f"{line}\n" if line else "")
        return _code(error)
    return answer if isinstance(answer, int) else 0


def _line(error: Exception) -> str:
    if isinstance(error, InvalidInputError) and error.problems:
        problems = "; ".join(at(problem.pointer, problem.detail) for problem in error.problems)
        return f"error: {error.detail} ({problems})"
    if isinstance(error, VarlorError):
        return f"error: {error.detail}"
    if isinstance(error, typer.TyperException):
        message = error.format_message().replace(": Value error, ", ": ", 1)  # pydantic's own word
        return f"error: {message}" if message else ""  # none where the help was printed instead
    if isinstance(error, typer.Abort):
        return "aborted"
    message = " ".join(str(error).split())
    return f"error: unexpected {type(error).__name__}: {message} (VARLOR_DEBUG=1 shows where)"


def at(pointer: str, detail: str) -> str:
    """A problem with its place; one of the whole input has none."""
    return f"{pointer}: {detail}" if pointer else detail


def _code(error: Exception) -> int:
    return error.exit_code if isinstance(error, typer.TyperException) else 1
