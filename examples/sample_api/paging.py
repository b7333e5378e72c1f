"""Every way to page through a collection: an answer's shape, and the parameters that turn the page."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import HTTPException, Query, Request, Response
from pydantic import BaseModel, Field

from examples.sample_api.access import KEY_PARAM
from examples.sample_api.data import Collection

T = TypeVar("T")

Size = Annotated[int, Query(ge=1, le=1000, description="Records per page")]
Page = Annotated[int, Query(ge=1, description="The page, counted from 1")]
ZeroPage = Annotated[int, Query(ge=0, description="The page, counted from 0")]
Start = Annotated[int, Query(ge=0, description="How many records to skip")]
Token = Annotated[str | None, Query(description="The cursor of the previous answer; none for the first page")]
SinceId = Annotated[int, Query(ge=0, description="Only records whose id is greater")]


class NextUrlPage(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = Field(description="Address of the next page; null on the last")


class CursorMeta(BaseModel):
    next_cursor: str | None = Field(description="Send as `cursor` for the next page; null on the last")


class CursorPage(BaseModel, Generic[T]):
    data: list[T]
    meta: CursorMeta


class OffsetPage(BaseModel, Generic[T]):
    items: list[T]
    total: int
    offset: int
    limit: int


class NumberedPage(BaseModel, Generic[T]):
    data: list[T]
    page: int
    per_page: int
    total: int
    total_pages: int


def answer(body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers=headers)


def next_cursor(rows: Collection, start: int, size: int) -> str | None:
    if start + size >= len(rows):
        return None
    return base64.urlsafe_b64encode(f"{rows.name}:{start + size}".encode()).decode().rstrip("=")


def read_cursor(rows: Collection, token: str | None) -> int:
    if not token:
        return 0
    try:
        padded = token + "=" * (-len(token) % 4)
        name, _, place = base64.urlsafe_b64decode(padded).decode().partition(":")
        if name == rows.name:
            return max(0, int(place))
    except (binascii.Error, ValueError):
        pass
    raise HTTPException(400, "This cursor is not one of ours.")


def by_link(rows: Collection) -> Callable[..., Response]:
    def read(request: Request, page: Page = 1, per_page: Size = 100) -> Response:
        pages = _pages(rows, per_page)
        places = {"first": 1, "last": pages, "prev": page - 1, "next": page + 1}
        links = [
            f'<{_address(request, page=place)}>; rel="{rel}"'
            for rel, place in places.items()
            if 1 <= place <= pages
        ]
        return answer(rows.page((page - 1) * per_page, per_page), {"Link": ", ".join(links)})

    return read


def by_next_url(rows: Collection, *, relative: bool) -> Callable[..., Response]:
    def read(request: Request, offset: Start = 0, limit: Size = 100) -> Response:
        more = offset + limit < len(rows)
        address = _address(request, offset=offset + limit, limit=limit) if more else None
        if address and relative:
            address = address.removeprefix(f"{request.url.scheme}://{request.url.netloc}")
        return answer({"items": rows.page(offset, limit), "next": address})

    return read


def by_cursor(rows: Collection) -> Callable[..., Response]:
    def read(cursor: Token = None, limit: Size = 100) -> Response:
        start = read_cursor(rows, cursor)
        meta = {"next_cursor": next_cursor(rows, start, limit)}
        return answer({"data": rows.page(start, limit), "meta": meta})

    return read


def by_cursor_header(rows: Collection) -> Callable[..., Response]:
    def read(cursor: Token = None, limit: Size = 100) -> Response:
        start = read_cursor(rows, cursor)
        token = next_cursor(rows, start, limit)
        return answer(rows.page(start, limit), {"X-Next-Cursor": token} if token else None)

    return read


def by_offset(rows: Collection) -> Callable[..., Response]:
    def read(offset: Start = 0, limit: Size = 100) -> Response:
        body = {"items": rows.page(offset, limit), "total": len(rows), "offset": offset, "limit": limit}
        return answer(body)

    return read


def by_bare_offset(rows: Collection) -> Callable[..., Response]:
    def read(offset: Start = 0, limit: Size = 100) -> Response:
        return answer(rows.page(offset, limit))

    return read


def by_page(rows: Collection) -> Callable[..., Response]:
    def read(page: Page = 1, per_page: Size = 100) -> Response:
        return answer(_numbered(rows, page, page - 1, per_page))

    return read


def by_zero_page(rows: Collection) -> Callable[..., Response]:
    def read(page: ZeroPage = 0, per_page: Size = 100) -> Response:
        return answer(_numbered(rows, page, page, per_page))

    return read


def by_bare_page(rows: Collection) -> Callable[..., Response]:
    def read(page: Page = 1, per_page: Size = 100) -> Response:
        return answer(rows.page((page - 1) * per_page, per_page))

    return read


def by_keyset(rows: Collection) -> Callable[..., Response]:
    def read(since_id: SinceId = 0, limit: Size = 100) -> Response:
        start = bisect_right(rows.records, since_id, key=lambda row: row["id"])
        return answer(rows.page(start, limit))

    return read


def _numbered(rows: Collection, page: int, index: int, size: int) -> dict[str, Any]:
    records = rows.page(index * size, size)
    pages = _pages(rows, size)
    return {"data": records, "page": page, "per_page": size, "total": len(rows), "total_pages": pages}


def _pages(rows: Collection, size: int) -> int:
    return -(-len(rows) // size)


def _address(request: Request, **params: int) -> str:
    return str(request.url.include_query_params(**params).remove_query_params(KEY_PARAM))
