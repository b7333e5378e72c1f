"""The state folder, its keys and files, the disk below it, and the ports that a start would need."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from varlor.errors import VarlorError
from varlor.presets import PresetCatalog
from varlor.settings import Settings
from varlor.stack.checks import sealing
from varlor.stack.checks.finding import Finding, failing, ok, warning
from varlor.stack.errors import StackError
from varlor.stack.keys import RESTORE
from varlor.stack.ports import is_free
from varlor.stack.state import StateDir

NEEDED: Final = 200_000_000  # bytes
COMFORTABLE: Final = 2_000_000_000  # bytes
SQLITE: Final = b"SQLite format 3\x00"
"""What every database file of SQLite begins with; an empty file is one, too."""


def state(folder: StateDir) -> Finding:
    folder.check_name()
    place = next(place for place in (folder.path, *folder.path.parents) if place.exists())
    if not place.is_dir():
        return failing("state folder", f"{place} is a file", "move it away, or give another --state-dir")
    if not os.access(place, os.W_OK):
        return failing("state folder", f"{place} cannot be written", "give another --state-dir")
    running = folder.running()
    said = f"a stack runs (pid {running.pid})" if running else "no stack runs"
    return ok("state folder", f"{folder.path}: {said}")


def keys(folder: StateDir, settings: Settings) -> Finding:
    file = folder.path / "keys.json"
    given = sealing.given(settings)
    try:
        ring = sealing.ring(folder, settings)
    except VarlorError as error:
        return failing(
            "keys", error.detail.removesuffix(f": {RESTORE}"), "correct the setting" if given else RESTORE
        )
    if given:
        return ok("keys", f"given by {given}")
    if ring is None:
        if (folder.path / "varlor.db").exists():
            return warning("keys", f"{file} is not there", "if it was before, put it back from its backup")
        return ok("keys", "made at the first start")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return warning("keys", f"{file} can be read by others", f"chmod 600 {file}")
    return ok("keys", str(file))


def disk(folder: StateDir) -> Finding:
    free = shutil.disk_usage(_nearest(folder.path)).free
    said = f"{free / 1e9:.1f} GB free"
    if free < NEEDED:
        return failing("disk", said, "free some space, or give a --state-dir on another disk")
    if free < COMFORTABLE:
        return warning("disk", said, "datasets may soon not fit: free some space")
    return ok("disk", said)


def presets(settings: Settings) -> Finding:
    """The installation's own presets; one that cannot be read is left out, which nobody else is told."""
    if settings.presets_dir is not None and not settings.presets_dir.is_dir():
        return warning(
            "presets", f"{settings.presets_dir} is no folder", "make it, or unset VARLOR_PRESETS_DIR"
        )
    catalog = PresetCatalog(settings.presets_dir)
    broken = [f"{path.name}: {why}" for path, why in catalog.broken().items()]
    if broken:
        return warning("presets", " ".join(broken), "mend or remove the file; `varlor presets check FILE`")
    return ok("presets", f"{len(catalog.all())} to choose from")


def ports(folder: StateDir, settings: Settings) -> Iterator[Finding]:
    """The ports as last time, else the defaults; a running stack of this folder may hold them."""
    try:
        known = folder.ports()
    except StackError:
        file = folder.path / "ports.json"
        yield failing("ports", f"{file} cannot be read", "delete it, it only remembers which ports were used")
        return
    wanted = [("API", known.api if known else 8000, "--port")]
    if "temporal_address" not in settings.model_fields_set:
        wanted.append(("Temporal", known.temporal if known else 7233, "--temporal-port"))
        wanted.append(("Temporal Web", known.temporal_ui if known else 8233, "--temporal-ui-port"))
    for part, port, flag in wanted:
        if folder.is_locked():
            yield ok(f"port {port}", f"{part}: held by the stack that runs on this folder")
        elif is_free(port):
            yield ok(f"port {port}", f"{part}: free")
        else:
            yield failing(f"port {port}", f"{part}: taken by another program", f"start with {flag}")


def workflows(folder: StateDir) -> Finding:
    """Where the embedded Temporal keeps what it does."""
    file = folder.path / "temporal.db"
    if not file.exists():
        return ok("workflow store", "made at the first start")
    with file.open("rb") as opened:
        start = opened.read(len(SQLITE))
    if start and start != SQLITE:
        remedy = (
            "restore it from a backup; or move it away: then what runs is lost, and schedules are resumed"
        )
        return failing("workflow store", f"{file} is damaged, or is no database", remedy)
    return ok("workflow store", str(file))


def _nearest(path: Path) -> Path:
    """The folder itself, else the nearest one above it that exists."""
    return next(place for place in (path, *path.parents) if place.is_dir())
