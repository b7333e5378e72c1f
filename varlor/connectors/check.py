"""The connection test: one request, judged and shown. Whatever the API does is the answer, no exception."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from varlor.connectors.auth import key_param, secret_values
from varlor.connectors.page import Page
from varlor.connectors.pagination.asked import Asked
from varlor.connectors.pagination.choose import choose, guess
from varlor.connectors.pagination.step import Progress, Scene
from varlor.connectors.plan import address
from varlor.connectors.sample import sample
from varlor.connectors.sending import Errand, Sender
from varlor.contracts.check import CheckError, CheckErrorType, CheckResult
from varlor.contracts.connector import Connector
from varlor.errors import SourceError, SourceKind
from varlor.ports import RequestAuth, WaitRequiredError
from varlor.redaction import redact_url

_TITLES: Final[dict[CheckErrorType, str]] = {
    "invalid_credential": "The API refused the credential",
    "forbidden": "The credential may not read this",
    "not_found": "There is nothing at this address",
    "timeout": "The API did not answer in time",
    "unreachable": "The API cannot be reached",
    "tls": "The API's certificate is not valid",
    "blocked_destination": "This address may not be reached",
    "not_json": "The answer is not JSON with records",
    "too_large": "The answer is too large",
    "rate_limited": "The rate limit is used up",
    "server_error": "The API failed",
}
_AS: Final[dict[SourceKind, CheckErrorType]] = {
    "bad_records": "not_json",
    "truncated": "not_json",
    "pagination_stuck": "not_json",
    "bad_request": "server_error",
}
_OTHER_TITLES: Final[dict[SourceKind, str]] = {
    "bad_request": "The API does not accept the request",
    "truncated": "The answer stops in the middle",
}
MARGIN: Final = 0.5  # seconds kept back for telling the result


class Check:
    """One test of one connector; `run` never raises for what the API did."""

    def __init__(self, sender: Sender, tenant: str, connector: Connector, auth: RequestAuth) -> None:
        self._sender = sender
        self._connector = connector
        self._auth = auth
        self._errand = Errand(tenant, connector, auth)
        self._url = redact_url(connector.base_url, key_param(connector))

    async def run(self, path: str | None, seconds: float) -> CheckResult:
        """Raises InvalidInputError for a path outside the base URL, PartUnavailableError; nothing else."""
        asked = Asked(address(self._connector, path or ""))
        self._url = redact_url(asked.url, key_param(self._connector))
        return await self.judged(self._send(asked, max(seconds - MARGIN, 0.1)), seconds)

    async def judged(self, shown: Coroutine[Any, Any, CheckResult], seconds: float) -> CheckResult:
        """The result of what was sent and shown, or of how that failed."""
        try:
            async with asyncio.timeout(seconds):
                return await shown
        except TimeoutError:
            return self.failed(SourceError("timeout", f"No answer within {seconds:g} s."))
        except WaitRequiredError as wait:
            return self.failed(wait.told(), "No token" if wait.because else None)
        except SourceError as error:
            return self.failed(error)

    async def _send(self, asked: Asked, seconds: float) -> CheckResult:
        response = await self._sender.send(self._errand, asked, seconds=seconds)
        page = Page(response, _ignore)
        page.find(None, asked.url.partition("?")[0], explicit=False)
        records = page.records()
        count = len(records)
        scene = Scene(asked, asked, page, count, Progress().after(count), key_param(self._connector))
        secrets = await self.secrets()
        return CheckResult(
            ok=True,
            status_code=response.status,
            reason=response.reason or None,
            latency_ms=response.elapsed_ms,
            url=self._url,
            content_type=response.content_type,
            sample=sample(records, secrets),
            record_path=page.place.path,
            pagination=self._connector.pagination or guess(choose(scene, ())),
        )

    async def secrets(self) -> tuple[str, ...]:
        return secret_values(await self._auth.parts(), self._connector.headers)

    def failed(self, error: SourceError, title: str | None = None) -> CheckResult:
        response = self._errand.answer
        kind = _AS.get(error.kind, error.kind)
        type_: CheckErrorType = kind if kind in _TITLES else "server_error"
        title = title or _OTHER_TITLES.get(error.kind, _TITLES[type_])
        detail = error.detail + (f" It began with: {error.excerpt[:300]}" if error.excerpt else "")
        return CheckResult(
            ok=False,
            status_code=response.status if response else error.status,
            reason=response.reason or None if response else None,
            latency_ms=response.elapsed_ms if response else None,
            url=self._url,
            content_type=response.content_type if response else None,
            error=CheckError(type=type_, title=title, detail=detail),
        )


def _ignore(_note: str) -> None:
    """A test has no run to note things on."""
