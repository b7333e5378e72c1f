"""The words and headers by which APIs say that there is more."""

import time
from typing import Any

import pytest

from varlor.connectors.pagination.links import links
from varlor.connectors.pagination.signs import read_signs
from varlor.connectors.pagination.vocabulary import cursor_params


@pytest.mark.parametrize(
    ("answer", "param"),
    [
        ({"results": [], "next_cursor": "t", "has_more": True}, "cursor"),
        ({"items": [], "nextPageToken": "t"}, "pageToken"),
        ({"data": [], "meta": {"next_token": "t"}}, "next_token"),
        ({"data": [], "paging": {"cursors": {"after": "t"}}}, "after"),
        ({"records": [], "offset": "t"}, "offset"),
        ({"rows": [], "next": "t"}, "next"),
        ({"entities": [], "metadata": {"continue": "t"}}, "continue"),
        ({"Items": [], "NextMarker": "t"}, "marker"),
        ({"data": [], "pages": {"next": {"starting_after": "t"}, "total_pages": 9}}, "starting_after"),
    ],
)
def test_a_token_goes_back_under_the_name_its_api_most_likely_takes(
    answer: dict[str, Any], param: str
) -> None:
    signs = read_signs({}, answer, (next(iter(answer)),))
    assert signs.token is not None
    assert cursor_params(signs.token[0][-1], ())[0] == param
    documented = cursor_params(signs.token[0][-1], (param.upper(),))
    assert documented[0] == param.upper()


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<https://a/b?c=d,e;f>; rel="next"', {"next": "https://a/b?c=d,e;f"}),
        ("<a>; rel=next, <b>; rel=prev", {"next": "a", "prev": "b"}),
        ('<a>; title="x, \\"y\\" <z>"; rel="next last", <c>; rel=next', {"next": "a", "last": "a"}),
        ('<a>;rel=NEXT;type="x"', {"next": "a"}),
        ("<a>; rev=next", {}),
        ("nonsense", {}),
        ("", {}),
    ],
)
def test_link_headers_are_read(header: str, found: dict[str, str]) -> None:
    assert links(header) == found


@pytest.mark.parametrize(
    "text", ["<" * 60_000, "<a>" + " " * 60_000, '<a>; x="' + "\\" * 60_000, "<a>" + ";a=b " * 9_999]
)
def test_a_hostile_link_header_costs_no_more_than_its_length(text: str) -> None:
    started = time.perf_counter()
    assert links(text) == {}
    assert time.perf_counter() - started < 5.0
