"""Children of a user, files of a whole collection, and exports that are made in their own time."""

import csv
import gzip
import io
import itertools
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Header, HTTPException, Response
from pydantic import BaseModel, Field

from examples.sample_api import paging
from examples.sample_api.data import Collection, SampleData
from examples.sample_api.records import Order, Problem

Format = Literal["jsonl", "csv"]
_TYPES: dict[str, str] = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_LOOKS = 2  # at an export until it is done


class ExportRequest(BaseModel):
    collection: Literal["users", "orders", "events"] = "orders"
    format: Format = "jsonl"
    compressed: bool = Field(False, description="Packed by gzip")


class Export(BaseModel):
    id: str
    status: Literal["queued", "completed"]
    file: str | None = Field(description="Relative to this answer's address; null until it is completed")


@dataclass(slots=True)
class _Job:
    wanted: ExportRequest
    looks: int = 0


def add_exports(router: APIRouter, data: SampleData) -> None:
    """Also `GET /v1/exports`, which lists the jobs there are."""
    collections = {"users": data.users, "orders": data.orders, "events": data.events}
    _add_children(router, data)
    _add_files(router, collections)
    _add_jobs(router, collections)


def _add_children(router: APIRouter, data: SampleData) -> None:
    @router.get(
        "/v1/users/{user_id}/orders",
        response_model=paging.CursorPage[Order],
        tags=["v1"],
        operation_id="list_user_orders",
        responses={404: {"model": Problem}},
    )
    def orders_of(user_id: int, cursor: paging.Token = None, limit: paging.Size = 100) -> Response:
        """A user's orders."""
        if not 1 <= user_id <= len(data.users):
            raise HTTPException(404, "No such user.")
        return paging.by_cursor(data.orders.where(lambda row: row["user_id"] == user_id))(cursor, limit)

    _ = orders_of


def _add_files(router: APIRouter, collections: dict[str, Collection]) -> None:
    @router.get("/v1/files/{collection}.{format_}", tags=["files"], operation_id="get_file")
    def file(collection: Literal["users", "orders", "events"], format_: Format) -> Response:
        """All records of a collection as one file."""
        return Response(_file(collections[collection], format_), media_type=_TYPES[format_])

    _ = file


def _add_jobs(router: APIRouter, collections: dict[str, Collection]) -> None:
    jobs: dict[str, _Job] = {}
    numbers = itertools.count(1)

    def job_of(export_id: str) -> _Job:
        if export_id not in jobs:
            raise HTTPException(404, "No such export.")
        return jobs[export_id]

    def shown(export_id: str) -> Export:
        done = jobs[export_id].looks > _LOOKS
        return Export(
            id=export_id,
            status="completed" if done else "queued",
            file=f"{export_id}/file" if done else None,
        )

    @router.post("/v1/exports", status_code=202, tags=["exports"], operation_id="start_export")
    def start(wanted: ExportRequest) -> Export:
        """Ask for an export; look at it until it is completed."""
        export_id = f"exp_{next(numbers)}"
        jobs[export_id] = _Job(wanted)
        return shown(export_id)

    @router.get("/v1/exports", tags=["exports"], operation_id="list_exports")
    def list_all() -> list[Export]:
        return [shown(each) for each in jobs]

    @router.get(
        "/v1/exports/{export_id}",
        tags=["exports"],
        operation_id="get_export",
        responses={404: {"model": Problem}},
    )
    def get(export_id: str) -> Export:
        job_of(export_id).looks += 1
        return shown(export_id)

    @router.get("/v1/exports/{export_id}/file", tags=["exports"], operation_id="download_export")
    def download(export_id: str, range_: Annotated[str | None, Header(alias="range")] = None) -> Response:
        """The finished export; answers ranges."""
        wanted = job_of(export_id).wanted
        content = _file(collections[wanted.collection], wanted.format)
        content = gzip.compress(content, mtime=0) if wanted.compressed else content
        media = "application/gzip" if wanted.compressed else _TYPES[wanted.format]
        return _part(content, range_, media)

    _ = start, list_all, get, download


def _part(content: bytes, wanted: str | None, media: str) -> Response:
    """One range (RFC 9110 section 14), or the whole."""
    found = _RANGE.fullmatch(wanted or "")
    headers = {"ETag": f'"{len(content)}"', "Accept-Ranges": "bytes"}
    if found is None:
        return Response(content, media_type=media, headers=headers)
    first, last = int(found[1]), min(int(found[2] or len(content)), len(content) - 1)
    if first >= len(content):
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(content[first : last + 1], status_code=206, media_type=media, headers=headers)


def _file(rows: Collection, format_: str) -> bytes:
    if format_ == "jsonl":
        return b"".join(line + b"\n" for line in rows.encoded)
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow(rows.records[0])
    writer.writerows([_plain(value) for value in record.values()] for record in rows.records)
    return sink.getvalue().encode()


def _plain(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict | list | bool) else value
