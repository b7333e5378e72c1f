"""What a fetch request may say, by what its connector is, beyond what its fields' types hold; else 422."""

from api.connector_input import refuse_headers
from varlor.contracts.connector import ApiType
from varlor.contracts.fetch import FetchRequest
from varlor.errors import FieldProblem, InvalidInputError
from varlor.ports import QueryJudge


def refuse_unfit(api_type: ApiType, fetch: FetchRequest, judge: QueryJudge, place: str = "") -> None:
    """Raises InvalidInputError, its pointers below `place`."""
    refuse_headers(fetch.headers, f"{place}/headers")
    if api_type != "graphql":
        if fetch.query is not None:
            detail = f"A query is for a connector of apiType graphql; this one is {api_type}."
            raise InvalidInputError(detail, FieldProblem(f"{place}/query", detail))
        return
    try:
        judge.check_query(fetch)
    except InvalidInputError as error:
        problems = [FieldProblem(f"{place}{each.pointer}", each.detail) for each in error.problems]
        raise InvalidInputError(error.detail, *problems) from None
