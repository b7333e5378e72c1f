"""Which master key seals what, and whether one that is still needed is missing or is another one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from varlor.crypto import EncryptionService, Keyring, key_provider, new_master_key
from varlor.errors import VarlorError
from varlor.settings import Settings
from varlor.stack.checks.finding import Finding, failing, ok, warning
from varlor.stack.state import StateDir
from varlor.storage import SqlStore, create_engine

MEANS: Final = ("master_keys", "master_keys_file", "master_keys_kms")


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def given(settings: Settings) -> str:
    """By which settings the master keys come; empty when they are the state folder's own."""
    return " and ".join(f"VARLOR_{name.upper()}" for name in MEANS if getattr(settings, name) is not None)


def ring(folder: StateDir, settings: Settings) -> Keyring | None:
    """The master keys that a start would use; None where it would make them. Raises as their reading does."""
    if given(settings):
        return key_provider(settings).keyring()
    return Keyring.parse(folder.keys().master) if folder.has_keys() else None


async def rows(folder: StateDir, settings: Settings) -> Finding:
    """How many sealed rows are under each key, and whether each of the keys still opens them."""
    file = folder.path / "varlor.db"
    if not settings.database_url and not file.exists():
        return ok("sealed rows", "none yet")
    try:
        keys = ring(folder, settings)
        stand_in = keys or Keyring.parse(new_master_key("none"))
        usage, lost = await _asked(settings.database_url or f"sqlite:///{file}", stand_in)
    except (VarlorError, OSError) as error:
        said = error.detail if isinstance(error, VarlorError) else str(error)
        return warning("sealed rows", said, "correct what the lines above name first")
    if lost:
        return _lost(lost, None if given(settings) else folder.path / "keys.json")
    if keys is None:
        return warning("sealed rows", "no master key is given", "set VARLOR_MASTER_KEYS")
    said = ", ".join(f"{key}: {count:,}" for key, count in usage.items())
    if any(count for key, count in usage.items() if key != keys.newest):
        return warning("sealed rows", said, "run `varlor keys rotate`")
    return ok("sealed rows", said)


def _lost(lost: Mapping[str, int], file: Path | None) -> Finding:
    names = " and ".join(sorted(lost))
    said = (
        f"{sum(lost.values()):,} need the master key {names}, which is missing or is another key of that name"
    )
    remedy = f"put {file} back from its backup" if file else f"give {names} back, after the newest key"
    return failing("sealed rows", said, f"{remedy} (docs/runbook.md, rotate-keys)")


async def _asked(address: str, keys: Keyring) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """The rows under each key, and those that it does not open."""
    engine = create_engine(address)
    store = SqlStore(engine, EncryptionService(keys), _Clock(), lambda tenant, dataset: f"{tenant}/{dataset}")
    try:
        return await store.key_usage(), await store.lost_keys()
    finally:
        await engine.dispose()
