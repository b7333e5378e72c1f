"""Many small files of frequent syncs become few, without anybody noticing: same rows, same order, same state.

A step writes one new file beside the table, in bounded memory, and holds the handle that it read the table
by. Committing it is refused when any writer has committed since; so a sync is never in its way for longer
than that one commit takes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from deltalake.transaction import AddAction, RemoveAction

from varlor.datasets.conform import conform_table
from varlor.datasets.files import Heartbeat, LiveFile, live_files, read, renamed, write
from varlor.datasets.place import Place
from varlor.datasets.table import Table

SMALL: Final = 32 * 1024 * 1024  # bytes of a file; larger ones are left alone
FULL: Final = 128 * 1024 * 1024  # bytes of a group; compressed, so a new file is about as large
LEAST: Final = 8  # files worth a step


class DeltaCompaction:
    """`ports.Compaction`: a new file that waits to take the place of its group."""

    def __init__(self, table: Table, added: Sequence[AddAction], removed: Sequence[RemoveAction]) -> None:
        self._table = table
        self._actions = [*added, *removed]
        self.files = len(removed)

    async def commit(self) -> None:
        """One atomic step that changes no row; FencedError when a writer came in between.

        The run's state in the table's log goes along unchanged.
        """
        mark = self._table.mark.model_copy(update={"operation": "compact"})
        await asyncio.to_thread(self._table.commit, mark, self._actions)


def compaction(place: Place, heartbeat: Heartbeat) -> DeltaCompaction | None:
    """Write the next step's file; None when there is nothing worth doing."""
    table = Table.find(place)
    group = small_files(live_files(table)) if table is not None else []
    if table is None or not group:
        return None
    heartbeat(f"compacting {len(group)} files")
    schema = table.schema
    parts = (conform_table(part, schema) for file in group for part in read(place, file))
    action = write(place, renamed(group[0]), parts, schema)
    added = [] if action is None else [replace(action, data_change=False)]
    removed = [file.removal(data_change=False) for file in group]
    return DeltaCompaction(table, added, removed)


def small_files(files: Sequence[LiveFile]) -> list[LiveFile]:
    """The first neighbours worth joining; neighbours, so that rows keep their order.

    No file is written again for the sake of others that together are smaller: what is once compacted is
    touched again only when it would double, so each row is rewritten a few times in all.
    """
    run: list[LiveFile] = []
    for file in files:
        if file.size < SMALL:
            run.append(file)
        if file.size >= SMALL or sum(each.size for each in run) >= FULL:
            if found := _balanced(run):
                return found
            run = []
    return _balanced(run)


def _balanced(run: list[LiveFile]) -> list[LiveFile]:
    while len(run) >= LEAST:
        largest = max(range(len(run)), key=lambda at: run[at].size)
        if sum(file.size for file in run) >= 2 * run[largest].size:
            return run
        run = max(run[:largest], run[largest + 1 :], key=len)
    return []
