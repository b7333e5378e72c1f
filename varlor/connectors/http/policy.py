"""Where requests may go."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from varlor.settings import Settings


class EgressPolicy:
    """Public addresses, what the operator allows besides, and never our own parts."""

    def __init__(self, allow: Sequence[str] = (), own_parts: Iterable[tuple[str, int]] = ()) -> None: ...

    @classmethod
    def from_settings(cls, settings: "Settings") -> "EgressPolicy":
        return cls(settings.egress_allow)

    def judge(self, host: str, port: int, addresses: Sequence[str]) -> None:
        """Raise SourceError(blocked_destination) unless a request to every address may go out."""
        raise NotImplementedError

    def check_saved(self, url: str) -> str:
        """`check_url`, then judge a literal address or localhost name without DNS; InvalidInputError."""
        raise NotImplementedError
