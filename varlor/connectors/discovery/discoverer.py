"""Finds out what an API says about itself: its OpenAPI document wherever it is kept, else less."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

from varlor.connectors.discovery.asking import Asking
from varlor.connectors.discovery.documents import RefusedDocumentError, read_document
from varlor.connectors.discovery.oidc import read_provider
from varlor.connectors.discovery.operations import Reading, read_endpoints
from varlor.connectors.discovery.pages import Named, named_documents
from varlor.connectors.discovery.places import oidc_places, places
from varlor.connectors.discovery.probe import read_links
from varlor.connectors.http import GuardedClient, OutResponse
from varlor.contracts.check import Discovery
from varlor.contracts.connector import Connector
from varlor.ports import Clock, RateWindow, RequestAuth

_LIFETIME: Final = timedelta(hours=1)
_AT_ONCE: Final = 4
_DEPTH: Final = 3  # page → its script → its configuration → the document
_MOST_NOTES: Final = 20


class Found(NamedTuple):
    url: str
    reading: Reading


class DocumentDiscoverer:
    """Asks through the guarded client, at most 40 requests in 25 s, each counted in the rate window."""

    def __init__(self, client: GuardedClient, clock: Clock, window: RateWindow | None = None) -> None:
        self._client = client
        self._clock = clock
        self._window = window

    async def discover(self, tenant: str, connector: Connector, auth: RequestAuth) -> Discovery:
        """What was found, and in `notes` what was left out and why; an hour's worth.

        Raises SourceError when the API could not be asked at all (unreachable, blocked, timeout, tls,
        rate_limited, server_error), so that nobody takes that for an API without a description;
        PartUnavailableError when Redis is away.
        """
        if connector.api_type != "rest":
            return self._answer("none", None, Reading([], [f"A {connector.api_type} API is not discovered."]))
        asking = Asking(self._client, self._window, self._clock, tenant, connector, auth)
        search = _Search(asking, connector.base_url)
        found = await search.openapi()
        if found is not None:
            return self._answer("openapi", found.url, found.reading, search.notes)
        provider = search.provider()
        if provider is not None:
            return self._answer("oidc", provider.url, provider.reading, search.notes)
        if (excuse := asking.excuse()) is not None:
            raise excuse
        linked = search.links()
        source = "probe" if linked.endpoints else "none"
        return self._answer(source, None, linked, [*search.notes, *_nothing(asking)])

    def _answer(
        self, source: Any, url: str | None, reading: Reading, notes: list[str] | None = None
    ) -> Discovery:
        now = self._clock.now()
        told = dict.fromkeys(reading.notes + (notes or []))
        return Discovery(
            source=source,
            document_url=url,
            fetched_at=now,
            expires_at=now + _LIFETIME,
            endpoints=reading.endpoints,
            notes=list(told)[:_MOST_NOTES],
        )


def _nothing(asking: Asking) -> Iterator[str]:
    yield f"No OpenAPI document was found in {asking.statuses.total()} places where APIs keep one."
    refused = asking.statuses[401] + asking.statuses[403]
    if refused:
        yield f"{refused} of them answered 401 or 403: the credential may not be right, or not enough."
    if asking.stopped:
        yield f"The search ended before all places were asked: {asking.stopped}."


class _Search:
    """One discovery; a document without endpoints is kept for the case that there is no better one."""

    def __init__(self, asking: Asking, base_url: str) -> None:
        self._asking = asking
        self._base_url = base_url
        self._asked: set[str] = set()
        self._seen: set[bytes] = set()
        self._telling = {base_url, *oidc_places(base_url)}
        self._kept: dict[str, OutResponse] = {}
        self._poor: Found | None = None
        self.notes: list[str] = []

    async def openapi(self) -> Found | None:
        addresses = iter([self._base_url, *places(self._base_url)])
        while wave := list(islice(addresses, _AT_ONCE)):
            for answer in await asyncio.gather(*map(self._ask, wave)):
                found = await self._examine(answer, _DEPTH) if answer is not None else None
                if found is not None:
                    return found
            if self._asking.stopped:
                break
        return self._poor

    def provider(self) -> Found | None:
        for answer in self._kept.values():
            reading = read_provider(answer.body, self._base_url)
            if reading is not None:
                return Found(answer.url, reading)
        return None

    def links(self) -> Reading:
        home = self._kept.get(self._base_url)
        endpoints = read_links(home.body, home.url, self._base_url) if home is not None else []
        note = (
            ["The base URL itself names these resources; nothing else describes them."] if endpoints else []
        )
        return Reading(endpoints, note)

    async def _ask(self, url: str) -> OutResponse | None:
        if url in self._asked:
            return None
        self._asked.add(url)
        answer = await self._asking.ask(url)
        if answer is not None and url in self._telling:
            self._kept[url] = answer
        return answer

    async def _examine(self, answer: OutResponse, depth: int) -> Found | None:
        """The document that the answer is, holds or names."""
        if answer.body in self._seen:
            return None  # many sites answer every address with one and the same page
        self._seen.add(answer.body)
        root, refused = None, ""
        try:
            root = await asyncio.to_thread(read_document, answer.body)
        except RefusedDocumentError as refusal:
            refused = f"The document at {answer.url[:300]} was not read: {refusal}."
        if root is not None:
            return await self._read(root, answer.url)
        named = await asyncio.to_thread(_named, answer) if depth else Named()
        for inlined in named.inlined:
            if (found := await self._read(inlined, answer.url)) is not None:
                return found
        if refused:  # it is no script either that has a document in it
            self.notes.append(refused)
            return None
        return await self._follow(named, answer.url, depth)

    async def _follow(self, named: Named, page: str, depth: int) -> Found | None:
        for position, url in enumerate(named.urls):
            answer = await self._ask(url)
            found = await self._examine(answer, depth - 1) if answer is not None else None
            if found is not None:
                left = [other for other in named.urls[position + 1 :] if other not in self._asked]
                if left and depth == _DEPTH:
                    self.notes.append(
                        f"{page[:300]} also names {', '.join(left)[:300]}; the first was taken."
                    )
                return found
        return None

    async def _read(self, root: dict[str, Any], url: str) -> Found | None:
        reading = await asyncio.to_thread(read_endpoints, root, url, self._base_url)
        found = Found(url, reading)
        if reading.endpoints:
            return found
        self._poor = self._poor or found
        return None


def _named(answer: OutResponse) -> Named:
    return named_documents(answer.url, answer.body, answer.headers.get("link"))
