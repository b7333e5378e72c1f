"""Brings a fetched dataset into a local folder: a Delta table of its own, or one file."""

import asyncio
import os
import tempfile
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import write_deltalake

from varlor.cli.client import ApiClient
from varlor.cli.failures import CommandError


class OutputFormat(StrEnum):
    """What `varlor fetch` leaves behind."""

    DELTA = "delta"
    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


def require_room(folder: Path, format_: OutputFormat) -> None:
    """Raises CommandError, before anything is fetched, when the folder cannot take the data."""
    place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise CommandError(f"{place} is not a folder that can be written: give another with --out")
    taken = place == folder and any(folder.iterdir()) and not (folder / "_delta_log").is_dir()
    if format_ is OutputFormat.DELTA and taken:
        raise CommandError(f"{folder} holds other files: give an empty folder, or a Delta table, with --out")


async def deliver(api: ApiClient, dataset_id: str, name: str, folder: Path, format_: OutputFormat) -> None:
    """Write the dataset below `folder`; a Delta table that is already there gets a new version."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    path = f"/datasets/{dataset_id}/export"
    if format_ is not OutputFormat.DELTA:
        await api.download(path, folder / f"{name}.{format_.value}", format=format_.value)
        return
    with tempfile.TemporaryDirectory(prefix="varlor-export-") as draft:
        file = Path(draft) / "rows.parquet"
        await api.download(path, file, format="parquet")
        await asyncio.to_thread(_write_delta, file, folder)


def _write_delta(file: Path, folder: Path) -> None:
    with pq.ParquetFile(file) as rows:
        batches = pa.RecordBatchReader.from_batches(rows.schema_arrow, rows.iter_batches())
        write_deltalake(str(folder), batches, mode="overwrite", schema_mode="overwrite")
