"""From an OpenAPI document to the endpoints that can be read; a malformed operation is only left out."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from varlor.connectors.discovery.answers import good_answer
from varlor.connectors.discovery.foreign import mapping, sequence, text
from varlor.connectors.discovery.paging import Evidence, guess_pagination, members_around
from varlor.connectors.discovery.parameters import Parameter, read_parameters
from varlor.connectors.discovery.placement import Placement
from varlor.connectors.discovery.record_place import Place, find_records, primary_key
from varlor.connectors.discovery.references import Document
from varlor.connectors.discovery.schemas import Schemas
from varlor.connectors.jsonpaths import to
from varlor.contracts.check import Endpoint
from varlor.contracts.pagination import Pagination

_MOST: Final = 10_000
_MOST_SECONDS: Final = 8.0
_LONGEST_JSONPATH: Final = 512
_SANE_ID = re.compile(r"[A-Za-z0-9_.:/\-]{1,128}")


class Reading(NamedTuple):
    """The endpoints in the document's order, and what a person should know of the reading."""

    endpoints: list[Endpoint]
    notes: list[str]


def read_endpoints(root: dict[str, Any], document_url: str, base_url: str) -> Reading:
    """Every GET operation below `base_url`, at most 10,000 and for at most 8 s."""
    return _Reader(Document(root), Placement(root, document_url, base_url)).read()


class _Reader:
    def __init__(self, document: Document, placement: Placement) -> None:
        self._document = document
        self._placement = placement
        self._schemas = Schemas(document)
        self._ids = Counter(_operation_ids(document))
        self._malformed: list[str] = []

    def read(self) -> Reading:
        endpoints: dict[str, Endpoint] = {}
        end = time.monotonic() + _MOST_SECONDS
        cut = False
        for path, item in mapping(self._document.root.get("paths")).items():
            cut = len(endpoints) >= _MOST or time.monotonic() > end
            if cut:
                break
            endpoint = self._safely(str(path), item)
            if endpoint is not None:
                endpoints.setdefault(endpoint.id, endpoint)
        return Reading(list(endpoints.values()), [*self._notes(), *([_cut(len(endpoints))] if cut else [])])

    def _safely(self, path: str, item: Any) -> Endpoint | None:
        try:
            return self._endpoint(path, self._document.follow(item))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            # What is wrong with a foreign document has no end; one operation must not cost the others.
            self._malformed.append(path)
            return None

    def _endpoint(self, path: str, item: dict[str, Any]) -> Endpoint | None:
        if "get" not in item:
            return None
        if not isinstance(item["get"], dict):
            self._malformed.append(path)
            return None
        operation = self._document.follow(item["get"])
        place = self._placement.place(path, operation, item)
        if place is None:
            return None
        parameters = read_parameters(self._document, item.get("parameters"), operation.get("parameters"))
        return self._described(place, operation, parameters)

    def _described(self, path: str, operation: dict[str, Any], parameters: list[Parameter]) -> Endpoint:
        answer = good_answer(self._document, operation)
        records = find_records(self._schemas, answer.schema, path) if answer.schema else None
        key = primary_key(self._schemas, records, path) if records else None
        return Endpoint(
            id=self._id(path, operation),
            method="GET",
            path=path,
            summary=text(operation.get("summary")) or text(operation.get("description")),
            tags=[tag[:100] for tag in sequence(operation.get("tags"))[:20] if isinstance(tag, str)],
            parameters=[parameter.shown for parameter in parameters],
            record_path=_path_of(records),
            pagination=self._paging(answer.schema, answer.headers, records, parameters, key),
            primary_key=key,
        )

    def _paging(
        self,
        schema: Any,
        headers: dict[str, Any],
        records: Place | None,
        parameters: list[Parameter],
        key: list[str] | None,
    ) -> Pagination | None:
        if schema is not None and records is None:
            return None
        members = members_around(self._schemas, records.envelope, records.keys) if records else []
        return guess_pagination(Evidence(self._schemas, parameters, members, headers, key))

    def _id(self, path: str, operation: dict[str, Any]) -> str:
        given = operation.get("operationId")
        good = isinstance(given, str) and _SANE_ID.fullmatch(given) and self._ids[given] == 1
        return given if good and isinstance(given, str) else f"GET {path}"[:512]

    def _notes(self) -> Iterator[str]:
        placement = self._placement
        if placement.elsewhere:
            yield (
                f"The document describes the API at {placement.elsewhere[:300]}; "
                "its paths are taken to lie below this connector's base URL."
            )
        for server, count in list(placement.outside.items())[:5]:
            yield (
                f"{_operations(count)} left out: they lie at {server[:300]}, outside the base URL. "
                "Set the base URL to that address to read them."
            )
        if self._malformed:
            shown = ", ".join(path[:100] for path in self._malformed[:5])
            yield f"{_operations(len(self._malformed))} left out as malformed: {shown}."
        foreign = self._document.foreign_references
        if foreign:
            shown = ", ".join(sorted(foreign)[:3])
            yield f"References to other documents are not fetched, so some parts may be missing: {shown}."


def _operation_ids(document: Document) -> Iterator[str]:
    for item in mapping(document.root.get("paths")).values():
        given = mapping(mapping(document.follow(item)).get("get")).get("operationId")
        if isinstance(given, str):
            yield given


def _path_of(records: Place | None) -> str | None:
    path = to(*records.keys) if records else None
    return path if path and len(path) <= _LONGEST_JSONPATH else None


def _operations(count: int) -> str:
    return "1 operation was" if count == 1 else f"{count} operations were"


def _cut(count: int) -> str:
    return f"The document is very large: only its first {count} readable operations are listed."
