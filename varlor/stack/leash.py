"""Runs a part on a leash: it dies with the process that started it, even by SIGKILL.

Run as a script, it asks the kernel for the signal (Linux, prctl(2)) and then becomes the part, so it
costs no process of its own. A preexec_fn would do the same inside a fork of a threaded process.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """`leash.py PARENT_PID PROGRAM ARGUMENT…`."""
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # the parent died before the leash was on
        raise SystemExit(1)
    os.execv(command[0], command)  # noqa: S606 - the supervisor's own argument list, no shell


if __name__ == "__main__":
    main()
