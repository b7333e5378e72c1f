"""The API itself: every paging style over every collection, and a canonical `/v1`."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from examples.sample_api import paging
from examples.sample_api.data import Collection, Record, SampleData, timestamp
from examples.sample_api.exports import add_exports
from examples.sample_api.paging import CursorPage, NextUrlPage, NumberedPage, OffsetPage
from examples.sample_api.records import Event, Order, OrderStatus, Problem, User

_NEXT_LINK = {
    "Link": {"description": 'RFC 8288; rel="next" names the next page', "schema": {"type": "string"}}
}
_NEXT_CURSOR = {"X-Next-Cursor": {"description": "Absent on the last page", "schema": {"type": "string"}}}


class Search(BaseModel):
    """What `POST /v1/orders/search` looks for; the cursor goes back in the body."""

    status: OrderStatus | None = None
    country: str | None = Field(None, description="Of the shipping address, ISO 3166-1 alpha-2")
    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = None


class SearchPage(BaseModel):
    results: list[Order]
    next_cursor: str | None


def make_router(data: SampleData) -> APIRouter:
    router = APIRouter()
    _add_canonical(router, data)
    add_exports(router, data)
    collections: Sequence[tuple[Collection, type[BaseModel]]] = (
        (data.users, User),
        (data.orders, Order),
        (data.events, Event),
    )
    for rows, model in collections:
        _add_styles(router, rows, model)
    return router


def _add_styles(router: APIRouter, rows: Collection, model: Any) -> None:
    styles: Sequence[tuple[str, Callable[..., Response], Any, dict[str, Any] | None]] = (
        ("link", paging.by_link(rows), list[model], _NEXT_LINK),
        ("next-url", paging.by_next_url(rows, relative=False), NextUrlPage[model], None),
        ("next-url-relative", paging.by_next_url(rows, relative=True), NextUrlPage[model], None),
        ("cursor", paging.by_cursor(rows), CursorPage[model], None),
        ("cursor-header", paging.by_cursor_header(rows), list[model], _NEXT_CURSOR),
        ("offset", paging.by_offset(rows), OffsetPage[model], None),
        ("offset-bare", paging.by_bare_offset(rows), list[model], None),
        ("page", paging.by_page(rows), NumberedPage[model], None),
        ("page-zero", paging.by_zero_page(rows), NumberedPage[model], None),
        ("page-bare", paging.by_bare_page(rows), list[model], None),
        ("keyset", paging.by_keyset(rows), list[model], None),
    )
    for style, read, shape, headers in styles:
        _add(router, f"/{style}/{rows.name}", read, shape, style, headers)


def _add(
    router: APIRouter,
    path: str,
    read: Callable[..., Any],
    shape: Any,
    tag: str,
    headers: dict[str, Any] | None = None,
) -> None:
    responses: dict[int | str, dict[str, Any]] = {200: {"headers": headers}} if headers else {}
    name = path.strip("/").replace("/", "_").replace("-", "_")
    router.add_api_route(
        path,
        read,
        response_model=shape,
        responses=responses,
        tags=[tag],
        operation_id=f"list_{name}",
        summary=f"List {path.rsplit('/', 1)[-1]}",
    )


def _add_canonical(router: APIRouter, data: SampleData) -> None:
    _add(router, "/v1/users", paging.by_page(data.users), NumberedPage[User], "v1")
    _add(router, "/v1/events", _read_events(data.events), list[Event], "v1", _NEXT_LINK)
    _add(router, "/v1/orders", _read_orders(data.orders), CursorPage[Order], "v1")
    _add_search(router, data.orders)
    _add_user(router, data.users)


def _read_orders(orders: Collection) -> Callable[..., Response]:
    def read(
        cursor: paging.Token = None,
        limit: paging.Size = 100,
        status: Annotated[OrderStatus | None, Query(description="Only orders in this state")] = None,
        updated_since: Annotated[
            AwareDatetime | None, Query(description="Only orders changed at or after this time")
        ] = None,
    ) -> Response:
        rows = orders
        if status:
            rows = rows.where(lambda row: row["status"] == status)
        if updated_since:
            since = timestamp(updated_since)
            rows = rows.where(lambda row: row["updated_at"] >= since)
        return paging.by_cursor(rows)(cursor, limit)

    return read


def _read_events(events: Collection) -> Callable[..., Response]:
    def read(
        request: Request,
        page: paging.Page = 1,
        per_page: paging.Size = 100,
        since: Annotated[date | None, Query(description="Only events of this day and later")] = None,
        until: Annotated[date | None, Query(description="Only events of this day and before")] = None,
    ) -> Response:
        rows = events
        if since:
            rows = rows.where(lambda row: row["occurred_at"][:10] >= since.isoformat())
        if until:
            rows = rows.where(lambda row: row["occurred_at"][:10] <= until.isoformat())
        return paging.by_link(rows)(request, page, per_page)

    return read


def _add_search(router: APIRouter, orders: Collection) -> None:
    @router.post("/v1/orders/search", response_model=SearchPage, tags=["v1"], operation_id="search_orders")
    def search(wanted: Search) -> Response:
        """Find orders; send `next_cursor` back as `cursor` in the body."""

        def fits(row: Record) -> bool:
            right_status = wanted.status in (None, row["status"])
            return right_status and wanted.country in (None, row["shipping_address"]["country"])

        rows = orders.where(fits)
        start = paging.read_cursor(rows, wanted.cursor)
        token = paging.next_cursor(rows, start, wanted.limit)
        return paging.answer({"results": rows.page(start, wanted.limit), "next_cursor": token})

    _ = search


def _add_user(router: APIRouter, users: Collection) -> None:
    @router.get(
        "/v1/users/{user_id}",
        response_model=User,
        tags=["v1"],
        operation_id="get_user",
        responses={404: {"model": Problem}},
    )
    def get_user(user_id: int) -> Response:
        """One user."""
        if not 1 <= user_id <= len(users):
            raise HTTPException(404, "No such user.")
        return paging.answer(users.records[user_id - 1])

    _ = get_user
