"""An async export: begin a job once, wait on durable timers until it is done, read what it made.

The cursor holds the job's id and how far its files were read, never an address: those are often signed,
and are asked for again by each reader.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import quote

import httpx2

from varlor.connectors.decoding import utf8
from varlor.connectors.export_file import LARGEST, Block, ExportFile, Place
from varlor.connectors.formats import Table, from_lines
from varlor.connectors.http import OutResponse
from varlor.connectors.jsonpaths import path
from varlor.connectors.page import Page
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.step import absolute
from varlor.connectors.plan import address, with_since
from varlor.connectors.rules import Rules
from varlor.connectors.sending import Errand, Sender
from varlor.connectors.shapes import Place as RecordPlace
from varlor.contracts.export import JOB_SLOT, AsyncExport
from varlor.errors import SourceError
from varlor.ports import Clock, Cursor, PageFacts, PageResponse, ReadJob, WaitRequiredError

_LONGEST_JOB: Final = 86_400.0  # seconds
_SHORTEST_WAIT: Final = 2.0
_LONGEST_WAIT: Final = 60.0
_SHARE: Final = 0.25  # of the time a job has taken so far, until it is asked for again
_LONGEST_ID: Final = 512
_RUN_OUT: Final = frozenset(
    {400, 401, 403, 404, 410}
)  # what storages say of an address that is no longer good
_BEGINNING: Final = Place()


@dataclass(frozen=True, slots=True)
class Stage:
    """`job` None: nothing was begun. `file` counts the job's files; `place` is in the present one.

    `table` is of a CSV file whose beginning was read.
    """

    job: str | None = None
    begun: str = ""
    file: int = 0
    place: Place = _BEGINNING
    table: Table | None = None

    def dump(self) -> Cursor:
        return asdict(self)

    @classmethod
    def load(cls, cursor: Cursor) -> Self:
        fields, table = dict(cursor), cursor["table"]
        fields["place"] = Place(**cursor["place"])
        fields["table"] = Table(**table) if table else None
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Handed:
    """A page as the dataset takes it, and the stage after it; None ends the run."""

    page: Page
    following: Stage | None

    @property
    def body(self) -> bytes:
        return self.page.body

    @property
    def record_path(self) -> str:
        return self.page.record_path

    def document(self) -> Any:
        return self.page.document()


class ExportReader:
    """`ports.PageReader`."""

    def __init__(self, sender: Sender, job: ReadJob, wanted: AsyncExport, clock: Clock) -> None:
        self._sender, self._job, self._wanted, self._clock = sender, job, wanted, clock
        self._errand = Errand(
            tenant=job.tenant_id,
            connector=job.connector,
            auth=job.auth,
            headers=job.request.headers,
            run=job.run_id,
            log=job.log,
            rules=Rules([*job.request.error_rules, *job.connector.error_rules]),
            note=job.note,
        )
        self._just_begun = False
        self._addresses: list[str] | None = None
        self._file: ExportFile | None = None

    def start(self) -> Cursor:
        return Stage().dump()

    async def fetch(self, cursor: Cursor, *, attempt: int) -> PageResponse:
        """Also raises WaitRequiredError(export) while the job is not done."""
        stage = Stage.load(cursor)
        if stage.job is None:
            return await self._begin(attempt)
        if self._just_begun:  # the chunk ends here, so that the job's id is kept before all else
            self._just_begun = False
            raise WaitRequiredError("export", _SHORTEST_WAIT)
        if self._addresses is None:
            self._addresses = await self._when_done(stage, attempt)
        if stage.file >= len(self._addresses):
            return Handed(Page.nothing(self._job.note), None)
        return await self._read(stage, self._addresses, attempt)

    def advance(self, cursor: Cursor, page: PageResponse, facts: PageFacts) -> Cursor | None:  # noqa: ARG002 - the protocol's signature
        if not isinstance(page, Handed):
            raise TypeError("a page of another reader")
        self._sender.done(self._job.run_id)
        return page.following.dump() if page.following else None

    async def remains(self, cursor: Cursor, seconds: float) -> bool:  # noqa: ARG002 - the port's signature; nothing is asked early
        return False

    def position(self, cursor: Cursor) -> str:
        stage = Stage.load(cursor)
        if stage.job is None:
            return "asking for an export"
        if not stage.file and not stage.place.at:
            return f"export {stage.job}"
        return f"export {stage.job}, file {stage.file + 1}, {stage.place.at:,} bytes"

    async def close(self) -> None:
        """Nothing is held open: connections belong to the client."""
        self._sender.done(self._job.run_id)

    # --- the job ---------------------------------------------------------------------------

    async def _begin(self, attempt: int) -> Handed:
        start, connector = self._wanted.start, self._job.connector
        asked = Asked(address(connector, start.path), start.body)
        for name, value in start.params.items():
            asked = asked.with_query(name, value)
        asked = with_since(asked, self._job.request.incremental, self._job.since)
        asked = asked.with_header("Idempotency-Key", f"varlor-{self._job.run_id}")
        answer = await self._send(asked, attempt, method=start.method)
        job = path(start.job_id_path).one(self._page(answer.body).answer())
        if not isinstance(job, str | int) or isinstance(job, bool) or not 0 < len(str(job)) <= _LONGEST_ID:
            raise SourceError(
                "bad_records", f"The answer holds no job's id at jobIdPath {start.job_id_path}."
            )
        self._job.note(f"The API was asked for an export: job {job}.")
        self._just_begun = True
        begun = self._clock.now().isoformat()
        return Handed(Page.nothing(self._job.note), Stage(job=str(job), begun=begun))

    async def _when_done(self, stage: Stage, attempt: int) -> list[str]:
        """The addresses of the files; raises WaitRequiredError, SourceError(export_failed)."""
        status = self._wanted.status
        answer = await self._send(Asked(self._place(status.path, stage)), attempt)
        document = self._page(answer.body).answer()
        found = path(status.status_path).all(document)
        state = found[0] if found else None
        word = str(state).lower()
        if word in {each.lower() for each in self._wanted.done.values}:
            return self._addresses_in(document, answer, stage)
        if word in {each.lower() for each in self._wanted.done.failed}:
            raise SourceError("export_failed", f"The API's export {stage.job} has ended: {state}.")
        age = (self._clock.now() - datetime.fromisoformat(stage.begun)).total_seconds()
        if age > _LONGEST_JOB:
            raise SourceError("export_failed", f"The export {stage.job} was not done within a day: {state}.")
        if not found:
            self._untold(document)
        raise WaitRequiredError("export", min(max(age * _SHARE, _SHORTEST_WAIT), _LONGEST_WAIT))

    def _untold(self, document: Any) -> None:
        """Where no state is at `statusPath`: some APIs leave it out until the job is done."""
        done, where = self._wanted.done, self._wanted.status.status_path
        words = {word.lower() for word in (*done.values, *done.failed)}
        members = document.items() if isinstance(document, dict) else ()
        elsewhere = next((name for name, value in members if str(value).lower() in words), None)
        if elsewhere is not None:
            raise SourceError(
                "bad_records",
                f"No state of the export is at statusPath {where}, but one is at $.{elsewhere}.",
            )
        self._job.note(f"The API's answer holds no state of the export at statusPath {where} so far.")

    def _addresses_in(self, document: Any, answer: OutResponse, stage: Stage) -> list[str]:
        download = self._wanted.download
        if download.path is not None:
            return [self._place(download.path, stage)]
        where = download.url_path or "$"
        found = path(where).all(document)
        flat = [url for each in found for url in (each if isinstance(each, list) else [each])]
        if not found or not all(isinstance(url, str) and url for url in flat):
            raise SourceError("bad_records", f"The export is done, but no address is at urlPath {where}.")
        return [absolute(answer.url, url) for url in flat]

    def _place(self, template: str, stage: Stage) -> str:
        return address(self._job.connector, template.replace(JOB_SLOT, quote(stage.job or "", safe="")))

    # --- its files -------------------------------------------------------------------------

    async def _read(self, stage: Stage, addresses: list[str], attempt: int) -> Handed:
        asked = Asked(addresses[stage.file])

        async def fetch(headers: dict[str, str]) -> OutResponse:
            return await self._sender.send(self._errand, replace(asked, headers=headers), attempt=attempt)

        if self._file is None or not self._file.stands_at(stage.place):
            self._file = ExportFile(fetch, stage.place)
        try:
            block = await self._file.block()
        except SourceError as error:
            self._file = self._addresses = None  # the next attempt begins at the same place
            if error.status in _RUN_OUT and not error.ruled and attempt == 1:
                error.retryable = True  # signed for minutes, most often: the next attempt has a new address
            raise
        last = block.last and stage.file + 1 >= len(addresses)
        if stage.place == _BEGINNING:
            block = replace(block, data=_unmarked(block))
        page, table = self._records(block, stage.table)
        following = replace(stage, place=block.following, table=table)
        if block.last:
            following = replace(stage, file=stage.file + 1, place=_BEGINNING, table=None)
            self._file = None
        return Handed(page, None if last else following)

    def _records(self, block: Block, table: Table | None) -> tuple[Page, Table | None]:
        form, wanted = block.following.form, self._job.request.record_path
        if form == "json":
            page = self._page(block.data)
            page.find(wanted, "", explicit=wanted is not None)
            return page, None
        if form == "csv":
            known = table or Table.of(block.data)
            page, table = self._page(known.records(block.data, LARGEST, headed=table is None)), known
        else:
            page = self._page(from_lines(block.data))
        page.settle(RecordPlace("$"))
        return page, table

    def _page(self, body: bytes) -> Page:
        answer = OutResponse(200, "", httpx2.Headers(), body, "", 0, None)
        return Page(answer, self._job.note, self._errand.secrets)

    async def _send(self, asked: Asked, attempt: int, method: str = "GET") -> OutResponse:
        return await self._sender.send(replace(self._errand, method=method), asked, attempt=attempt)


def _unmarked(block: Block) -> bytes:
    """The file's first block without a byte order mark; UTF-16 cannot be cut at its line breaks."""
    data = utf8(block.data, None)
    if not block.last and not block.data.endswith(data):
        raise SourceError("bad_records", "The export is not in UTF-8, and too large to be read at once.")
    return data
