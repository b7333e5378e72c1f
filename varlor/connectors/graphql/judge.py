"""Judges a fetch request of one's own query before it is stored or sent; a part of `ports.ReadingJudge`."""

from varlor.connectors.graphql.document import read_query
from varlor.connectors.graphql.plan import plan_of, refuse_rest, since
from varlor.contracts.fetch import FetchRequest


class GraphQLJudge:
    def check_query(self, request: FetchRequest) -> None:
        """Raises InvalidInputError with a pointer into the request; nothing is asked of the server."""
        refuse_rest(request)
        if request.query is not None:
            wanted = None if request.pagination == "auto" else request.pagination
            query = read_query(request.query)
            variables = since(query, request.variables, request.incremental, None)
            plan_of("", query, variables, wanted, request.record_path)
