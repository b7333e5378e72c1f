"""Spares a caller's next requests the signature: what was verified a moment ago is taken for verified."""

import hashlib
from collections import OrderedDict
from typing import Final

from varlor.ports import Clock, Identity, TokenVerifier

KEPT: Final = 20.0  # seconds; a withdrawn key is noticed that much later
MOST: Final = 4096  # tokens


class RememberedTokens:
    """Fulfils `TokenVerifier` around another one. Tokens are kept as hashes, and never past their expiry."""

    def __init__(self, verifier: TokenVerifier, clock: Clock) -> None:
        self._verifier = verifier
        self._clock = clock
        self._known = OrderedDict[bytes, tuple[Identity, float]]()

    async def verify(self, token: str) -> Identity:
        """Raises what the verifier raises, which is asked about every token that is not known."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        now = self._clock.now().timestamp()
        identity, until = self._known.get(digest, (None, 0.0))
        if identity is not None and now < until:
            return identity
        self._known.pop(digest, None)
        identity = await self._verifier.verify(token)
        self._known[digest] = identity, min(now + KEPT, identity.expires_at.timestamp())
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return identity
