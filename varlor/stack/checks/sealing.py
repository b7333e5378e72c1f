"""Which master key seals what, and whether one that is still needed is missing."""

from datetime import UTC, datetime

from varlor.crypto import EncryptionService, Keyring, key_provider
from varlor.errors import VarlorError
from varlor.settings import Settings
from varlor.stack.checks.finding import Finding, missing, ok, warning
from varlor.stack.state import StateDir
from varlor.storage import SqlStore, create_engine


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def rows(folder: StateDir, settings: Settings) -> Finding:
    """How many sealed rows are under each key."""
    file = folder.path / "varlor.db"
    if not settings.database_url and not file.exists():
        return ok("sealed rows", "none yet")
    try:
        ring = _ring(folder, settings)
        usage = await _usage(settings.database_url or f"sqlite:///{file}", ring) if ring else {}
    except (VarlorError, OSError) as error:
        said = error.detail if isinstance(error, VarlorError) else str(error)
        return warning("sealed rows", said, "correct what the lines above name first")
    if ring is None:
        return warning("sealed rows", "no master key is given", "set VARLOR_MASTER_KEYS")
    return _judged(usage, ring)


def _judged(usage: dict[str, int], ring: Keyring) -> Finding:
    said = ", ".join(f"{key}: {count:,}" for key, count in usage.items()) or "none yet"
    left = {key for key, count in usage.items() if count and key != ring.newest}
    if lost := sorted(left - set(ring.versions)):
        return missing("sealed rows", said, f"give the master key {' and '.join(lost)} back")
    if left:
        return warning("sealed rows", said, "run `varlor keys rotate`")
    return ok("sealed rows", said)


def _ring(folder: StateDir, settings: Settings) -> Keyring | None:
    if settings.master_keys or settings.master_keys_file or settings.master_keys_kms:
        return key_provider(settings).keyring()
    return Keyring.parse(folder.keys().master) if folder.has_keys() else None


async def _usage(address: str, ring: Keyring) -> dict[str, int]:
    engine = create_engine(address)
    store = SqlStore(engine, EncryptionService(ring), _Clock(), lambda tenant, dataset: f"{tenant}/{dataset}")
    try:
        return dict(await store.key_usage())
    finally:
        await engine.dispose()
