"""A token that was verified a moment ago is not verified again, and is never let in for longer for that."""

from datetime import timedelta

import pytest

from tests.auth.conftest import MovableClock
from varlor.auth.remembered import KEPT, MOST, RememberedTokens
from varlor.errors import UnauthenticatedError
from varlor.ports import Identity


class Verifier:
    """Counts what it is asked."""

    def __init__(self, clock: MovableClock, lives: float = 600) -> None:
        self.expires_at = clock.now() + timedelta(seconds=lives)
        self.asked: list[str] = []
        self.refuses = False

    async def verify(self, token: str) -> Identity:
        self.asked.append(token)
        if self.refuses:
            raise UnauthenticatedError("no")
        return Identity(token, "acme", frozenset({"viewer"}), self.expires_at)


async def test_the_signature_is_looked_at_once_in_a_while(clock: MovableClock) -> None:
    inner = Verifier(clock)
    tokens = RememberedTokens(inner, clock)
    assert await tokens.verify("a") == await tokens.verify("a")
    assert (await tokens.verify("b")).subject == "b"
    assert inner.asked == ["a", "b"]
    inner.refuses = True
    await tokens.verify("a")
    clock.move(KEPT + 1)
    with pytest.raises(UnauthenticatedError):
        await tokens.verify("a")


async def test_a_token_is_not_remembered_beyond_its_expiry(clock: MovableClock) -> None:
    inner = Verifier(clock, lives=5)
    tokens = RememberedTokens(inner, clock)
    await tokens.verify("a")
    clock.move(5)
    await tokens.verify("a")
    assert inner.asked == ["a", "a"]


async def test_a_refusal_is_not_remembered_and_memory_is_bounded(clock: MovableClock) -> None:
    inner = Verifier(clock)
    tokens = RememberedTokens(inner, clock)
    inner.refuses = True
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            await tokens.verify("a")
    assert len(inner.asked) == 2
    inner.refuses = False
    for number in range(MOST + 1):
        await tokens.verify(str(number))
    await tokens.verify("0")
    assert inner.asked.count("0") == 2
