"""What a fetch request may say, by what its connector is, beyond what its fields' types hold; else 422."""

from api.connector_input import refuse_headers
from api.pointers import below
from varlor.contracts.connector import ConnectorSettings
from varlor.contracts.fetch import FetchRequest
from varlor.errors import FieldProblem, InvalidInputError
from varlor.ports import ReadingJudge


def refuse_unfit(
    settings: ConnectorSettings, fetch: FetchRequest, judge: ReadingJudge, place: str = ""
) -> None:
    """Raises InvalidInputError, its pointers below `place`."""
    with below(place):
        refuse_headers(fetch.headers)
        judge.check_paths(fetch, settings.api_type)
        for pointer, path in fetch.places():
            if path is not None:  # with a password in it, it must not even be stored
                with below(pointer):
                    judge.check_place(settings, path)
        if settings.api_type == "graphql":
            judge.check_query(fetch)
        elif fetch.query is not None:
            detail = f"A query is for a connector of apiType graphql; this one is {settings.api_type}."
            raise InvalidInputError(detail, FieldProblem("/query", detail))
