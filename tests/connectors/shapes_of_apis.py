"""How well-known APIs hand out a list: `page(asked)` is the answer to what was asked, as they document it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.odd_api import Answer

PAGE = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a list of `total` records; `path` is where it is, `sent` its query and its body."""

    total: int
    path: str
    sent: Mapping[str, Any]

    def number(self, name: str, default: int) -> int:
        return int(self.sent.get(name, default))

    def rows(self, start: int, size: int = PAGE) -> list[dict[str, Any]]:
        return [{"id": f"r{n}", "n": n} for n in range(start, min(start + size, self.total))]

    def more(self, start: int) -> bool:
        return start + PAGE < self.total


@dataclass(frozen=True, slots=True)
class Shape:
    """`path`: what a user asks for, with `body` by POST; `pagination` where `auto` is not to be used."""

    path: str
    page: Callable[[Asked], Answer]
    body: dict[str, Any] | None = None
    pagination: dict[str, Any] = field(default_factory=dict[str, Any])


def _sentry(asked: Asked) -> Answer:
    """The Link header names a next page for ever; `results` says whether anything is there."""
    at = asked.number("cursor", 0)
    link = f'<{asked.path}?cursor={at + PAGE}>; rel="next"; results="{str(asked.more(at)).lower()}"'
    return Answer(asked.rows(at), link=link)


def _stream(asked: Asked) -> Answer:
    """The next address is always there, and leads back to the last record; `end_of_stream` ends it."""
    at = asked.number("start_time", 0)
    rows = asked.rows(at)
    following = at + len(rows) if asked.more(at) else max(0, asked.total - 1)
    return Answer(
        {
            "tickets": rows,
            "next_page": f"{asked.path}?start_time={following}",
            "count": len(rows),
            "end_of_stream": not asked.more(at),
        }
    )


def _always_next(asked: Asked) -> Answer:
    at = asked.number("after", 0)
    following = f"{asked.path}?after={(at + PAGE) % max(PAGE, asked.total)}"
    paging = {"per_page": PAGE, "next": following, "has_more": asked.more(at), "estimated_total": 1}
    return Answer({"data": asked.rows(at), "meta": {"pagination": paging}})


def _below_a_context(asked: Asked) -> Answer:
    """The next link is below the context `/wiki`, which it leaves out."""
    at = asked.number("start", 0)
    links = {"self": "x"} | ({"next": f"/rest/content?start={at + PAGE}"} if asked.more(at) else {})
    return Answer({"results": asked.rows(at), "limit": PAGE, "size": len(asked.rows(at)), "_links": links})


def _topics(asked: Asked) -> Answer:
    """The users beside the topics are more, and come with each page; counted from 0."""
    at = asked.number("page", 0) * PAGE
    users = [{"id": n} for n in range(45)]
    return Answer({"users": users, "topic_list": {"per_page": PAGE, "topics": asked.rows(at)}})


def _total_of_the_page(asked: Asked) -> Answer:
    rows = asked.rows((asked.number("page", 1) - 1) * PAGE)
    return Answer({"total": len(rows), "data": rows, "aggregations": []})


def _hits(asked: Asked) -> Answer:
    after = asked.sent.get("search_after")
    at = after[0] + 1 if after else asked.number("from", 0)
    if unknown := asked.sent.keys() - {"size", "sort", "from", "search_after"}:
        return Answer({"error": f"unknown key {unknown}"}, 400)
    rows = [{**row, "sort": [row["n"], row["id"]]} for row in asked.rows(at)]
    hits = {"total": {"value": asked.total, "relation": "eq"}, "hits": rows}
    return Answer({"took": 1, "_shards": {"total": 1, "failed": 0}, "hits": hits})


def _marks(asked: Asked) -> Answer:
    mark = asked.sent["cursorMark"]
    at = 0 if mark == "*" else int(mark[1:])
    rows = asked.rows(at)
    if asked.number("start", 0):
        return Answer({"error": "start must be 0 with a cursorMark"}, 400)
    response = {"numFound": asked.total, "start": 0, "docs": rows}
    return Answer({"response": response, "nextCursorMark": f"A{at + len(rows)}" if rows else mark})


def _clamped(asked: Asked) -> Answer:
    """The last page again for ever."""
    last = max(1, -(-asked.total // PAGE))
    page = min(asked.number("searchCriteria[currentPage]", 1), last)
    return Answer({"items": asked.rows((page - 1) * PAGE), "total_count": asked.total})


def _numbered_pages(asked: Asked) -> Answer:
    if unknown := asked.sent.keys() - {"page[size]", "page[number]"}:
        return Answer({"errors": [{"detail": f"{unknown}"}]}, 400)
    return Answer({"data": asked.rows((asked.number("page[number]", 1) - 1) * PAGE)})


def _resources(asked: Asked) -> Answer:
    """JSON:API: no links, only a count of pages."""
    if unknown := asked.sent.keys() - {"page[number]"}:
        return Answer({"errors": [{"detail": f"{unknown}"}]}, 400)
    rows = asked.rows((asked.number("page[number]", 1) - 1) * PAGE)
    data = [{"type": "things", "id": row["id"], "attributes": row} for row in rows]
    return Answer({"data": data, "meta": {"page-count": -(-asked.total // PAGE)}})


def _skipped(asked: Asked) -> Answer:
    if unknown := asked.sent.keys() - {"$top", "$skip", "$count"}:
        return Answer({"error": f"{unknown}"}, 400)
    return Answer({"@odata.count": asked.total, "value": asked.rows(asked.number("$skip", 0))})


def _counted_in_headers(asked: Asked) -> Answer:
    """A page after the last one is refused."""
    page, last = asked.number("page", 1), -(-asked.total // PAGE)
    if page > max(1, last):
        return Answer({"code": "rest_post_invalid_page_number"}, 400)
    return Answer(asked.rows((page - 1) * PAGE), x_wp_total=str(asked.total), x_wp_totalpages=str(last))


def _pagination_in_the_body(asked: Asked) -> Answer:
    at = int((asked.sent.get("pagination") or {}).get("starting_after") or 0)
    pages = {"page": at // PAGE + 1, "per_page": PAGE, "total_pages": -(-asked.total // PAGE)}
    following = {"next": {"page": 2, "starting_after": str(at + PAGE)}} if asked.more(at) else {}
    return Answer({"data": asked.rows(at), "total_count": asked.total, "pages": pages | following})


def _sideloaded(asked: Asked) -> Answer:
    """Beside the tickets, their users: more of them, and the same on each page."""
    page = asked.number("page", 1)
    following = f"{asked.path}?page={page + 1}" if asked.more((page - 1) * PAGE) else None
    users = [{"id": n} for n in range(45)]
    return Answer({"users": users, "tickets": asked.rows((page - 1) * PAGE), "next_page": following})


def _continued(asked: Asked) -> Answer:
    """What to go on with is an object, of which the list's own member is enough."""
    at = int((asked.sent.get("cmcontinue") or "page|0").rpartition("|")[2])
    further = {"continue": {"cmcontinue": f"page|{at + PAGE}", "continue": "-||"}} if asked.more(at) else {}
    return Answer({"batchcomplete": "", **further, "query": {"categorymembers": asked.rows(at)}})


def _skip_of_a_dollar(asked: Asked) -> Answer:
    """What is called `skip` in the answer is `$skip` in a request; any other parameter is a filter."""
    at, size = asked.number("$skip", 0), asked.number("$limit", PAGE)
    rows = [] if asked.sent.keys() - {"$skip", "$limit"} else asked.rows(at, size)
    total = asked.total if rows or not asked.sent else 0
    return Answer({"total": total, "limit": size, "skip": at, "data": rows})


def _next_number(asked: Asked) -> Answer:
    """The number of the next page, under the name that others give to a cursor."""
    page, last = asked.number("page", 1), max(1, -(-asked.total // PAGE))
    following = page + 1 if page < last else None
    return Answer({"data": asked.rows((page - 1) * PAGE), "pager": {"next": following, "last": last}})


def _next_number_of_its_own(asked: Asked) -> Answer:
    page = asked.number("_page", 1)
    following = page + 1 if asked.more((page - 1) * PAGE) else None
    return Answer({"next": following, "data": asked.rows((page - 1) * PAGE)})


def _sliced(asked: Asked) -> Answer:
    """Its offset is `_start`."""
    start = asked.number("_start", 0)
    return Answer(asked.rows(start, asked.number("_limit", PAGE)), x_total_count=str(asked.total))


def _next_in_a_header(asked: Asked) -> Answer:
    """A header of its own holds the next page's address; a parameter that is not known is a filter."""
    at, unknown = asked.number("_token", 0), asked.sent.keys() - {"_token"}
    answer = Answer({"data": [] if unknown else asked.rows(at)})
    if asked.more(at):
        answer.headers["next-page"] = f"{asked.path}?_token={at + PAGE}"
    return answer


SHAPES: dict[str, Shape] = {
    "Link header with results=false": Shape("/issues/", _sentry),
    "a stream with its end": Shape("/tickets.json?start_time=0", _stream),
    "a next link with has_more beside it": Shape("/customers", _always_next),
    "a next link without its context": Shape("/wiki/rest/content", _below_a_context),
    "a list that is paged beside one that is not": Shape("/latest.json", _topics),
    "a list called as its path, beside a longer one": Shape("/tickets.json", _sideloaded),
    "a total of the page alone": Shape("/search/product", _total_of_the_page, {"limit": PAGE}),
    "from beside size": Shape("/index/_search", _hits, {"size": PAGE, "sort": ["n"]}),
    "search_after": Shape(
        "/index/_search",
        _hits,
        {"size": PAGE, "sort": ["n"]},
        {"type": "keyset", "field": "sort", "param": "search_after"},
    ),
    "cursorMark": Shape("/select?q=*&cursorMark=*", _marks),
    "searchCriteria": Shape(f"/products?searchCriteria[pageSize]={PAGE}", _clamped),
    "page[number] beside page[size]": Shape(f"/articles?page[size]={PAGE}", _numbered_pages),
    "resource objects": Shape("/articles", _resources),
    "$skip beside $top": Shape(f"/Products?$top={PAGE}&$count=true", _skipped),
    "pages counted in a header": Shape("/posts", _counted_in_headers),
    "pages counted in a header, page_number": Shape(
        "/posts", _counted_in_headers, pagination={"type": "page_number"}
    ),
    "an object to continue with": Shape("/w/api.php?action=query&list=categorymembers", _continued),
    "$skip, called skip in the answer": Shape("/messages", _skip_of_a_dollar),
    "$skip beside $limit": Shape(f"/messages?$limit={PAGE}", _skip_of_a_dollar),
    "the next page's number": Shape("/articles", _next_number),
    "the next page's number for _page": Shape("/posts?_page=1", _next_number_of_its_own),
    "_start": Shape(f"/posts?_start=0&_limit={PAGE}", _sliced),
    "_start beside _limit": Shape(f"/posts?_limit={PAGE}", _sliced),
    "a next address in a header": Shape("/records", _next_in_a_header),
    "a cursor within the body": Shape("/search", _pagination_in_the_body, {"pagination": {"per_page": PAGE}}),
}
