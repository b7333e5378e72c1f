"""The datasets of one installation: Delta tables under one root, a local folder or an S3 prefix."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal

from varlor.contracts.dataset import RowsPage, TableFacts
from varlor.contracts.incremental import CursorValue
from varlor.datasets.compaction import DeltaCompaction, compaction
from varlor.datasets.distinct import distinct_values
from varlor.datasets.export import export_of
from varlor.datasets.facts import facts_of
from varlor.datasets.files import Heartbeat
from varlor.datasets.landing import DeltaLanding
from varlor.datasets.place import Place, storage
from varlor.datasets.preview import rows_of
from varlor.datasets.progress import reset
from varlor.datasets.publish import discard, publish, staging_folder, write_mode
from varlor.datasets.table import Table, begun
from varlor.datasets.vacuum import clean
from varlor.errors import FencedError, InvalidInputError
from varlor.ports import LandingTarget, Parents

_DECODERS: Final = 2  # threads of all syncs together: each keeps memory of its own
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class DeltaDatasets:
    """`ports.Datasets`. Every method may raise PartUnavailableError; all work is done in threads."""

    def __init__(self, root: str, storage_options: Mapping[str, str]) -> None:
        local = root.removeprefix("file://")
        self._root = (root if "://" in local else str(Path(local).absolute())).rstrip("/")
        self._options = dict(storage_options)
        self._threads = ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode")

    def location(self, tenant: str, dataset: str) -> str:
        """The table's address; the ids become folder names, so anything else in them is refused."""
        if not _ID.fullmatch(tenant) or not _ID.fullmatch(dataset):
            raise InvalidInputError("An id holds only letters, digits, `_` and `-`, at most 64.")
        return f"{self._root}/{tenant}/{dataset}"

    async def open(self, target: LandingTarget, *, heartbeat: Heartbeat | None = None) -> DeltaLanding:
        """Begin or go on with the run's landing; FencedError when its time has passed.

        `heartbeat` is told of each step of a commit that has to rewrite the table. A cancel waits for the
        thread: what it began would come after the next attempt's beginning, and fence that one off.
        """
        opening = asyncio.ensure_future(asyncio.to_thread(self._open, target, _from_thread(heartbeat)))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.wait({opening})
            raise

    async def publish(self, target: LandingTarget, *, heartbeat: Heartbeat) -> None:
        place = self._place(target.location)
        await asyncio.to_thread(publish, place, target, _from_thread(heartbeat))

    async def discard(self, target: LandingTarget) -> None:
        await asyncio.to_thread(discard, self._place(target.location), target)

    async def values(self, location: str, column: str, version: int | None) -> Parents:
        return await asyncio.to_thread(distinct_values, self._place(location), column, version)

    async def reset(self, location: str, from_: CursorValue | None) -> None:
        await asyncio.to_thread(reset, self._place(location), from_)

    async def compaction(self, location: str, *, heartbeat: Heartbeat) -> DeltaCompaction | None:
        return await asyncio.to_thread(compaction, self._place(location), _from_thread(heartbeat))

    async def clean(self, location: str, *, keep_hours: int, heartbeat: Heartbeat) -> tuple[int, bool]:
        return await asyncio.to_thread(clean, self._place(location), keep_hours, _from_thread(heartbeat))

    async def facts(self, location: str) -> TableFacts:
        """Of the newest version; empty while there is no table."""
        table = await asyncio.to_thread(Table.find, self._place(location))
        return TableFacts() if table is None else await asyncio.to_thread(facts_of, table)

    async def rows(self, location: str, *, limit: int, offset: int) -> RowsPage:
        """At most 1,000 rows, in the order in which they came."""
        table = await asyncio.to_thread(Table.find, self._place(location))
        if table is None:
            return RowsPage(columns=[], rows=[], version=None, offset=offset, row_count=0)
        return await asyncio.to_thread(rows_of, table, limit=limit, offset=offset)

    async def export(
        self, location: str, format_: Literal["parquet", "csv", "jsonl"]
    ) -> AsyncIterator[bytes]:
        """The newest version as it is when the first chunk is asked for, whatever is committed meanwhile."""
        table = await asyncio.to_thread(Table.find, self._place(location))
        chunks = export_of(table, format_)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            if chunk:
                yield chunk

    async def delete(self, location: str) -> None:
        """The whole folder; idempotent."""
        await asyncio.to_thread(self._delete, location)

    def _delete(self, location: str) -> None:
        with storage():
            self._place(location).remove()

    def _place(self, location: str) -> Place:
        """Only a folder below the root is ours to touch."""
        parts = location.removeprefix(f"{self._root}/").split("/")
        if not location.startswith(f"{self._root}/") or not all(map(_ID.fullmatch, parts)):
            raise InvalidInputError("The location is not one of this installation's datasets.")
        return Place(location, self._options)

    def _open(self, target: LandingTarget, heartbeat: Heartbeat) -> DeltaLanding:
        place = self._place(target.location)
        main = begun(place, target.run_id, again=target.write_mode == "append")
        if main.mark.published:
            return DeltaLanding(target, main, heartbeat, self._threads, closed=True)
        if write_mode(main, target) == "append":
            return DeltaLanding(target, main, heartbeat, self._threads)
        if main.mark.ended:
            raise FencedError("This run has ended; it can write no more.")
        beside = place.child(staging_folder(target.run_id))
        staged = begun(beside, target.run_id, like=main)
        return DeltaLanding(target, staged, heartbeat, self._threads, main=main)


def _from_thread(heartbeat: Heartbeat | None) -> Heartbeat:
    """The same, to be called in a worker's thread and told in the loop's; a context goes along."""
    if heartbeat is None:
        return lambda _: None
    loop = asyncio.get_running_loop()

    def beat(text: str) -> None:
        loop.call_soon_threadsafe(heartbeat, text)

    return beat
