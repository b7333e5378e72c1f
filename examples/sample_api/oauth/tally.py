"""What clients did, for those who test one: counts, and the last token requests without a secret in them."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from examples.sample_api.oauth.messages import Asked
from examples.sample_api.oauth.state import State

_RECENT = 5_000
_SHOWN = ("audience", "resource", "scope")


@dataclass(slots=True)
class Tally:
    """`late` counts refreshes that came after the grant's access token had expired."""

    token_requests: Counter[str] = field(default_factory=Counter[str])
    outcomes: Counter[str] = field(default_factory=Counter[str])
    refreshes: Counter[str] = field(default_factory=Counter[str])
    revocations: Counter[str] = field(default_factory=Counter[str])
    resource: Counter[str] = field(default_factory=Counter[str])
    late: int = 0
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque[dict[str, Any]](maxlen=_RECENT))

    def clear(self) -> None:
        for counts in (self.token_requests, self.outcomes, self.refreshes, self.revocations, self.resource):
            counts.clear()
        self.late = 0
        self.recent.clear()

    def token(self, asked: Asked, outcome: str) -> None:
        """One token request, by what became of it: `ok`, the error's code, or `fault:` and its kind."""
        grant_type, client = asked.payload.grant_type or "none", asked.claimed_client
        self.token_requests[grant_type] += 1
        self.outcomes[outcome] += 1
        if grant_type == "refresh_token" and outcome == "ok":
            self.refreshes[client or "unknown"] += 1
        self.late += asked.margin is not None and asked.margin < 0
        entry = {"time": time.time(), "client": client, "grantType": grant_type, "outcome": outcome}
        shown = {name: asked.form[name] for name in _SHOWN if name in asked.form}
        self.recent.append(entry | shown | {"marginSeconds": asked.margin})

    def revocation(self, outcome: str) -> None:
        self.revocations[outcome] += 1

    def shown(self, state: State) -> dict[str, Any]:
        ended = Counter(grant.ended or "alive" for grant in state.grants.values())
        return {
            "tokenRequests": dict(self.token_requests),
            "outcomes": dict(self.outcomes),
            "refreshes": dict(self.refreshes),
            "lateRefreshes": self.late,
            "reuseDetections": ended["refresh_reuse"],
            "codeReuses": ended["code_reuse"],
            "revocations": dict(self.revocations),
            "resource": dict(self.resource),
            "grants": dict(ended),
            "recent": list(self.recent),
        }
