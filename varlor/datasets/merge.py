"""A merge by primary key without holding the table: keys in slices, a mask a file, one commit.

Each staged row takes the place of every row with its key, and of staged rows that came before it.
Only files that hold such a row are written anew, streamed; all else is left as it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pyarrow as pa
from deltalake.transaction import AddAction, RemoveAction

from varlor.datasets.compute import pc
from varlor.datasets.conform import conform_table
from varlor.datasets.files import Heartbeat, LiveFile, live_files, read, renamed, write
from varlor.datasets.kinds import TEXT
from varlor.datasets.place import Place
from varlor.datasets.table import Table

SLICE: Final = 300_000  # staged rows whose keys are held at once
_KEY: Final = "key"


class Merge:
    """One merge of a staged table into the main one, which already has all its columns.

    `anew`: the staged rows are to be all there is, and what the main table holds is of no account.
    """

    def __init__(
        self,
        main: Table,
        staged: Table,
        folder: str,
        keys: Sequence[str],
        heartbeat: Heartbeat,
        *,
        anew: bool = False,
    ) -> None:
        self._main, self._staged, self._folder = main, staged, folder
        self._keys = list(keys)
        self._heartbeat = heartbeat
        self._old = [] if anew else live_files(main)
        self._new = live_files(staged)
        self._schema = staged.schema if anew else main.schema
        self._dropped: dict[str, pa.BooleanArray] = {}

    def actions(self) -> list[AddAction | RemoveAction]:
        """What the one commit has to do. Writes files, commits nothing."""
        for at, group in _slices(self._new):
            self._heartbeat(f"merging: looking for keys, {at} of {len(self._new)} new files")
            self._find(self._new[:at], group)
        return [*self._replaced(), *self._added()]

    def _find(self, earlier: list[LiveFile], group: list[LiveFile]) -> None:
        """Mark every row that this slice of staged rows takes the place of."""
        parts = [part for file in group for part in self._keys_of(self._staged.place, file)]
        keys = pa.chunked_array(parts, self._key_kind()).combine_chunks()
        superseded = _all_but_last(keys)
        start = 0
        for file in group:
            self._mark(file, superseded.slice(start, file.rows))
            start += file.rows
        known = keys.unique()
        for file in earlier:
            self._mark(file, self._among(self._staged.place, file, known))
        bounds = pc.min_max(known).as_py()
        for file in self._old:
            if self._may_hold(file, bounds):
                self._mark(file, self._among(self._main.place, file, known))

    def _may_hold(self, file: LiveFile, bounds: dict[str, object]) -> bool:
        """Whether the file's statistics leave room for one of the keys; compound keys have none."""
        least, most = file.least.get(self._keys[0]), file.most.get(self._keys[0])
        if len(self._keys) > 1 or least is None or most is None:
            return True
        return bool(least <= bounds["max"] and bounds["min"] <= most)  # pyright: ignore[reportOperatorIssue] - both are of the key column's type

    def _mark(self, file: LiveFile, mask: pa.BooleanArray) -> None:
        if mask.true_count:
            before = self._dropped.get(file.path)
            self._dropped[file.path] = mask if before is None else pc.or_(before, mask)

    def _among(self, place: Place, file: LiveFile, known: pa.Array) -> pa.BooleanArray:
        """True for each row of the file whose key is a known one; a slice of it is held at a time."""
        masks = [
            pc.is_in(keys, value_set=known, skip_nulls=True) for keys in _joined(self._keys_of(place, file))
        ]
        return pa.chunked_array(masks, pa.bool_()).combine_chunks()

    def _keys_of(self, place: Place, file: LiveFile) -> Iterator[pa.Array]:
        """One value a row that tells keys apart, by batches; null where a part of the key is missing."""
        schema = pa.schema([self._schema.field(key) for key in self._keys])
        for part in read(place, file, columns=self._keys):
            columns = [column.combine_chunks() for column in conform_table(part, schema).columns]
            if len(columns) == 1:
                yield columns[0]
                continue
            texts = [column.cast(TEXT) for column in columns]
            pieces = [piece for text in texts for piece in (pc.binary_length(text).cast(TEXT), text)]
            yield pc.binary_join_element_wise(*pieces, ":")

    def _key_kind(self) -> pa.DataType:
        return self._schema.field(self._keys[0]).type if len(self._keys) == 1 else TEXT

    def _replaced(self) -> Iterator[AddAction | RemoveAction]:
        touched = [file for file in self._old if file.path in self._dropped]
        for number, file in enumerate(touched, 1):
            self._heartbeat(f"merging: rewriting file {number} of {len(touched)}")
            kept = self._rewritten(self._main.place, file, renamed(file))
            if kept is not None:
                yield kept
            yield file.removal()

    def _added(self) -> Iterator[AddAction]:
        for file in self._new:
            if file.path not in self._dropped:
                yield file.addition(self._folder)
                continue
            kept = self._rewritten(self._staged.place, file, f"{self._folder}{renamed(file)}")
            if kept is not None:
                yield kept

    def _rewritten(self, place: Place, file: LiveFile, path: str) -> AddAction | None:
        return write(self._main.place, path, self._kept(place, file), self._schema)

    def _kept(self, place: Place, file: LiveFile) -> Iterator[pa.Table]:
        keep = pc.invert(self._dropped[file.path])
        start = 0
        for part in read(place, file):
            rows = part.num_rows
            yield conform_table(part.filter(keep.slice(start, rows)), self._schema)
            start += rows


def _slices(files: list[LiveFile]) -> Iterable[tuple[int, list[LiveFile]]]:
    """Neighbouring files whose keys are held together, with the number of files before them."""
    group: list[LiveFile] = []
    begin = 0
    for at, file in enumerate(files):
        if group and sum(f.rows for f in group) + file.rows > SLICE:
            yield begin, group
            group, begin = [], at
        group.append(file)
    if group:
        yield begin, group


def _joined(parts: Iterable[pa.Array]) -> Iterator[pa.Array]:
    """The same values in pieces of about a slice: looking into a set costs as much as the set is large."""
    waiting: list[pa.Array] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) >= SLICE:
            yield pa.concat_arrays(waiting)
            waiting = []
    if waiting:
        yield pa.concat_arrays(waiting)


def _all_but_last(keys: pa.Array) -> pa.BooleanArray:
    """True where the same key comes again further down."""
    rows = pa.array(range(len(keys)), pa.int64())
    last = pa.table({_KEY: keys, "row": rows}).group_by(_KEY).aggregate([("row", "max")]).column("row_max")
    return pc.invert(pc.is_in(rows, value_set=last.combine_chunks()))
