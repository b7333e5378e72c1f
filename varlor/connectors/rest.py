"""Reads a REST endpoint page by page: `ports.PageReader`, whose whole memory is the cursor."""

from dataclasses import replace
from typing import Final

from varlor.connectors.ahead import Ahead
from varlor.connectors.auth import key_param
from varlor.connectors.http import OutResponse
from varlor.connectors.pace import Pace
from varlor.connectors.page import Page
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.build import build
from varlor.connectors.pagination.choose import Choice, choose
from varlor.connectors.pagination.counted import OffsetStyle, PageNumberStyle
from varlor.connectors.pagination.memory import MOST_EMPTY
from varlor.connectors.pagination.probe import Probe
from varlor.connectors.pagination.state import State
from varlor.connectors.pagination.step import End, Progress, Promise, Scene, Style
from varlor.connectors.pagination.trial import Trial
from varlor.connectors.plan import Plan
from varlor.connectors.rules import Rules
from varlor.connectors.sending import MOST_BYTES, Errand, Sender, at_home
from varlor.contracts.pagination import CursorToken, Keyset, Offset, PageNumber, Pagination
from varlor.errors import InvalidInputError, SourceError
from varlor.ports import Cursor, PageFacts, PageResponse, ReadJob

_PAST_THE_END: Final = frozenset({404, 410, 416})
_MAYBE_PAST_THE_END: Final = frozenset({400, 422})
_EMPTY_BYTES: Final = 65_536  # an answer without records is small


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
        page = await self._believed(state, self._page(state, response), attempt, most)
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
        if first or not _past_the_end(state, error):
            raise error
        try:
            response = await self._sender.send(self._errand, state.asked, attempt=attempt + 1, most=most)
        except SourceError as again:
            if again.status != error.status or self._is_promised(state):
                raise
            return self._ended(state, f"The API answered HTTP {error.status} past the last page.")
        return self._page(state, response)

    async def _believed(self, state: State, page: Page, attempt: int, most: int) -> Page:
        """The page; one that is empty where the API counts more records is asked for once more."""
        if state.progress.empty or len(page.body) > _EMPTY_BYTES or not self._is_promised(state, page):
            return page
        if not page.is_empty():
            return page
        response = await self._sender.send(self._errand, state.asked, attempt=attempt + 1, most=most)
        return self._page(state, response)

    def _is_promised(self, state: State, page: Page | None = None) -> bool:
        """Whether the API's own count, on `page` or before, says that there are records where we are."""
        style = self._counted(state)
        if style is None or state.progress.pages == 0:
            return False
        return style.promises(self._told(state, style, page), state.asked, state.progress.largest)

    def _counted(self, state: State) -> OffsetStyle | PageNumberStyle | None:
        style = self._style(state.config, bare=state.bare) if state.config and not state.presumed else None
        return style if isinstance(style, OffsetStyle | PageNumberStyle) else None

    def _told(self, state: State, style: OffsetStyle | PageNumberStyle, page: Page | None) -> Promise:
        if page is None:
            return state.promise
        return style.told(Scene(state.base, state.asked, page, 0, state.progress, promise=state.promise))

    def _ended(self, state: State, why: str, page: Page | None = None) -> Page:
        """An empty page in place of an answer that only says that there are no more."""
        style = self._counted(state)
        told = None if style is None else self._told(state, style, page)
        said = style.shortfall(told, state.asked, state.progress.rows) if style and told else None
        return Page.nothing(self._job.note, f"{why} {said}" if said else why)

    def _page(self, state: State, response: OutResponse) -> Page:
        page = Page(response, self._job.note, self._errand.secrets)
        if state.place is not None:
            page.settle(state.place)
        else:
            plan, url_path = self._plan, state.asked.url.partition("?")[0]
            page.find(plan.record_path or plan.record_hint, url_path, explicit=plan.record_path is not None)
        if isinstance(state.config, Offset | PageNumber | Keyset) and page.take_digest() == state.digest:
            return self._repeated(state, page)
        return page

    def _repeated(self, state: State, page: Page) -> Page:
        """The same records again: the parameter is ignored, or the last page answers for all after it."""
        if page.is_empty():
            return page
        if state.progress.pages > 1:
            return self._ended(state, "The API repeats its last page; taken as the end.", page)
        if _full(state) or self._is_promised(state, page):
            raise SourceError(
                "pagination_stuck",
                "The second page holds the same records as the first: the API ignores the paging parameter. "
                "Set another pagination, or none if it has one page.",
            )
        return Page.nothing(
            self._job.note,
            f"The second page repeats the first: there is one page of {state.progress.rows} records, "
            "or the API ignores the paging parameter.",
        )

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
        step = self._step(self._style(state.config, bare=state.bare), scene)
        return self._moved(state, scene, step)

    def _decide(self, state: State, scene: Scene) -> State | None:
        """After the first page of `auto`: a style, a trial, or the end."""
        choice = choose(scene, self._plan.known_params)
        if state.presumed and state.config is not None and choice.certain is None:
            step = self._step(self._style(state.config, bare=state.bare), scene)
            choice = choice.preferring(state.config, step if isinstance(step, Asked) else None, state.base)
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
        return replace(state, config=None, presumed=False, progress=scene.progress, trial=trial)

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
        style = self._counted(state)
        promise = style.told(scene) if style else state.promise
        return replace(
            state,
            asked=step,
            progress=scene.progress,
            visited=visited,
            digest=scene.page.digest,
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


def _past_the_end(state: State, error: SourceError) -> bool:
    """Whether a refusal may only say that counting went too far; a short page before makes that of a 400."""
    if error.ruled or not isinstance(state.config, Offset | PageNumber):
        return False
    if error.status in _PAST_THE_END:
        return True
    short = state.progress.last < (_size(state) or state.progress.largest)
    return error.status in _MAYBE_PAST_THE_END and short


def _size(state: State) -> int | None:
    """Records a page that were asked for, where they were."""
    if state.bare or not isinstance(state.config, Offset | PageNumber):
        return None
    return state.config.limit if isinstance(state.config, Offset) else state.config.size


def _full(state: State) -> bool:
    size = _size(state)
    return size is not None and state.progress.last >= size
