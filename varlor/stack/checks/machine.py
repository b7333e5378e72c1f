"""What must be installed: the interpreter, the packages, our own code, and the servers' programs."""

import asyncio
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from varlor.stack import programs
from varlor.stack.checks.finding import SETUP, Finding, failing, ok
from varlor.stack.errors import StackError

OLDEST: Final = (3, 11)
PACKAGES: Final = (
    *("temporalio", "fastapi", "uvicorn", "sqlmodel", "alembic", "deltalake", "pyarrow", "redis"),
    *("httpx2", "joserfc", "cryptography", "orjson"),
)
ROOMS: Final = ("api.app", "worker", "workflows", "activities")


def python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return failing("python", found, "install Python 3.11 or newer")
    return ok("python", found)


def packages() -> Finding:
    lacking = [name for name in PACKAGES if not _installed(name)]
    if lacking:
        return failing("packages", f"not installed: {', '.join(lacking)}", SETUP)
    return ok("packages", f"{len(PACKAGES)} present")


def rooms() -> Finding:
    lacking = [name for name in ROOMS if not _found(name)]
    if lacking:
        return failing("application", f"not importable: {', '.join(lacking)}", SETUP)
    return ok("application", "API, worker, workflows and activities are importable")


def sample() -> Finding:
    if not _found("examples.sample_api"):
        return failing("sample API", "not importable", f"{SETUP}, or start with --no-sample")
    return ok("sample API", "importable")


async def temporal_program() -> Finding:
    try:
        return ok("temporal program", await _said(programs.temporal_binary(), "--version"))
    except (StackError, OSError) as error:
        return failing("temporal program", str(error), f"{SETUP}, or set VARLOR_TEMPORAL_ADDRESS")


async def valkey_program() -> Finding:
    try:
        return ok("valkey program", await _said(programs.valkey_binary(), "--version"))
    except (StackError, OSError) as error:
        return failing("valkey program", str(error), f"{SETUP}, or set VARLOR_REDIS_URL")


async def _said(program: Path, *arguments: str) -> str:
    """The first line a program prints; StackError when it does not run here."""
    process = await asyncio.create_subprocess_exec(
        program, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise StackError(f"{program} does not run on this machine (exit code {process.returncode})")
    return output.decode(errors="replace").strip().split("\n")[0]


def _installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False
