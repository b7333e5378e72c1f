"""The dataset as the API shows it."""

from typing import Annotated, Any

from pydantic import Field

from varlor.contracts.incremental import CursorValue, IncrementalState
from varlor.contracts.model import Id, Model, Name, UtcTime


class Column(Model):
    """A column and its type in Delta's words (long, double, string, boolean, struct<…>, array<…>)."""

    name: str
    type: str


class DatasetVersion(Model):
    """One commit of the table's log; `operation` in words, `run_id` of the run that made it."""

    version: int
    committed_at: UtcTime
    operation: str
    run_id: Id | None = None


class DatasetReset(Model):
    """The next sync starts over: from `from`, or, without it, from nothing.

    From nothing, the rows are served until the next sync that succeeds has replaced them. From a value
    they stay, what is read anew is merged over them, and it stays the start of requests without a position.
    """

    from_: Annotated[CursorValue | None, Field(alias="from")] = None


class TableFacts(Model):
    """What the table itself says of its newest version; `files` and `bytes` are of live files.

    `incremental`: where each incremental request stands. `reset`: a new start was asked for.
    """

    columns: list[Column] = []
    row_count: int = 0
    bytes: int = 0
    files: int = 0
    version: int | None = None
    versions: list[DatasetVersion] = []
    incremental: list[IncrementalState] = []
    reset: DatasetReset | None = None


class Freshness(Model):
    """A dataset's promise: not older than `maxAge` seconds.

    `age`: seconds since a sync last succeeded (or since it was made). `since`: when it became stale.
    """

    max_age: int
    age: int
    stale: bool
    since: UtcTime | None = None


class Dataset(TableFacts):
    """A stored dataset; `location` is the Delta table's address.

    `refreshedAt`: when a sync last succeeded. `maintainedAt`: when its files were last looked after.
    """

    id: Id
    name: Name
    connector_id: Id | None
    location: str
    freshness: Freshness | None = None
    refreshed_at: UtcTime | None = None
    maintained_at: UtcTime | None = None
    created_at: UtcTime
    updated_at: UtcTime


class RowsPage(Model):
    """A slice of rows, in the table's own order; values are JSON."""

    columns: list[Column]
    rows: list[dict[str, Any]]
    version: int | None
    offset: int
    row_count: int
