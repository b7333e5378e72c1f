"""The command line `varlor …`: each command's module is imported only when that command is asked for."""

import sys

from varlor.cli.app import build
from varlor.cli.failures import run


def main() -> None:
    """The program `varlor`; exits 0 only on success."""
    words = sys.argv[1:]
    raise SystemExit(run(build, words))
