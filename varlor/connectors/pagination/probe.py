"""Carries out a trial: sends what is to be tried, compares, and adopts what brings other records."""

from collections.abc import Callable
from typing import Any, Final, TypeGuard

from varlor.connectors.page import Page
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.build import load
from varlor.connectors.pagination.state import State
from varlor.connectors.pagination.trial import Trial, Verdict, shown
from varlor.connectors.sending import Errand, Sender
from varlor.contracts.pagination import CursorToken, Offset, PageNumber, Pagination
from varlor.errors import SourceError
from varlor.ports import WaitRequiredError

_PATIENCE: Final = 3  # attempts until a failing API is taken to refuse what is tried


class _FailedError(Exception):
    """The candidate is not how this API pages; the text says what was seen."""


class Probe:
    """One `fetch` of a reader whose first page did not say how to go on."""

    def __init__(self, sender: Sender, errand: Errand, note: Callable[[str], None]) -> None:
        self._sender = sender
        self._errand = errand
        self._note = note

    async def run(self, state: State, trial: Trial, attempt: int) -> Page:
        """The second page; or an empty one that ends the run or keeps how far the trial got.

        Raises SourceError and WaitRequiredError only before anything was found out, so that a
        repeat goes on instead of beginning again.
        """
        begun = trial
        while trial.todo:
            candidate = trial.todo[0]
            try:
                return await self._try(state, trial, candidate, attempt)
            except _FailedError as failed:
                trial = trial.failed(str(failed))
            except (SourceError, WaitRequiredError):
                if trial is begun:
                    raise
                break
        page = Page.nothing(self._note, None if trial.todo else trial.verdict())
        page.trial = trial
        return page

    async def _try(self, state: State, trial: Trial, candidate: dict[str, Any], attempt: int) -> Page:
        config, asked = load(candidate["config"]), Asked.load(candidate["asked"])
        what = shown(state.base, asked)
        page = await self._ask(state, asked, what, attempt)
        if _counts_from_one(config, trial, page):
            at = trial.count + 1
            config = config.model_copy(update={"start": 1})
            asked = state.base.with_param(config.offset_param, at, at=at)
            what = shown(state.base, asked)
            page = await self._ask(state, asked, what, attempt)
        verdict = await self._verdict(state, trial, page, attempt)
        if verdict in {"same", "mixed"}:
            raise _FailedError(
                f"{what} gave {'the same' if verdict == 'same' else 'some of the same'} records"
            )
        if candidate["check"] is not None and isinstance(config, PageNumber):
            check = Asked.load(candidate["check"])
            return await self._where_counting_begins(state, trial, (config, asked, page), check, attempt)
        if verdict == "empty" and not isinstance(config, CursorToken):
            if candidate["blind"] or trial.more_promised:
                raise _FailedError(f"{what} gave no records")
            return Page.nothing(self._note, f"There is one page: {what} holds no records.")
        return self._adopt(state, trial, config, asked, page)

    async def _verdict(self, state: State, trial: Trial, page: Page, attempt: int) -> Verdict:
        """Where every record differs but may be the old one with a new value, the first request tells."""
        verdict = trial.first.judge(page.records())
        if verdict != "unsure":
            return verdict
        again = await self._ask(state, state.base, "the first request, sent again,", attempt)
        if not trial.first.holds(again.records()):
            return "same"
        return trial.first.in_another_form(again.records(), page.records()) or "other"

    async def _where_counting_begins(
        self, state: State, trial: Trial, tried: tuple[PageNumber, Asked, Page], check: Asked, attempt: int
    ) -> Page:
        """Page 1 is the first page where counting begins at 1, and the second where it begins at 0."""
        config, asked, page = tried
        what, first = shown(state.base, asked), shown(state.base, check)
        checked = await self._ask(state, check, first, attempt)
        verdict = await self._verdict(state, trial, checked, attempt)
        if verdict == "other":
            return self._adopt(state, trial, config.model_copy(update={"start": 0}), check, checked)
        if verdict != "same":
            raise _FailedError(f"{what} and {first} gave neither the first page nor a second")
        if page.is_empty():
            if trial.more_promised:
                raise _FailedError(f"{what} gave no records")
            return Page.nothing(self._note, f"There is one page: {what} holds no records.")
        return self._adopt(state, trial, config, asked, page)

    async def _ask(self, state: State, asked: Asked, what: str, attempt: int) -> Page:
        try:
            response = await self._sender.send(self._errand, asked, attempt=attempt)
            page = Page(response, self._note)
            if state.place is not None:
                page.settle(state.place)
            else:
                page.find(None, asked.url.partition("?")[0], explicit=False)
        except SourceError as error:
            if error.kind == "rate_limited" or (error.retryable and attempt < _PATIENCE):
                raise
            raise _FailedError(f"{what} failed ({error.kind.replace('_', ' ')})") from None
        return page

    def _adopt(self, state: State, trial: Trial, config: Pagination, asked: Asked, page: Page) -> Page:
        self._note(
            f"Pagination found by trial: {shown(state.base, asked)} brought other records than the first "
            f"page, so the API is read by {config.type.replace('_', ' ')}. {trial.why}"
        )
        page.take_marks()
        page.adopted = (config, asked)
        return page


def _counts_from_one(config: Pagination, trial: Trial, page: Page) -> TypeGuard[Offset]:
    """Whether an offset is a record's number: asked for what comes after the last, it brings the last."""
    if not isinstance(config, Offset) or config.start != 0 or trial.count == 1 or page.is_empty():
        return False
    return trial.first.ends_with(page.records()[0])
