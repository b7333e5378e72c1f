"""A connector's own rules for answers that mean something else than their status says."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from varlor.connectors.decoding import decode
from varlor.connectors.http import OutResponse
from varlor.connectors.jsonpaths import path
from varlor.contracts.error_rules import ErrorAction, ErrorRule
from varlor.errors import SourceError, SourceKind

_KINDS: Final[dict[ErrorAction, SourceKind]] = {
    "retry": "server_error",
    "throttle": "rate_limited",
    "refresh": "invalid_credential",
}


class Rules:
    """The first rule that fits decides; where none does, the defaults hold."""

    def __init__(self, rules: Sequence[ErrorRule] = ()) -> None:
        """Raises InvalidInputError for what is no JSONPath."""
        self._rules = [(rule, path(rule.path) if rule.path else None) for rule in rules]

    def action(self, response: OutResponse) -> ErrorAction | None:
        document: Any = None
        for rule, where in self._rules:
            if rule.status not in (None, response.status):
                continue
            if where is None:
                return rule.action
            document = _parsed(response) if document is None else document
            if any(found is not None and found is not False for found in where.all(document)):
                return rule.action
        return None


def overruled(
    action: ErrorAction, response: OutResponse, error: SourceError | None, silence: float | None
) -> SourceError:
    """The failure that the rule makes of an answer; `silence`: seconds that the API asked for."""
    kind = _KINDS.get(action) or ("bad_records" if error is None else error.kind)
    ruled = SourceError(
        kind,
        f"An error rule of the request or connector says {action} (HTTP {response.status}).",
        status=response.status,
        retry_after=silence,
        excerpt=error.excerpt if error else None,
    )
    ruled.ruled = True
    ruled.retryable = action in {"retry", "throttle"}
    return ruled


def emptied(response: OutResponse) -> OutResponse:
    """The answer as a page without records."""
    return replace(response, status=HTTPStatus.NO_CONTENT, body=b"")


def _parsed(response: OutResponse) -> Any:
    with suppress(SourceError):
        return decode(response.body).document
    return {}
