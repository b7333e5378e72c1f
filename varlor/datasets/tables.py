"""The datasets of one installation: Delta tables under one root, a local folder or an S3 prefix."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Final, Literal

from varlor.contracts.dataset import RowsPage, TableFacts
from varlor.datasets.export import export_of
from varlor.datasets.facts import facts_of
from varlor.datasets.landing import DeltaLanding
from varlor.datasets.place import Place, storage
from varlor.datasets.preview import rows_of
from varlor.datasets.publish import discard, publish, staging_folder
from varlor.datasets.table import Mark, Table
from varlor.errors import FencedError, InvalidInputError
from varlor.ports import LandingTarget

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class DeltaDatasets:
    """`ports.Datasets`. Every method may raise PartUnavailableError; all work is done in threads."""

    def __init__(self, root: str, storage_options: Mapping[str, str]) -> None:
        local = root.removeprefix("file://")
        self._root = (root if "://" in local else str(Path(local).absolute())).rstrip("/")
        self._options = dict(storage_options)

    def location(self, tenant: str, dataset: str) -> str:
        """The table's address; the ids become folder names, so anything else in them is refused."""
        if not _ID.fullmatch(tenant) or not _ID.fullmatch(dataset):
            raise InvalidInputError("An id holds only letters, digits, `_` and `-`, at most 64.")
        return f"{self._root}/{tenant}/{dataset}"

    async def open(self, target: LandingTarget) -> DeltaLanding:
        """Begin or go on with the run's landing; FencedError when its time has passed."""
        return await asyncio.to_thread(self._open, target)

    async def publish(self, target: LandingTarget, *, heartbeat: Callable[[str], None]) -> None:
        if target.write_mode == "append":
            return
        loop = asyncio.get_running_loop()
        place = self._place(target.location)

        def beat(text: str) -> None:
            loop.call_soon_threadsafe(heartbeat, text)

        await asyncio.to_thread(publish, place, target, beat)

    async def discard(self, target: LandingTarget) -> None:
        await asyncio.to_thread(discard, self._place(target.location), target)

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

    def _open(self, target: LandingTarget) -> DeltaLanding:
        place = self._place(target.location)
        main = Table.find(place) or Table.create(place)
        if target.write_mode == "append":
            main.begin(target.run_id)
            return DeltaLanding(target, main)
        if main.mark.run_id != target.run_id:
            main.begin(target.run_id)
        if main.mark.published:
            return DeltaLanding(target, main, closed=True)
        if main.mark.ended:
            raise FencedError("This run has ended; it can write no more.")
        beside = place.child(staging_folder(target.run_id))
        seed = Mark(columns=main.mark.columns)
        staged = Table.find(beside) or Table.create(beside, main.schema, seed)
        staged.begin(target.run_id)
        return DeltaLanding(target, staged, order=main.sequence)
