"""What a fetch request may say, by what its connector is, beyond what its fields' types hold; else 422."""

from datetime import MAXYEAR
from typing import Final

from pydantic import TypeAdapter, ValidationError

from api.connector_input import refuse_headers
from api.pointers import below
from varlor.contracts.connector import ConnectorSettings
from varlor.contracts.fetch import FetchRequest
from varlor.contracts.model import GivenName
from varlor.errors import FieldProblem, InvalidInputError
from varlor.ports import ReadingJudge

_NAME: Final = TypeAdapter[str](GivenName)


def refuse_unfit(
    settings: ConnectorSettings, fetch: FetchRequest, judge: ReadingJudge, place: str = ""
) -> None:
    """Raises InvalidInputError, its pointers below `place`. What was stored before a rule still loads."""
    with below(place):
        refuse_headers(fetch.headers)
        _refuse_name(fetch.dataset.name)
        _refuse_year(fetch)
        judge.check_paths(fetch, settings.api_type)
        if settings.api_type != "webhook":  # which has no base URL, and is refused by what it is
            for pointer, path in fetch.places().items():  # a password in one must not be stored
                with below(pointer):
                    judge.check_place(settings, path)
        if settings.api_type == "graphql":
            judge.check_query(fetch)
        elif fetch.query is not None:
            detail = f"A query is for a connector of apiType graphql; this one is {settings.api_type}."
            raise InvalidInputError(detail, FieldProblem("/query", detail))


def _refuse_name(name: str | None) -> None:
    try:
        if name is not None:
            _NAME.validate_python(name)
    except ValidationError:
        detail = "A dataset's name holds no control characters."
        raise InvalidInputError(detail, FieldProblem("/dataset/name", detail)) from None


def _refuse_year(fetch: FetchRequest) -> None:
    windows = fetch.date_windows
    if windows is not None and windows.to is not None and windows.to.startswith(str(MAXYEAR)):
        detail = "There is nothing up to there yet: leave `to` out to read up to now."
        raise InvalidInputError(detail, FieldProblem("/dateWindows/to", detail))
