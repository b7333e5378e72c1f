"""What is read out of documents of every version, in the shapes that large APIs publish."""

from typing import Any

import pytest

from tests.connectors.discovery.conftest import Discover, Site, by_path
from varlor.contracts.pagination import (
    CursorToken,
    Keyset,
    LinkHeader,
    NextUrl,
    Offset,
    PageNumber,
    Pagination,
)


async def test_a_3_1_document_in_json(site: Site, discover: Discover) -> None:
    site.put_document("/openapi.json")
    found = await discover(site.url)
    endpoints = by_path(found)
    assert [endpoint.id for endpoint in found.endpoints] == [
        "listCustomers",
        "GET /customers/{customerId}",
        "listInvoices",
        "GET /ping",
    ]
    customers = endpoints["/customers"]
    assert (customers.summary, customers.tags) == ("List customers", ["Customers"])
    assert [parameter.name for parameter in customers.parameters] == ["region", "page", "limit", "state"]
    state = customers.parameters[-1]
    assert (state.type, state.required, state.default, state.enum) == (
        "string",
        True,
        "open",
        ["open", "closed"],
    )
    assert (customers.record_path, customers.primary_key) == ("$.data", ["id"])
    assert customers.pagination == PageNumber(
        page_param="page",
        size_param="limit",
        size=250,
        total_pages_path="$.meta.lastPage",
        total_path="$.meta.total",
    )
    invoices = endpoints["/invoices"]
    assert (invoices.record_path, invoices.primary_key) == ("$.invoices", ["invoice_id"])
    assert invoices.pagination == CursorToken(
        cursor_param="cursor", cursor_path="$.response_metadata.next_cursor"
    )
    assert endpoints["/customers/{customerId}"].record_path is None
    assert endpoints["/ping"].record_path is None


async def test_a_2_0_document_with_inherited_pages(site: Site, discover: Discover) -> None:
    site.put_document("/swagger.json", "meetings-2.0.json")
    endpoints = by_path(await discover(site.url))
    users = endpoints["/users"]
    assert (users.record_path, users.primary_key) == ("$.users", ["id"])
    # A page_count that counts this page's items is not taken for the number of pages.
    assert users.pagination == PageNumber(
        page_param="page_number", size_param="page_size", size=300, total_path="$.total_records"
    )
    rooms = endpoints["/metrics/rooms"]
    assert rooms.record_path == "$.rooms"
    assert rooms.pagination == CursorToken(cursor_param="next_page_token", cursor_path="$.next_page_token")
    # One path repeats the basePath by mistake, as documents do.
    assert endpoints["/fields"].primary_key == ["field_id"]
    assert endpoints["/files"].record_path is None


async def test_a_3_0_document_in_yaml_with_shared_responses(site: Site, discover: Discover) -> None:
    site.put_document("/openapi.yaml", "music-3.0.yaml")
    found = await discover(site.url)
    endpoints = by_path(found)
    tracks = endpoints["/me/tracks"]
    assert (tracks.id, tracks.summary) == ("saved-tracks", "The tracks that a user saved.")
    assert (tracks.record_path, tracks.pagination) == ("$.items", NextUrl(next_path="$.next"))
    releases = endpoints["/browse/releases"]
    assert releases.record_path == "$.albums.items"
    assert releases.pagination == NextUrl(next_path="$.albums.next")
    assert endpoints["/albums/{id}"].record_path is None
    countries = endpoints["/countries"]
    assert countries.record_path == "$.countries"
    assert countries.parameters[0].enum == ["no", "on", "2026-01-01"]
    assert "https://eu.music.example.com/v1" in found.notes[0]


async def test_records_under_the_paths_own_noun(site: Site, discover: Discover) -> None:
    site.put_document("/openapi.yaml", "ledger-3.0.yaml")
    endpoints = by_path(await discover(site.url))
    invoices = endpoints["/LinkedInvoices"]
    assert (invoices.record_path, invoices.primary_key) == ("$.LinkedInvoices", ["LinkedInvoiceID"])
    assert invoices.pagination == PageNumber(
        page_param="page",
        size_param="pageSize",
        total_pages_path="$.pagination.pageCount",
        total_path="$.pagination.itemCount",
    )
    assert endpoints["/LinkedInvoices/{InvoiceID}"].record_path == "$.LinkedInvoices"
    # An offset without a size is as likely a number of something else.
    assert endpoints["/Journals"].pagination is None
    assert endpoints["/Journals"].record_path == "$.Journals"


TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
RECORDS = {"type": "array", "items": {"type": "object", "properties": {"id": TEXT}}}


def _members(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


@pytest.mark.parametrize(
    ("params", "schema", "wanted"),
    [
        (
            ["starting_after"],
            _members(data=RECORDS, has_more={"type": "boolean"}),
            Keyset(field="id", param="starting_after"),
        ),
        (["since_id"], RECORDS, Keyset(field="id", param="since_id")),
        (
            ["pageToken"],
            _members(items=RECORDS, nextPageToken=TEXT),
            CursorToken(cursor_param="pageToken", cursor_path="$.nextPageToken"),
        ),
        (
            ["page[after]"],
            _members(data=RECORDS, meta=_members(page=_members(after=TEXT))),
            CursorToken(cursor_param="page[after]", cursor_path="$.meta.page.after"),
        ),
        (
            ["offset", "pageSize"],
            _members(records=RECORDS, offset=TEXT),
            CursorToken(cursor_param="offset", cursor_path="$.offset"),
        ),
        (
            ["start_cursor"],
            _members(results=RECORDS, next_cursor=TEXT),
            CursorToken(cursor_param="start_cursor", cursor_path="$.next_cursor"),
        ),
        (
            ["$top", "$skip"],
            {"type": "object", "properties": {"value": RECORDS, "@odata.nextLink": TEXT}},
            NextUrl(next_path="$['@odata.nextLink']"),
        ),
        (
            ["page[number]"],
            _members(data=RECORDS, links=_members(next=TEXT)),
            NextUrl(next_path="$.links.next"),
        ),
        (["page"], _members(results=RECORDS, count=NUMBER, next=TEXT), NextUrl(next_path="$.next")),
        (
            [],
            _members(_embedded=_members(orders=RECORDS), _links=_members(next=_members(href=TEXT))),
            NextUrl(next_path="$._links.next.href"),
        ),
        (
            ["skip", "limit"],
            _members(items=RECORDS, total=NUMBER),
            Offset(offset_param="skip", limit_param="limit", total_path="$.total"),
        ),
        (
            ["page", "size"],
            _members(content=RECORDS, number=NUMBER, totalElements=NUMBER, totalPages=NUMBER),
            PageNumber(
                page_param="page",
                start=0,
                size_param="size",
                total_pages_path="$.totalPages",
                total_path="$.totalElements",
            ),
        ),
        (["start", "end"], RECORDS, None),
        (["q"], RECORDS, None),
    ],
)
async def test_each_style_is_told_by_its_signs(
    site: Site, discover: Discover, params: list[str], schema: dict[str, Any], wanted: Pagination | None
) -> None:
    numbers = ("page", "size", "skip", "limit", "$top", "$skip", "page[number]", "pageSize")
    get = {
        "parameters": [
            {"name": name, "in": "query", "schema": NUMBER if name in numbers else TEXT} for name in params
        ],
        "responses": {"200": {"content": {"application/json": {"schema": schema}}}},
    }
    site.put("/openapi.json", {"openapi": "3.0.0", "paths": {"/orders": {"get": get}}})
    found = await discover(site.url)
    assert found.endpoints[0].pagination == wanted
    assert found.endpoints[0].primary_key == ["id"]


async def test_headers_tell_too(site: Site, discover: Discover) -> None:
    def answered(**headers: str) -> dict[str, Any]:
        described = {name: {"description": said, "schema": TEXT} for name, said in headers.items()}
        return {"200": {"headers": described, "content": {"application/json": {"schema": RECORDS}}}}

    cursor = [{"name": "cursor", "in": "query", "schema": TEXT}]
    paths = {
        "/linked": {"get": {"responses": answered(Link="Links to the next page")}},
        "/tokens": {"get": {"parameters": cursor, "responses": answered(**{"X-Next-Cursor": "More"})}},
    }
    site.put("/openapi.json", {"openapi": "3.0.0", "paths": paths})
    endpoints = by_path(await discover(site.url))
    assert endpoints["/linked"].pagination == LinkHeader()
    assert endpoints["/tokens"].pagination == CursorToken(
        cursor_param="cursor", cursor_header="X-Next-Cursor"
    )
