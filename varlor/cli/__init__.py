"""The command line `varlor …`: each command's module is imported only when that command is asked for."""

import os
import sys
from typing import NoReturn

from varlor.cli.app import build
from varlor.cli.failures import run


def main() -> NoReturn:
    """The program `varlor`; exits 0 only on success."""
    _leave(run(build, sys.argv[1:]))


def _leave(code: int) -> NoReturn:
    """Exit without tearing the interpreter down.

    Temporal's client has no close: an answer that comes late would meet the interpreter half gone and
    abort the process, whatever its result was (temporalio/sdk-python#300).
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # as it is where the caller gave none
                stream.flush()
        except OSError:  # the reader has gone, or its disk is full
            code = code or 1
    os._exit(code)
