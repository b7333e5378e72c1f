"""One query on its way out and its answer judged: what is refused under status 200 is refused here."""

import json
from dataclasses import replace
from typing import Any, Final, cast

from varlor.connectors.graphql.answer import Answer
from varlor.connectors.graphql.cost import wait_for
from varlor.connectors.graphql.faults import error_of, read_faults
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.retry_after import seconds_to_wait
from varlor.connectors.sending import REQUEST_SECONDS, Errand, Sender
from varlor.contracts.connector import Connector
from varlor.errors import SourceError
from varlor.ports import RequestAuth

_ACCEPT: Final = "application/graphql-response+json, application/json;q=0.9"


def errand_of(tenant: str, connector: Connector, auth: RequestAuth) -> Errand:
    return Errand(tenant, connector, auth, method="POST")


class Asking:
    """Sends through the one Sender, and steers its window by what answers cost."""

    def __init__(self, sender: Sender, errand: Errand) -> None:
        self._sender = sender
        self._errand = errand
        self.last: Answer | None = None

    async def ask(self, asked: Asked, *, attempt: int = 1, seconds: float = REQUEST_SECONDS) -> Answer:
        """The answer, with data or with faults; raises SourceError for one that has neither, or is throttled.

        A refused credential is repeated once, when it knows a newer self, as for a 401.
        """
        answer = await self._send(asked, attempt, seconds)
        if any(f.kind == "invalid_credential" for f in answer.faults) and await self._errand.auth.refused():
            answer = await self._send(asked, attempt + 1, seconds)
        wait = wait_for(answer.whole, self._sender.now())
        throttled = any(fault.kind == "rate_limited" for fault in answer.faults)
        if throttled:
            error = self.error(answer)
            await self._sender.hold(self._errand, error.retry_after)
            raise error
        await self._sender.hold(self._errand, wait)
        if not isinstance(answer.data, dict):
            raise self.error(answer)
        return answer

    def error(self, answer: Answer) -> SourceError:
        """What the answer's faults come to; without any, a server that answers nothing."""
        now = self._sender.now()
        wait = wait_for(answer.whole, now) or seconds_to_wait(answer.response.headers, now)
        if not answer.faults:
            return SourceError("bad_records", "The server answered with no data and no error.", status=200)
        return error_of(answer.faults, answered=answer.data is not None, wait=wait)

    async def _send(self, asked: Asked, attempt: int, seconds: float) -> Answer:
        asked = replace(asked, headers={"accept": _ACCEPT, **asked.headers})
        try:
            response = await self._sender.send(self._errand, asked, attempt=attempt, seconds=seconds)
        except SourceError as error:
            raise self._explained(error) from None
        self.last = Answer(response, self._errand.secrets)
        return self.last

    def _explained(self, error: SourceError) -> SourceError:
        """Servers that refuse a query by its HTTP status say why in `errors` all the same."""
        try:
            said: Any = json.loads(error.excerpt or "")
        except (ValueError, RecursionError):
            return error
        faults = (
            read_faults(cast("dict[str, Any]", said), self._errand.secrets) if isinstance(said, dict) else []
        )
        if faults and error.kind == "bad_request":
            error = error_of(faults, answered=False, wait=error.retry_after)
        elif faults:
            error.detail = f"{error.detail} It says: {faults[0].message}"
        return error
