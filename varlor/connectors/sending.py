"""One request on its way out: window, credential, guard, log and verdict, in that order."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Final

from varlor.connectors.auth import key_param, secret_values
from varlor.connectors.decoding import encode
from varlor.connectors.formats import as_json, is_plain
from varlor.connectors.http import GuardedClient, OutRequest, OutResponse
from varlor.connectors.http.url import parse
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.retry_after import exhausted, seconds_to_wait
from varlor.connectors.rules import Rules, emptied, overruled
from varlor.connectors.verdicts import judge, shown_headers
from varlor.contracts.connector import Connector
from varlor.contracts.run import RequestLogEntry
from varlor.errors import SourceError
from varlor.ports import AuthParts, Clock, RateWindow, RequestAuth, WaitRequiredError
from varlor.redaction import redact_url

HELD_WAIT: Final = 5.0  # seconds waited here for the window; longer waits belong to the workflow
MOST_BYTES: Final = 64 * 1024 * 1024  # of one decoded answer
REQUEST_SECONDS: Final = 60.0
LARGE: Final = 8 * 1024 * 1024  # bytes of an answer
_PART: Final = 206
Log = Callable[[RequestLogEntry], None]

_ACCEPT: Final = "application/json, */*;q=0.5"


@dataclass(slots=True, repr=False)
class Errand:
    """For whom requests are sent: a run's reading, or a connection test (no run, no log).

    `secrets` is what was last sent as credential: an answer that echoes it is not shown as it came.
    `answer`: the whole answer to a test's last request, whatever it was.
    """

    tenant: str
    connector: Connector
    auth: RequestAuth
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    run: str | None = None
    log: Log | None = None

    rules: Rules = field(default_factory=Rules)
    note: Callable[[str], None] | None = None

    sent: int = 0
    ignored: int = 0
    secrets: tuple[str, ...] = ()
    answer: OutResponse | None = None

    def tell(self, entry: RequestLogEntry) -> None:
        if self.log is not None:
            self.log(entry)

    def ignore(self, status: int) -> None:
        """Say it once: a rule may let thousands of answers pass."""
        self.ignored += 1
        if self.note is not None and self.ignored == 1:
            self.note(f"An error rule ignores answers such as this run's first HTTP {status}.")


class Sender:
    def __init__(self, client: GuardedClient, window: RateWindow, clock: Clock) -> None:
        self._client = client
        self._window = window
        self._clock = clock
        self._turn_of: str | None = None  # the run whose large answer is taken in
        self._turn_is_free = asyncio.Event()

    async def send(
        self,
        errand: Errand,
        asked: Asked,
        *,
        attempt: int = 1,
        seconds: float = REQUEST_SECONDS,
        most: int = MOST_BYTES,
        early: list[RequestLogEntry] | None = None,
    ) -> OutResponse:
        """A 2xx answer; raises SourceError for anything else, WaitRequiredError, PartUnavailableError.

        A 401 is repeated once, when the credential knows a newer self. `early` is for a request with one of
        `permits`: it takes none, and is logged there instead of in the errand's log. `most`: bytes of the
        answer, decoded.
        """
        if early is None and most == MOST_BYTES:  # the page before was taken in, or given up
            self.done(errand.run)
        response = await self._answer(errand, asked, attempt, seconds, most, early)
        if early is not None:
            return await readable(response, most)
        await self.take_turn(errand.run, response)
        response = await readable(response, most)
        await self.take_turn(errand.run, response)  # it may have been packed
        return response

    async def _answer(
        self,
        errand: Errand,
        asked: Asked,
        attempt: int,
        seconds: float,
        most: int,
        early: list[RequestLogEntry] | None,
    ) -> OutResponse:
        log = errand.tell if early is None else early.append
        waited = 0 if early is not None else await self._acquire(errand)
        entry = self._entry(errand, asked, attempt, waited)
        try:
            return await self._once(errand, asked, entry, log, seconds, most)
        except SourceError as error:
            if error.kind != "invalid_credential" or not await errand.auth.refused():
                raise
        entry = self._entry(errand, asked, attempt + 1, await self._acquire(errand))
        return await self._once(errand, asked, entry, log, seconds, most)

    async def take_turn(self, run: str | None, response: OutResponse) -> None:
        """Large answers are taken in one run after another: parsed, one may fill thirty times its size."""
        if run is None or len(response.body) <= LARGE:
            return
        await asyncio.sleep(0)  # who waited until now comes first
        while self._turn_of not in (None, run):
            await self._turn_is_free.wait()
        self._turn_of = run
        self._turn_is_free.clear()

    def done(self, run: str | None) -> None:
        """What this run was answered last has been taken in, or given up."""
        if run is not None and self._turn_of == run:
            self._turn_of = None
            self._turn_is_free.set()

    async def permits(self, errand: Errand, most: int) -> int:
        """Up to `most` requests that may leave now, each by a `send` with `early`; never waits."""
        return await self._window.acquire_now(
            errand.tenant, errand.connector.id, errand.connector.rate_limit_config, most, run=errand.run
        )

    async def _once(
        self, errand: Errand, asked: Asked, entry: RequestLogEntry, log: Log, seconds: float, most: int
    ) -> OutResponse:
        home = at_home(errand.connector, asked)
        parts = await errand.auth.parts() if home else AuthParts()
        secrets = secret_values(parts, errand.connector.headers)
        errand.secrets, errand.answer = tuple(secrets), None
        started = monotonic()
        try:
            response = await self._client.send(
                _outgoing(errand, asked, parts, home), deadline=seconds, max_bytes=most
            )
        except SourceError as error:
            _record(log, entry, {"ms": _ms(started), "error": error.kind})
            raise
        except asyncio.CancelledError:  # nobody waits for it any more, but it was sent
            _record(log, entry, {"ms": _ms(started)})
            raise
        errand.answer = response if errand.run is None else None
        error = judge(response, self._clock.now(), secrets)
        action = errand.rules.action(response)
        if action is not None and action != "ignore":
            error = overruled(action, response, error, seconds_to_wait(response.headers, self._clock.now()))
        seen = {"status": response.status, "bytes": len(response.body), "ms": response.elapsed_ms}
        _record(log, entry, {**seen, **_failure(response, error, secrets)})
        if action == "ignore":
            errand.ignore(response.status)
            return emptied(response)
        await self._obey(errand, response, error)
        if error is not None:
            raise error
        return response

    async def _acquire(self, errand: Errand) -> int:
        """Milliseconds waited until the window let one request through."""
        started = monotonic()
        while True:
            wait = await self._window.acquire(
                errand.tenant, errand.connector.id, errand.connector.rate_limit_config, run=errand.run
            )
            if wait <= 0:
                return _ms(started)
            if monotonic() - started + wait > HELD_WAIT:
                raise WaitRequiredError("throttled", wait)
            await asyncio.sleep(wait)

    async def _obey(self, errand: Errand, response: OutResponse, error: SourceError | None) -> None:
        """Keep every worker away for as long as the API asked."""
        silence = error.retry_after if error is not None and error.kind == "rate_limited" else None
        if error is None and exhausted(response.headers):
            silence = seconds_to_wait(response.headers, self._clock.now())
        if silence:
            await self._window.block(errand.tenant, errand.connector.id, silence)

    async def hold(self, errand: Errand, seconds: float | None) -> None:
        """Let nobody send to this API for so long; nothing for None or 0."""
        if seconds:
            await self._window.block(errand.tenant, errand.connector.id, seconds)

    def now(self) -> datetime:
        return self._clock.now()

    def _entry(self, errand: Errand, asked: Asked, attempt: int, waited: int) -> RequestLogEntry:
        errand.sent += 1
        return RequestLogEntry(
            seq=errand.sent,
            time=self._clock.now(),
            method=errand.method,
            url=redact_url(asked.url, key_param(errand.connector)),
            attempt=attempt,
            wait_ms=waited,
        )


async def readable(response: OutResponse, most: int) -> OutResponse:
    """The answer as JSON, whatever it came as; a part of a file stays a part."""
    if response.status == _PART or is_plain(response):
        return response
    return await asyncio.to_thread(as_json, response, most)


def at_home(connector: Connector, asked: Asked) -> bool:
    """Whether a request stays at the connector's origin; elsewhere it gets no credential, no own header."""
    return parse(asked.url).origin == parse(connector.base_url).origin


def _outgoing(errand: Errand, asked: Asked, parts: AuthParts, home: bool) -> OutRequest:
    headers = {"accept": _ACCEPT}
    if home:
        for own in (errand.connector.headers, errand.headers or {}, asked.headers):
            headers |= {name.lower(): value for name, value in own.items()}
    if asked.body is not None:
        headers["content-type"] = "application/json"
    return OutRequest(
        method=errand.method,
        url=asked.url,
        headers=headers,
        body=encode(asked.body) if asked.body is not None else None,
        auth=parts,
    )


def _failure(
    response: OutResponse, error: SourceError | None, secrets: tuple[str, ...]
) -> Mapping[str, object]:
    """What the log keeps of an answer that is no success."""
    if error is None:
        return {}
    shown = shown_headers(response.headers, secrets)
    return {"error": error.kind, "answer": error.excerpt, "headers": shown}


def _record(log: Log, entry: RequestLogEntry, seen: Mapping[str, object]) -> None:
    log(entry.model_copy(update=dict(seen)))


def _ms(since: float) -> int:
    return round((monotonic() - since) * 1000)
