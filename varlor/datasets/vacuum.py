"""Old versions and orphans of a table are deleted once nobody can need them any more."""

from typing import Final

from varlor.datasets.files import Heartbeat
from varlor.datasets.place import Place, storage
from varlor.datasets.publish import staging_folder
from varlor.datasets.table import Table

_BEAT: Final = 50  # files


def clean(place: Place, keep_hours: int, heartbeat: Heartbeat) -> tuple[int, bool]:
    """Vacuum, then a checkpoint, and commits before it that are older than the table's own limit go."""
    table = Table.find(place)
    if table is None:
        return 0, False
    cleaned = vacuum(table, keep_hours, heartbeat)
    with storage():
        table.delta.create_checkpoint()
        table.delta.cleanup_metadata()
    return cleaned


def vacuum(table: Table, keep_hours: int, heartbeat: Heartbeat) -> tuple[int, bool]:
    """Delete files that left the table `keep_hours` ago or more, and files that old which no commit names.

    How many were deleted, and whether younger ones will be due later. What the newest version reads is
    never touched, nor what the newest run has landed beside the table: it may be paused for as long as it
    likes.
    """
    own = staging_folder(table.mark.run_id) if table.mark.run_id else ""
    with storage():
        there = table.place.files()
    doomed = [path for path in _unneeded(table, keep_hours, own) if path in there]
    for number, path in enumerate(doomed, 1):
        if number % _BEAT == 1:
            heartbeat(f"deleting file {number} of {len(doomed)}")
        with storage():
            table.place.delete(path)
    return len(doomed), not there.isdisjoint(set(_unneeded(table, 0, own)) - set(doomed))


def _unneeded(table: Table, hours: int, own: str) -> list[str]:
    """By deltalake's own rules: it knows when each file left, and spares what is live or hidden at the top.

    So landings that were never published go with their logs: their runs ended without a word. Files that
    were deleted before are among them, for as long as the log remembers.
    """
    with storage():
        listed = table.delta.vacuum(
            retention_hours=hours, dry_run=True, enforce_retention_duration=False, full=True
        )
    return [path for path in listed if not (own and path.startswith(own))]
