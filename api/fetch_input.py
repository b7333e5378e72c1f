"""What a fetch request may say, by what its connector is, beyond what its fields' types hold; else 422."""

from api.connector_input import refuse_headers
from api.pointers import below
from varlor.contracts.connector import ApiType
from varlor.contracts.fetch import FetchRequest
from varlor.errors import FieldProblem, InvalidInputError
from varlor.ports import ReadingJudge


def refuse_unfit(api_type: ApiType, fetch: FetchRequest, judge: ReadingJudge, place: str = "") -> None:
    """Raises InvalidInputError, its pointers below `place`."""
    with below(place):
        refuse_headers(fetch.headers)
        judge.check_paths(fetch, api_type)
        if api_type == "graphql":
            judge.check_query(fetch)
        elif fetch.query is not None:
            detail = f"A query is for a connector of apiType graphql; this one is {api_type}."
            raise InvalidInputError(detail, FieldProblem("/query", detail))
