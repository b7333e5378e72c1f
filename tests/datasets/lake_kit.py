"""Pages as the connectors room hands them over, and one dataset as its readers see it."""

from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from deltalake import DeltaTable

from varlor.contracts.run import Counters
from varlor.datasets import DeltaDatasets
from varlor.errors import SourceError
from varlor.ports import LandingTarget, RunState


class FakePage:
    """`ports.PageResponse` of given bytes."""

    def __init__(self, body: bytes, record_path: str = "$") -> None:
        self.body = body
        self.record_path = record_path
        self.parsed = 0

    def document(self) -> Any:
        self.parsed += 1
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise SourceError("not_json", "not JSON") from error


class Parsed(FakePage):
    """A page whose document holds what orjson cannot, as the connectors room parses it."""

    def __init__(self, document: Any) -> None:
        super().__init__(b"?")
        self._document = document

    def document(self) -> Any:
        return self._document


def page(*records: Any) -> FakePage:
    return FakePage(orjson.dumps(list(records)))


def wrapped(records: list[Any], **envelope: Any) -> FakePage:
    return FakePage(orjson.dumps({"data": records, **envelope}), "$.data")


def state(position: int, *, done: bool = False, rows: int = 0) -> RunState:
    return RunState(cursor={"at": position}, counters=Counters(rows=rows), done=done)


class Lake:
    """One dataset of a lake, as its readers see it."""

    def __init__(self, datasets: DeltaDatasets, options: dict[str, str]) -> None:
        self.datasets = datasets
        self.location = datasets.location("acme", "ds_1")
        self.options = options

    def target(self, run: str = "run_1", mode: Any = "append", **more: Any) -> LandingTarget:
        return LandingTarget(location=self.location, run_id=run, write_mode=mode, **more)

    def table(self) -> DeltaTable:
        return DeltaTable(self.location, storage_options=self.options)

    def rows(self, *, own: bool = False) -> list[dict[str, Any]]:
        """Every row, by Delta's own reader, in no promised order."""
        table: pa.Table = self.table().to_pyarrow_table()
        return [
            {k: v for k, v in row.items() if own or not k.startswith("_varlor_")} for row in table.to_pylist()
        ]

    def types(self) -> dict[str, str]:
        return {f.name: str(f.type) for f in pa.schema(self.table().schema())}

    def bytes_on_disk(self, below: str = "") -> int:
        return sum(p.stat().st_size for p in (Path(self.location) / below).rglob("*.parquet"))

    async def sync(self, target: LandingTarget, *pages: FakePage) -> list[Any]:
        """One run from beginning to end; the schema changes it recorded."""
        landing = await self.datasets.open(target)
        changes: list[Any] = []
        for number, one in enumerate(pages, 1):
            await landing.add(one)
            changes += await landing.commit(state(number, done=number == len(pages)))
        await self.datasets.publish(target, heartbeat=lambda _: None)
        return changes
