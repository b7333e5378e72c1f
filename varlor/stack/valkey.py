"""The embedded Valkey's configuration: loopback, a password, and a log of appended writes to survive on."""

import os
from pathlib import Path


def write_config(folder: Path, port: int, password: str) -> Path:
    """Write `valkey.conf` (mode 0600, it holds the password); `folder` keeps the data."""
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": f'"{folder}"',
        "daemonize": "no",
        "save": '""',
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    path = folder / "valkey.conf"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.writelines(f"{name} {value}\n" for name, value in options.items())
    return path
