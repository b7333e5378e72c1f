"""Async exports: one job, waited for, and its files read once, whatever stops in between."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.connectors.kit import NOW, Reader, Reading, connector, serve
from varlor.connectors import APIConnectorService, export_file
from varlor.connectors.export import Stage
from varlor.contracts.connector import Secrets
from varlor.contracts.fetch import FetchRequest
from varlor.errors import SourceError
from varlor.ports import ReadJob, WaitRequiredError

EXPORT: dict[str, Any] = {
    "start": {"path": "/jobs", "body": {"kind": "orders"}, "jobIdPath": "$.job.id"},
    "status": {"path": "/jobs/{job}", "statusPath": "$.state"},
    "done": {"values": ["Done"], "failed": ["broken"]},
    "download": {"urlPath": "$.files"},
}
WANTED = FetchRequest.model_validate({"asyncExport": EXPORT, "dataset": {"name": "d"}})
ROWS = [{"id": n, "text": f"Zeile {n}, «{'x' * (n % 50)}»"} for n in range(400)]


@dataclass
class Office:
    """Makes exports: `states` are told one after the other, the last for ever; `files` are then served."""

    states: list[str] = field(default_factory=lambda: ["queued", "running", "done"])
    files: list[bytes] = field(default_factory=list[bytes])
    started: list[tuple[Any, str | None]] = field(default_factory=list[Any])
    ranges: list[str | None] = field(default_factory=list[Any])
    knows_ranges: int = 1_000  # requests; those after them are answered with the whole file
    faults: int = 0
    edition: int = 1
    media: str = "application/octet-stream"
    coding: str = ""
    good_for: int = 1_000  # requests that an address of a file serves
    signed: int = 0
    closed: bool = False

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/jobs", self._start, methods=["POST"]),
                Route("/jobs/{job}", self._look),
                Route("/files/{number:int}", self._file),
            ]
        )

    async def _start(self, request: Request) -> Response:
        self.started.append((orjson.loads(await request.body()), request.headers.get("idempotency-key")))
        return JSONResponse({"job": {"id": "j 1"}}, 202)

    def _look(self, request: Request) -> Response:
        assert request.path_params["job"] == "j 1"
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        self.signed += 1
        names = [f"/files/{number}?signed={self.signed}" for number in range(len(self.files))]
        return JSONResponse({"state": state, "files": names if state == "done" else None})

    def _file(self, request: Request) -> Response:
        asked, content = request.headers.get("range"), self.files[request.path_params["number"]]
        self.ranges.append(asked)
        self.good_for -= 1
        if self.closed or (self.good_for < 0 and request.query_params["signed"] == "3"):
            return Response(b"Request has expired", 403)
        if self.faults:
            self.faults -= 1
            return Response(status_code=503)
        headers = {"etag": f'"{self.edition}"', "content-type": self.media}
        headers |= {"content-encoding": self.coding} if self.coding else {}
        if asked is None or len(self.ranges) > self.knows_ranges:
            return Response(content, headers=headers)
        first, last = map(int, asked.removeprefix("bytes=").split("-"))
        if first >= len(content):
            return Response(status_code=416)
        part = content[first : last + 1]
        headers["content-range"] = f"bytes {first}-{first + len(part) - 1}/{len(content)}"
        return Response(part, 206, headers=headers)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def home(office: Office, service: APIConnectorService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.setattr(export_file, "PIECE", 1_500)
    monkeypatch.setattr(export_file, "BLOCK", 2_000)
    for url in serve(office.app()):
        yield Reader(service, url)


async def read(home: Reader, **more: Any) -> Reading:
    return await home.read("", asyncExport=EXPORT, patient=True, **more)


def lines(rows: list[Any]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def table(rows: list[Any]) -> bytes:
    return "".join(["id,text\n", *(f'{r["id"]},"{r["text"]}\nend"\n' for r in rows)]).encode()


def meant(records: list[Any]) -> list[Any]:
    return [{"id": int(r["id"]), "text": r["text"].removesuffix("\nend")} for r in records]


@pytest.mark.parametrize(("knows_ranges", "hops"), [(1_000, True), (1_000, False), (0, True)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("make", [lines, table, orjson.dumps], ids=["lines", "csv", "json"])
async def test_every_record_once(
    home: Reader, office: Office, make: Any, pack: Any, knows_ranges: int, hops: bool
) -> None:
    office.files = [pack(make(ROWS[:300])), pack(make(ROWS[300:]))]
    office.knows_ranges = knows_ranges
    reading = await read(home, hops=hops)
    assert meant(reading.records) == ROWS
    assert len(office.started) == 1
    assert office.started[0] == ({"kind": "orders"}, "varlor-r1")


@pytest.mark.parametrize("make", [lines, table], ids=["lines", "csv"])
async def test_a_byte_order_mark_is_no_content(home: Reader, office: Office, make: Any) -> None:
    office.files = [b"\xef\xbb\xbf" + make(ROWS)]
    assert meant((await read(home, hops=True)).records) == ROWS


async def test_a_large_file_in_utf16_is_refused_and_not_garbled(home: Reader, office: Office) -> None:
    office.files, office.media = [table(ROWS).decode().encode("utf-16")], "text/csv"
    with pytest.raises(SourceError, match="not in UTF-8"):
        await read(home)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
async def test_an_address_that_has_run_out_is_asked_for_again(
    home: Reader, office: Office, pack: Any
) -> None:
    office.files, office.good_for = [pack(lines(ROWS))], 1
    assert meant((await read(home)).records) == ROWS
    assert office.signed == 4


async def test_a_file_that_stays_closed_ends_the_run(home: Reader, office: Office) -> None:
    office.files, office.closed = [lines(ROWS)], True
    with pytest.raises(SourceError, match="HTTP 403"):
        await read(home)
    assert office.signed == 4


@pytest.mark.parametrize("asked", [1, 2, 3])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("make", [lines, table], ids=["lines", "csv"])
async def test_a_server_that_knows_ranges_no_more_gives_no_wrong_row(
    home: Reader, office: Office, make: Any, pack: Any, asked: int
) -> None:
    office.files, office.knows_ranges = [pack(make(ROWS))], asked
    reading, refused = Reading(), ""
    try:
        await read(home, into=reading, hops=True)
    except SourceError as error:
        refused = error.detail
    assert not refused or "another part" in refused
    assert meant(reading.records) == ROWS[: len(reading.records)]


async def test_a_page_that_could_not_be_taken_in_comes_again(home: Reader, office: Office) -> None:
    office.files = [lines(ROWS)]
    whole = await read(home)
    place, log, notes = connector(home.url), list[Any](), list[str]()
    auth = home.service.auth(place, Secrets())
    job = ReadJob("t1", "r1", place, auth, WANTED, log.append, notes.append)
    reader, cursor = await home.service.reader(job, None), whole.cursors[3]
    pages = [await reader.fetch(cursor, attempt=attempt) for attempt in (1, 2)]
    assert pages[0].body == pages[1].body


async def test_an_incremental_export_asks_for_what_is_new(home: Reader, office: Office) -> None:
    office.files = [lines(ROWS[:3])]
    target = {"name": "d", "writeMode": "merge", "primaryKey": ["id"]}
    await read(home, dataset=target, incremental={"cursorField": "id", "param": "after"}, since=7)
    assert office.started[0][0] == {"kind": "orders", "after": 7}


async def test_the_jobs_id_is_kept_before_anything_else(home: Reader, office: Office) -> None:
    office.files = [lines(ROWS[:3])]
    reading = Reading()
    with pytest.raises(WaitRequiredError) as caught:
        await home.read("", asyncExport=EXPORT, into=reading)
    assert caught.value.reason == "export"
    assert reading.cursors[-1]["job"] == "j 1"
    assert office.states == ["queued", "running", "done"]
    rest = await read(home, begin=reading.cursors[-1])
    assert meant(rest.records) == ROWS[:3]
    assert len(office.started) == 1


async def test_a_file_goes_on_at_every_cursor(home: Reader, office: Office) -> None:
    for pack in (bytes, gzip.compress):
        office.files = [pack(table(ROWS[:120])), pack(table(ROWS[120:200]))]
        whole = await read(home)
        reads = [c for c in whole.cursors if c["place"]["at"] or c["file"]]
        assert len(reads) >= 4
        for cursor in reads:
            rest = await read(home, begin=cursor)
            count = len(rest.records)
            assert 0 < count < 200
            assert meant(rest.records) == ROWS[200 - count : 200]


async def test_a_piece_that_fails_is_asked_for_again_alone(home: Reader, office: Office) -> None:
    office.files, office.faults = [lines(ROWS)], 3
    reading = await read(home)
    assert meant(reading.records) == ROWS
    firsts = [int(r.removeprefix("bytes=").split("-")[0]) for r in office.ranges if r]
    assert firsts == sorted(firsts)
    assert firsts.count(0) == 4


async def test_a_coding_of_the_file_is_its_own(home: Reader, office: Office) -> None:
    office.files, office.coding = [gzip.compress(lines(ROWS), mtime=0)], "gzip"
    assert meant((await read(home)).records) == ROWS


async def test_a_file_packed_in_several_goes_is_read_whole(home: Reader, office: Office) -> None:
    office.files = [b"".join(gzip.compress(lines(ROWS[at : at + 50])) for at in range(0, 400, 50))]
    assert meant((await read(home)).records) == ROWS


async def test_a_file_that_changes_is_not_mixed(home: Reader, office: Office) -> None:
    office.files = [lines(ROWS)]
    whole = await read(home)
    office.edition = 2
    with pytest.raises(SourceError, match="changed"):
        await read(home, begin=whole.cursors[-1])


@pytest.mark.parametrize("state", ["broken", "BROKEN"])
async def test_a_failed_job_ends_the_run(home: Reader, office: Office, state: str) -> None:
    office.states = ["queued", state]
    with pytest.raises(SourceError, match="has ended") as caught:
        await read(home)
    assert caught.value.kind == "export_failed"


async def test_an_answer_without_an_id_or_an_address_is_told(home: Reader, office: Office) -> None:
    with pytest.raises(SourceError, match="jobIdPath"):
        await home.read("", asyncExport={**EXPORT, "start": {"path": "/jobs", "body": {}}})
    office.files = [b""]
    broken = {**EXPORT, "download": {"urlPath": "$.state.file"}}
    with pytest.raises(SourceError, match="urlPath"):
        await home.read("", asyncExport=broken, patient=True)


async def test_a_state_that_is_elsewhere_is_told_and_one_that_is_nowhere_yet_is_waited_for(
    home: Reader, office: Office
) -> None:
    wrong = {**EXPORT, "status": {"path": "/jobs/{job}", "statusPath": "$.status"}}
    begun = Stage("j 1", NOW.isoformat()).dump()
    office.states = ["queued", "done"]
    into = Reading()
    with pytest.raises(WaitRequiredError):
        await home.read("", asyncExport=wrong, begin=begun, into=into)
    assert any("no state of the export at statusPath $.status" in note for note in into.notes)
    with pytest.raises(SourceError, match=r"statusPath \$\.status, but one is at \$\.state"):
        await home.read("", asyncExport=wrong, begin=begun)


@pytest.mark.parametrize("content", [b"", b"id,text\n"])
async def test_an_empty_export_is_no_record(home: Reader, office: Office, content: bytes) -> None:
    office.files, office.media = [content], "text/csv"
    assert (await read(home)).records == []
