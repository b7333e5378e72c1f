"""Reads a REST endpoint page by page: `ports.PageReader`, whose whole memory is the cursor."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Final

from varlor.connectors.ahead import Ahead
from varlor.connectors.auth import key_param
from varlor.connectors.ends import Ends, past_the_end
from varlor.connectors.http import OutResponse
from varlor.connectors.pace import Pace
from varlor.connectors.page import Page
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.build import build
from varlor.connectors.pagination.choose import Choice, choose
from varlor.connectors.pagination.memory import MOST_EMPTY
from varlor.connectors.pagination.probe import Probe
from varlor.connectors.pagination.seen import Seen, same_records
from varlor.connectors.pagination.state import State
from varlor.connectors.pagination.step import End, Progress, Scene, Style
from varlor.connectors.pagination.trial import Trial
from varlor.connectors.plan import Plan
from varlor.connectors.rules import Rules
from varlor.connectors.sending import MOST_BYTES, Errand, Sender, at_home
from varlor.contracts.pagination import CursorToken, Offset, PageNumber, Pagination
from varlor.errors import InvalidInputError, SourceError
from varlor.ports import Cursor, PageFacts, PageResponse, ReadJob, WaitRequiredError

_LONGEST_HOLD: Final = 60.0  # seconds, as long as a rate window is
_PATIENCE: Final = 3  # attempts until an answer that is no JSON is taken for what the API has to say
_EMPTY_BYTES: Final = 4096  # an answer without records is small, and only a small one is parsed to see that


class RestReader:
    def __init__(self, sender: Sender, job: ReadJob, plan: Plan, pace: Pace | None = None) -> None:
        """`pace`: shared by readers that ask the same API in turn, for one run."""
        self._sender = sender
        self._job = job
        self._plan = plan
        self._errand = Errand(
            tenant=job.tenant_id,
            connector=job.connector,
            auth=job.auth,
            method=plan.method,
            headers=job.request.headers,
            run=job.run_id,
            log=job.log,
            rules=Rules([*job.request.error_rules, *job.connector.error_rules]),
            note=job.note,
        )
        self._probe = Probe(sender, self._errand, job.note)
        self._styles: dict[tuple[Pagination, bool], Style] = {}
        self._pace = pace or Pace()
        self._ahead = Ahead(sender, self._errand, job, self._pace)
        self._ends = Ends(job.note, lambda config, bare: self._style(config, bare=bare))
        self._latest: tuple[Cursor, State] | None = None

    def start(self) -> Cursor:
        plan = self._plan
        if plan.config is None or plan.presumed:
            return State(plan.first, plan.first, plan.config, bare=True, presumed=plan.presumed).dump()
        return State(plan.base, self._style(plan.config, bare=False).first(plan.base), plan.config).dump()

    async def fetch(self, cursor: Cursor, *, attempt: int, most: int = MOST_BYTES) -> PageResponse:
        """As `ports.PageReader` has it. `most`: bytes of a page that was asked for before its turn."""
        state = self._state(cursor)
        if state.trial is not None:
            return await self._probe.run(state, state.trial, attempt)
        try:
            response = await self._ahead.answer(state.asked, attempt, most)
        except SourceError as error:
            return await self._after_refusal(state, attempt, error, most)
        try:
            page = await self._believed(state, self._page(state, response), attempt, most)
        except SourceError as error:
            if error.kind == "not_json" and attempt < _PATIENCE:
                error.retryable = state.progress.pages > 0  # a proxy's page in between, most often
            raise
        self._pace.taken(len(page.body))
        if state.config is not None and not state.presumed and most == MOST_BYTES:
            self._ahead.begin(state, page, self._style(state.config, bare=state.bare))
        return page

    async def _after_refusal(self, state: State, attempt: int, error: SourceError, most: int) -> Page:
        """Counting past the end is refused by some APIs; a presumed page size, by others."""
        first = state.progress.pages == 0
        if first and state.presumed and error.kind == "bad_request":
            self._job.note("The page size that the API's document suggests was refused; its own is used.")
            response = await self._sender.send(self._errand, self._plan.base, attempt=attempt, most=most)
            page = self._page(state, response)
            page.base = self._plan.base
            return page
        if first or not past_the_end(state, error):
            raise error
        try:
            response = await self._again(state.asked, attempt, most)
        except SourceError as again:
            if again.status != error.status:
                raise
            if self._ends.is_promised(state):
                again.detail = self._ends.refused(state, again)
                raise
            return self._ends.nothing(state, f"The API answered HTTP {error.status} past the last page.")
        return self._page(state, response)

    async def _believed(self, state: State, page: Page, attempt: int, most: int) -> Page:
        """The page; one that is empty where the API counts more records is asked for once more.

        One that begins with ids that were there before is compared with that page, read anew: clamped to
        the last page, an API may send the same records for ever, each time with another `served_at`.
        """
        before = self._ends.looks_like(state, page)
        if before is not None:
            return await self._new_or_nothing(state, page, before, attempt)
        if state.progress.empty or len(page.body) > _EMPTY_BYTES or not self._ends.is_promised(state, page):
            return page
        if not page.is_empty():
            return page
        return self._page(state, await self._again(state.asked, attempt, most))

    async def _new_or_nothing(self, state: State, page: Page, before: Asked, attempt: int) -> Page:
        old, again = [
            self._settled_page(state, await self._again(asked, attempt)) for asked in (before, state.asked)
        ]
        if same_records(old.records(), page.records(), again.records()):
            return self._ends.repeated(state, page)
        self._ends.trusts_ids = False
        return page

    async def _again(self, asked: Asked, attempt: int, most: int = MOST_BYTES) -> OutResponse:
        """A second request of one fetch: what the first one found would be lost in a durable wait."""
        try:
            return await self._sender.send(self._errand, asked, attempt=attempt + 1, most=most)
        except WaitRequiredError as wait:
            if wait.seconds > _LONGEST_HOLD:
                raise
            await asyncio.sleep(wait.seconds)
        return await self._sender.send(self._errand, asked, attempt=attempt + 1, most=most)

    def _page(self, state: State, response: OutResponse) -> Page:
        page = self._settled_page(state, response)
        if state.progress.pages == 0:
            page.take_marks()
        return self._ends.judged(state, page)

    def _settled_page(self, state: State, response: OutResponse) -> Page:
        page = Page(response, self._job.note, self._errand.secrets)
        if state.place is not None:
            page.settle(state.place)
        else:
            plan, url_path = self._plan, state.asked.url.partition("?")[0]
            page.find(plan.record_path or plan.record_hint, url_path, explicit=plan.record_path is not None)
        return page

    def advance(self, cursor: Cursor, page: PageResponse, facts: PageFacts) -> Cursor | None:
        if not isinstance(page, Page):
            raise TypeError("a page of another reader")
        self._sender.done(self._job.run_id)
        state = self._state(cursor)
        progress = state.progress.after(facts.count)
        if page.ended is not None:
            self._job.note(page.ended)
            return None
        if page.trial is not None and page.adopted is None:
            return replace(state, progress=progress, trial=page.trial).dump() if page.trial.todo else None
        if progress.empty > MOST_EMPTY:
            raise SourceError("pagination_stuck", f"The API sent {progress.empty} empty pages in a row.")
        following = self._next(self._settled(state, page), page, facts.count, progress)
        if following is None:
            return None
        self._latest = following.dump(), following
        return self._latest[0]

    def _state(self, cursor: Cursor) -> State:
        """The state of a cursor, which most often is the one that was handed out last."""
        if self._latest is not None and self._latest[0] == cursor:
            return self._latest[1]
        return State.load(cursor)

    def _settled(self, state: State, page: Page) -> State:
        """The state with what fetching this page found out."""
        place = state.place or (None if page.is_empty() else page.place)
        if page.adopted is None:
            return replace(state, base=page.base or state.base, place=place)
        config, asked = page.adopted
        return replace(state, config=config, asked=asked, place=place, trial=None)

    def _next(self, state: State, page: Page, count: int, progress: Progress) -> State | None:
        secret = key_param(self._job.connector)
        scene = Scene(state.base, state.asked, page, count, progress, secret, state.promise)
        if state.config is None or state.presumed:
            return self._decide(state, scene)
        if page.place.shape == "one" and self._ends.is_all(state, scene):
            self._job.note("The answer is a single object: there is nothing to count on from it.")
            return None
        step = self._step(self._style(state.config, bare=state.bare), scene)
        return self._moved(state, scene, step)

    def _decide(self, state: State, scene: Scene) -> State | None:
        """After the first page of `auto`: a style, a trial, or the end."""
        choice = choose(scene, self._plan.known_params)
        if state.presumed and state.config is not None and choice.certain is None:
            step = self._presumed(self._style(state.config, bare=state.bare), scene)
            choice = choice.preferring(state.config, step, state.base)
        if choice.certain is not None:
            self._job.note(f"Pagination found: {choice.why}")
            decided = replace(state, config=choice.certain, presumed=False)
            return self._moved(decided, scene, self._step(self._style(choice.certain, bare=True), scene))
        if not choice.candidates:
            if choice.why:
                self._job.note(choice.why)
            return None
        return self._try(state, scene, choice)

    def _try(self, state: State, scene: Scene, choice: Choice) -> State:
        trial = Trial.begin(choice, scene.page.records(), scene.count)
        seen = _seen(state, scene)
        return replace(state, config=None, presumed=False, progress=scene.progress, trial=trial, seen=seen)

    def _presumed(self, style: Style, scene: Scene) -> Asked | None:
        """The next request as a document has it; it may be wrong in any way."""
        with suppress(SourceError):
            step = self._step(style, scene)
            return step if isinstance(step, Asked) else None
        return None

    def _step(self, style: Style, scene: Scene) -> Asked | End:
        try:
            return style.after(scene)
        except InvalidInputError as error:
            raise SourceError(
                "pagination_stuck", f"The API's next link cannot be followed. {error.detail}"
            ) from None

    def _moved(self, state: State, scene: Scene, step: Asked | End) -> State | None:
        if isinstance(step, End):
            if step.note:
                self._job.note(step.note)
            return None
        if not at_home(self._job.connector, step):
            self._job.note("The next page is at another host; it is read without the connector's credential.")
        visited = state.visited
        if step.at is None:
            if step.digest() == state.asked.digest() and not scene.count:
                self._job.note("The API repeats its cursor after an empty page; taken as the end.")
                return None
            if not visited.count:
                visited = visited.then(state.asked.digest())
            visited = visited.then(step.digest())
        style = self._ends.counted(state)
        promise = style.told(scene) if style else state.promise
        return replace(
            state,
            asked=step,
            progress=scene.progress,
            visited=visited,
            seen=_seen(state, scene),
            promise=promise,
        )

    def _style(self, config: Pagination, *, bare: bool) -> Style:
        key = (config, bare)
        if key not in self._styles:
            self._styles[key] = build(config, bare=bare)
        return self._styles[key]

    async def remains(self, cursor: Cursor, seconds: float) -> bool:
        return await self._ahead.remains(self._state(cursor).asked, seconds)

    def position(self, cursor: Cursor) -> str:
        state = self._state(cursor)
        number = state.progress.pages + 1
        if state.trial is not None:
            return f"page {number}, trying how the API pages"
        if isinstance(state.config, Offset) and state.asked.at is not None:
            return f"offset {state.asked.at}"
        if isinstance(state.config, PageNumber) and state.asked.at is not None:
            return f"page {state.asked.at}"
        return f"page {number} (cursor)" if isinstance(state.config, CursorToken) else f"page {number}"

    async def close(self) -> None:
        """Nothing but a request under way is held open: connections belong to the client."""
        await self._ahead.drop()
        self._sender.done(self._job.run_id)


def _seen(state: State, scene: Scene) -> Seen:
    return state.seen if scene.page.marks is None else state.seen.then(scene.page.marks)
