"""Reads a GraphQL query page by page: `ports.PageReader`, whose whole memory is the cursor."""

import hashlib
from dataclasses import replace
from typing import Any, Final

from varlor.connectors.decoding import encode
from varlor.connectors.graphql.answer import Answer
from varlor.connectors.graphql.asking import Asking
from varlor.connectors.graphql.paging import PARENT, records_of
from varlor.connectors.graphql.plan import Plan
from varlor.connectors.graphql.spots import Spot, plainly, reach
from varlor.connectors.graphql.state import State
from varlor.connectors.graphql.turning import Position, following
from varlor.connectors.jsonpaths import path
from varlor.connectors.pagination.memory import MOST_EMPTY
from varlor.connectors.pagination.step import End
from varlor.connectors.sending import Errand, Sender
from varlor.contracts.pagination import Keyset, Offset, PageNumber
from varlor.errors import SourceError
from varlor.ports import Cursor, PageFacts, PageResponse, ReadJob

_TRIES: Final = 3  # of a page that comes with passing faults, before it is taken as it is


class GraphQLReader:
    def __init__(self, sender: Sender, job: ReadJob, plan: Plan) -> None:
        self._sender = sender
        self._job = job
        self._plan = plan
        self._told: set[str] = set()
        self._asking = Asking(
            sender,
            Errand(
                tenant=job.tenant_id,
                connector=job.connector,
                auth=job.auth,
                method="POST",
                headers=job.request.headers,
                run=job.run_id,
                log=job.log,
            ),
        )

    def start(self) -> Cursor:
        for note in self._plan.paging.notes:
            self._job.note(note)
        return State(self._plan.beginning()).dump()

    async def fetch(self, cursor: Cursor, *, attempt: int) -> PageResponse:
        state = State.load(cursor)
        if not self._is_page_zero(state):
            return await self._read(state, attempt)
        try:
            answer = await self._read(state, attempt)
        except SourceError as error:
            if error.kind == "rate_limited" or (error.retryable and attempt < _TRIES):
                raise
        else:
            answer.at = 0
            return answer
        answer = await self._read(replace(state, at=(1,)), attempt)
        answer.at = 1 if answer.records else None
        return answer

    def _is_page_zero(self, state: State) -> bool:
        """Whether it is yet to be found out that there is a page 0: an API may refuse it, or give page 1."""
        return self._plan.guesses and not state.progress.pages and state.at == (0,)

    async def _read(self, state: State, attempt: int) -> Answer:
        answer = await self._asking.ask(self._plan.ask(state.at), attempt=attempt)
        spot = state.spot or self._plan.spot(answer.data)
        self._judge(answer, spot, attempt)
        self._take(answer, spot)
        self._drop_repeated(answer, state)
        return answer

    def _judge(self, answer: Answer, spot: Spot | None, attempt: int) -> None:
        """Let partial data pass, and say so; raise what stands in the place of the records, or may pass."""
        if not answer.faults:
            return
        passing = any(fault.passing for fault in answer.faults)
        if not self._has_records(answer, spot) or (passing and attempt < _TRIES):
            raise self._asking.error(answer)
        for fault in answer.faults:
            code = f" ({fault.code})" if fault.code else ""
            note = f"Partial data: {fault.place()} failed{code}."
            if note not in self._told and len(self._told) < 20:  # noqa: PLR2004 - a run's notes are for people
                self._told.add(note)
                self._job.note(note)

    def _has_records(self, answer: Answer, spot: Spot | None) -> bool:
        if self._plan.record_path is not None:
            return any(each is not None for each in path(self._plan.record_path).all(answer.whole))
        return spot is not None and reach(answer.data, spot.keys) is not None

    def _take(self, answer: Answer, spot: Spot | None) -> None:
        if self._plan.record_path is not None:
            answer.select(self._plan.record_path)
        elif spot is not None:
            answer.take(spot)
            if reach(answer.data, spot.keys) is None:
                self._job.note(f"The server answered null at {spot.path}; taken as no records.")
        self._add_parent(answer)

    def _add_parent(self, answer: Answer) -> None:
        outer = self._plan.paging.outer
        if outer is None or outer.found is None or not answer.records:
            return
        spot = Spot.of(outer.found)
        found = reach(answer.data, (*spot.keys, spot.inner) if spot.inner else spot.keys)
        parent = found[0] if isinstance(found, list) else found
        own = {key: value for key, value in parent.items() if not isinstance(value, dict | list)}
        if own:
            answer.add_to_each(PARENT, own)

    def advance(self, cursor: Cursor, page: PageResponse, facts: PageFacts) -> Cursor | None:
        if not isinstance(page, Answer):
            raise TypeError("a page of another reader")
        self._sender.done(self._job.run_id)
        state = self._counted(State.load(cursor), page, facts.count)
        if state.progress.empty > MOST_EMPTY:
            raise SourceError(
                "pagination_stuck", f"The API sent {state.progress.empty} empty pages in a row."
            )
        step = following(self._plan.paging, state.at, page, facts.count)
        if isinstance(step, End):
            self._conclude(state, step)
            return None
        return self._moved(state, page, step).dump()

    def _counted(self, state: State, page: Answer, count: int) -> State:
        return replace(
            state,
            spot=state.spot or (self._plan.spot(page.data) if page.records else None),
            progress=state.progress.after(count),
            faults=state.faults + len(page.faults),
            lost=state.lost + page.lost,
            cut=state.cut + self._cut(page),
        )

    def _cut(self, page: Answer) -> int:
        """Records whose inner connections, by their own word, have more than came with them."""
        paging = self._plan.paging
        if not paging.inside or paging.found is None:
            return 0
        depth = len(paging.found.keys) + len(records_of(paging.found))
        ends = [(*each.keys[depth:], "pageInfo", "hasNextPage") for each in paging.inside]
        return sum(any(plainly(record, end) is True for end in ends) for record in page.records)

    def _drop_repeated(self, answer: Answer, state: State) -> None:
        """The same records again: the argument is ignored, or the last page answers for all after it."""
        if not self._counts() or not answer.records or _told_apart(answer.records) != state.digest:
            return
        size = self._plan.page_size()
        if state.progress.pages == 1 and self._plan.guesses and state.at == (1,):
            answer.clear()
            answer.at = 1  # it was page 1 that answered for page 0
            return
        if state.progress.rows == state.progress.largest and (size is None or state.progress.largest >= size):
            raise SourceError(
                "pagination_stuck",
                "The second page holds the same records as the first: the API ignores the argument that "
                "should turn the page. Set another pagination, or none if it has one page.",
            )
        answer.clear()
        self._job.note("The API repeats its last page; taken as the end.")

    def _counts(self) -> bool:
        return isinstance(self._plan.paging.config, Offset | PageNumber | Keyset)

    def _moved(self, state: State, page: Answer, at: Position) -> State:
        if self._counts():
            digest = _told_apart(page.records) if page.records else state.digest
            return replace(state, at=at, digest=digest)
        visited = (
            state.visited if state.visited.count else state.visited.then(_digest(encode(list(state.at))))
        )
        return replace(state, at=at, visited=visited.then(_digest(encode(list(at)))))

    def _conclude(self, state: State, end: End) -> None:
        for note in (
            end.note,
            f"{state.lost} records came as null and were left out." if state.lost else None,
            f"The server reported {state.faults} errors beside its data." if state.faults else None,
            f"{state.cut} records have more in a connection of theirs than came with them."
            if state.cut
            else None,
        ):
            if note:
                self._job.note(note)

    async def remains(self, cursor: Cursor, seconds: float) -> bool:  # noqa: ARG002 - the port's signature; nothing is asked early
        return False

    def position(self, cursor: Cursor) -> str:
        state = State.load(cursor)
        at, number = state.at[-1], state.progress.pages + 1
        match self._plan.paging.config:
            case Offset():
                return f"offset {at or 0}"
            case PageNumber():
                return f"page {at}"
            case _:
                return f"page {number} (cursor)" if state.progress.pages else "page 1"

    async def close(self) -> None:
        """Nothing is held open: connections belong to the client."""
        self._sender.done(self._job.run_id)


def _told_apart(records: list[Any]) -> str:
    """A digest of a page: of its ids where it has them, for other fields may move between two readings."""
    ids = [record.get("id") for record in records]
    return _digest(encode(records if None in ids or len(set(map(str, ids))) < len(ids) else ids))


def _digest(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()[:12]
