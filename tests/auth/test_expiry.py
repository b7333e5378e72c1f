from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from varlor.auth.expiry import expires_at, is_stale, plan, refresh_at
from varlor.ports import Grant

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIVES = st.floats(min_value=0, max_value=86_400 * 400)


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def signed(**claims: object) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("k" * 32))


@given(LIVES, st.text())
def test_a_renewal_always_lies_between_issue_and_end(life: float, connector: str) -> None:
    at = refresh_at(NOW, NOW + seconds(life), connector)
    assert at > NOW
    if life > 2:
        assert at <= NOW + seconds(life - min(300, life * 0.2)) + seconds(0.001)


@pytest.mark.parametrize(
    ("life", "earliest", "latest"),
    [
        (3600, 2400, 3300),
        (60, 30, 48),
        (5, 2.5, 4),
        (1, 1, 1),
        (0, 1, 1),
        (86_400 * 400, 86_400 * 6.3, 86_400 * 7),
    ],
)
def test_the_margin_follows_the_lifetime(life: float, earliest: float, latest: float) -> None:
    times = [refresh_at(NOW, NOW + seconds(life), f"con_{n}") for n in range(200)]
    assert NOW + seconds(earliest) <= min(times)
    assert max(times) <= NOW + seconds(latest)
    if latest > 1:
        assert len(set(times)) > 190  # also those of the longest life, which would all come on one day


def test_a_thousand_that_end_together_are_renewed_apart() -> None:
    times = sorted(refresh_at(NOW, NOW + seconds(3600), f"con_{n}") for n in range(1000))
    crowds = [sum(start <= at < start + seconds(10) for at in times) for start in times]
    assert max(crowds) < 30
    assert times == sorted(refresh_at(NOW, NOW + seconds(3600), f"con_{n}") for n in range(1000))


def test_an_unknown_end_means_a_default_or_what_the_token_says_itself() -> None:
    assert expires_at({}, "opaque", NOW) is None
    at = refresh_at(NOW, None, "con")
    assert NOW + seconds(2400) <= at <= NOW + seconds(3300)
    start = NOW.timestamp()
    assert expires_at({}, signed(exp=start + 90), NOW) == NOW + seconds(90)
    assert expires_at({"expires_in": 60}, signed(exp=start + 90), NOW) == NOW + seconds(60)


@pytest.mark.parametrize("skew", [-300, 300])
def test_a_providers_clock_may_be_off(skew: float) -> None:
    start = NOW.timestamp() + skew
    assert expires_at({}, signed(iat=start, exp=start + 90), NOW) == NOW + seconds(90)


@pytest.mark.parametrize(
    "token",
    [
        "a.b.c",
        "..",
        "eyJhbGciOiJub25lIn0.bnVsbA.",
        signed(exp="soon"),
        signed(exp="nan"),
        signed(exp=1),
        signed(sub="x"),
    ],
)
def test_a_token_that_only_looks_like_a_jwt_tells_nothing(token: str) -> None:
    assert expires_at({}, token, NOW) is None


@pytest.mark.parametrize("given", ["never", 10**400, -(10**400), 1e300, "1e300", -1, "0001-01-01", [], {}])
def test_an_absurd_end_tells_nothing(given: object) -> None:
    assert expires_at({"expires_at": given}, "opaque", NOW) is None


def test_an_end_in_another_century_is_ten_years_away() -> None:
    assert expires_at({"expires_at": "9999-12-31T23:59:59Z"}, "opaque", NOW) == NOW + timedelta(days=3650)


def test_a_token_is_stale_shortly_before_its_end() -> None:
    assert not is_stale(NOW + seconds(6), NOW)
    assert is_stale(NOW + seconds(5), NOW)
    assert is_stale(NOW - seconds(1), NOW)
    assert not is_stale(None, NOW)


def test_a_token_that_never_ends_and_cannot_be_renewed_is_left_alone() -> None:
    forever = Grant("a", None, "Bearer", (), NOW, None)
    assert plan("con", forever) is None
    for renewable in (
        Grant("a", "r", "Bearer", (), NOW, None),
        Grant("a", None, "Bearer", (), NOW, NOW + seconds(60)),
    ):
        at = plan("con", renewable)
        assert at is not None
        assert at > NOW
