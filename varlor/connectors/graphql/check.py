"""The connection test of a GraphQL connector: one query, `{ __typename }` or the caller's own."""

from collections.abc import Mapping
from typing import Any, Final

from varlor.connectors.check import MARGIN, Check
from varlor.connectors.graphql.asking import Asking
from varlor.connectors.graphql.document import read_query
from varlor.connectors.graphql.plan import Plan, plan_of
from varlor.connectors.sample import sample
from varlor.connectors.sending import Errand, Sender
from varlor.contracts.check import CheckResult
from varlor.contracts.connector import Connector
from varlor.contracts.pagination import NoPagination
from varlor.errors import SourceError
from varlor.ports import RequestAuth

CHEAPEST: Final = "{ __typename }"
_MOST_ERRORS: Final = 20


class GraphQLCheck(Check):
    def __init__(self, sender: Sender, tenant: str, connector: Connector, auth: RequestAuth) -> None:
        super().__init__(sender, tenant, connector, auth)
        self._errand = Errand(tenant, connector, auth, method="POST")
        self._asking = Asking(sender, self._errand)

    async def run_query(self, query: str | None, variables: Mapping[str, Any], seconds: float) -> CheckResult:
        """Raises InvalidInputError for what is no query that may be sent, PartUnavailableError."""
        wanted = self._connector.pagination if query is not None else None
        plan = plan_of(self._connector.base_url, read_query(query or CHEAPEST), variables, wanted)
        return await self.judged(self._ask(plan, max(seconds - MARGIN, 0.1)), seconds)

    async def _ask(self, plan: Plan, seconds: float) -> CheckResult:
        """Data with errors beside it is a good answer, and shows both."""
        answer = await self._asking.ask(plan.ask(plan.first()), seconds=seconds)
        spot = plan.spot(answer.data)
        if spot is None and answer.faults:
            raise self._asking.error(answer)
        if spot is not None:
            answer.take(spot)
        response = answer.response
        return CheckResult(
            ok=True,
            status_code=response.status,
            reason=response.reason or None,
            latency_ms=response.elapsed_ms,
            url=self._url,
            content_type=response.content_type,
            sample=sample(answer.records, await self.secrets()),
            record_path=spot.path if spot else None,
            pagination=None if isinstance(plan.paging.config, NoPagination) else plan.paging.config,
            errors=[fault.shown() for fault in answer.faults[:_MOST_ERRORS]],
        )

    def failed(self, error: SourceError, title: str | None = None) -> CheckResult:
        last = self._asking.last
        faults = last.faults[:_MOST_ERRORS] if last else []
        return super().failed(error, title).model_copy(update={"errors": [fault.shown() for fault in faults]})
