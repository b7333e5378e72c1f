"""The leanest loops we know, without a product around them. Run in the environment of `raw.txt`.

`arrow`: pyreqwest, eight pages in flight, whole pages through Arrow's JSON reader on two threads, one Parquet
file. `httpx2`: the same loop with httpx2, page after page, by the cursor that each page names.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import httpx2 as http
import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq
from pyreqwest.client import ClientBuilder

IN_FLIGHT = 8
ROW_GROUP = 50_000


def decoded(body: bytes, schema: pa.Schema | None) -> tuple[pa.Table, Any, pa.Schema]:
    """The page's records, its `next`, and the schema that it had."""
    found = pj.read_json(
        pa.BufferReader(body),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(body) + 1),
        parse_options=pj.ParseOptions(explicit_schema=schema),
    )
    records = found.column("data").chunk(0).flatten()
    names = [field.name for field in records.type]
    following = found.column("next")[0].as_py() if "next" in found.column_names else None
    return pa.table(dict(zip(names, records.flatten(), strict=True))), following, found.schema


class Sink:
    """One Parquet file in row groups of 50,000."""

    def __init__(self, folder: str) -> None:
        self._path = Path(folder) / "rows.parquet"
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self.rows += table.num_rows
        if sum(part.num_rows for part in self._waiting) >= ROW_GROUP:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            whole = pa.concat_tables(self._waiting, promote_options="default")
            self._waiting = []
            if self._writer is None:
                self._writer = pq.ParquetWriter(
                    self._path, whole.schema, compression="zstd", use_dictionary=False
                )
            self._writer.write_table(whole)

    def close(self) -> None:
        self.flush()
        if self._writer is not None:
            self._writer.close()


async def bodies(address: str, size: int, rows: int) -> AsyncIterator[bytes]:
    """Every page of `/offset` in order, up to eight under way."""
    async with ClientBuilder().build() as client:

        async def get(offset: int) -> bytes:
            response = await client.get(f"{address}/offset?offset={offset}&limit={size}").build().send()
            return bytes(await response.bytes())

        waiting = [asyncio.create_task(get(at * size)) for at in range(min(IN_FLIGHT, -(-rows // size)))]
        for at in range(0, rows, size):
            ahead = at + IN_FLIGHT * size
            if ahead < rows:
                waiting.append(asyncio.create_task(get(ahead)))
            yield await waiting.pop(0)


async def arrow(address: str, size: int, rows: int, sink: Sink) -> None:
    loop, schema = asyncio.get_running_loop(), None
    with ThreadPoolExecutor(2) as threads:
        waiting: list[asyncio.Future[tuple[pa.Table, Any, pa.Schema]]] = []
        async for body in bodies(address, size, rows):
            if schema is None:
                table, _, schema = decoded(body, None)
                sink.add(table)
                continue
            waiting.append(loop.run_in_executor(threads, decoded, body, schema))
            if len(waiting) > 2:
                sink.add((await waiting.pop(0))[0])
        for each in waiting:
            sink.add((await each)[0])


async def httpx2(address: str, size: int, _rows: int, sink: Sink) -> None:
    async with http.AsyncClient() as client:
        cursor: str | None = "0"
        schema: pa.Schema | None = None
        while cursor is not None:
            answer = await client.get(f"{address}/cursor", params={"cursor": cursor, "limit": size})
            table, cursor, found = decoded(answer.content, None)
            schema = schema or found
            sink.add(table)


def main(address: str, size: int, folder: str, rows: int, loop: str) -> None:
    sink = Sink(folder)
    began, spent = monotonic(), process_time()
    asyncio.run({"arrow": arrow, "httpx2": httpx2}[loop](address, size, rows, sink))
    sink.close()
    wall, cpu = monotonic() - began, process_time() - spent
    if sink.rows != rows:
        raise SystemExit(f"read {sink.rows} rows of {rows}")
    print(wall, cpu)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5])
