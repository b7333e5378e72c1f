import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from varlor.redaction import is_sensitive, redact_event, redact_headers, redact_text, redact_url

CANARY = "Can+ary/secret=7?x&y"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    [
        "key", "api_key", "apiKey", "X-API-Key", "access_token", "token", "secret", "client_secret", "auth",
        "password", "sig", "X-Amz-Signature", "code", "state", "refreshToken", "filter[api_key]", "api%5Fkey",
    ],
)  # fmt: skip
def test_a_parameter_named_like_a_secret_loses_its_value(name: str) -> None:
    assert redact_url(f"https://h/p?{name}=hunter22&page=2") == f"https://h/p?{name}=***&page=2"


@pytest.mark.parametrize(
    "name", ["page", "page_token", "primary_key", "sort_key", "cursor", "status_code", "q"]
)
def test_an_ordinary_parameter_stays_readable(name: str) -> None:
    assert redact_url(f"https://h/p?{name}=abc") == f"https://h/p?{name}=abc"


def test_userinfo_fragments_and_named_parameters_are_masked() -> None:
    assert redact_url("https://bob:pw@h/p?mine=1#access_token=x&a=b", names=["Mine"]) == (
        "https://***@h/p?mine=***#access_token=***&a=b"
    )
    assert redact_url("postgresql+psycopg://u:p@ss@db:5432/x") == "postgresql+psycopg://***@db:5432/x"
    assert JWT not in redact_url(f"https://h/download/{JWT}/file")


def test_headers_that_carry_credentials_are_masked() -> None:
    shown = redact_headers(
        {
            "Authorization": "Bearer abc",
            "App-Key": "k",
            "Set-Cookie": "a=b",
            "Mine": "v",
            "Accept": "text/html",
        },
        names=["mine"],
    )
    assert shown == {
        "Authorization": "***", "App-Key": "***", "Set-Cookie": "***", "Mine": "***", "Accept": "text/html",
    }  # fmt: skip


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        quote(CANARY, safe=""),
        quote_plus(CANARY).replace("%2F", "%2f"),
        json.dumps(CANARY),
        base64.b64encode(CANARY.encode()).decode(),
        base64.urlsafe_b64encode(f"user:{CANARY}".encode()).decode(),
        base64.b64encode(f"me:{CANARY}:x".encode()).decode(),
    ],
)
def test_a_given_secret_is_found_in_every_spelling(form: str) -> None:
    shown = redact_text(f"before {form} after", [CANARY])
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert CANARY not in shown
    assert form[8:-8] not in shown


@given(
    st.text(st.characters(codec="utf-8"), min_size=8, max_size=60),
    st.binary(max_size=5),
    st.binary(max_size=5),
)
def test_base64_around_a_secret_cannot_be_decoded_back(secret: str, before: bytes, after: bytes) -> None:
    shown = redact_text(base64.b64encode(before + secret.encode() + after).decode(), [secret])
    left = shown.replace("***", "")
    assert len(left) <= (len(before) + len(after)) * 8 // 6 + 6


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sent Bearer abc.DEF-123 out", "sent Bearer *** out"),
        (f"got {JWT}!", "got ***!"),
        ('{"access_token":"s3cret","n":1}', '{"access_token":"***","n":1}'),
        ('{"refresh_token" : "cut sho', '{"refresh_token" : "***'),
        (
            '{"a":"{\\"client_secret\\":\\"s3c\\",\\"b\\":1}"}',
            '{"a":"{\\"client_secret\\":\\"***\\",\\"b\\":1}"}',
        ),
        ("{'password': 'a\\'b', 'x': 'y'}", "{'password': '***', 'x': 'y'}"),
        ("grant_type=x&client_secret=abc&y=1", "grant_type=x&client_secret=***&y=1"),
        ("redis://:pw@host:1/0 refused", "redis://***@host:1/0 refused"),
        ("the token expired, status_code=401", "the token expired, status_code=401"),
    ],
)
def test_what_looks_like_a_secret_is_masked_in_text(text: str, shown: str) -> None:
    assert redact_text(text) == shown


def test_text_is_cut_without_showing_half_a_secret() -> None:
    assert redact_text("a" * 30, limit=10) == "a" * 10 + "…"
    secret = "k3y-" * 20
    shown = redact_text(secret * 40, [secret], limit=50)
    assert "k3y" not in shown


def test_hostile_text_takes_no_time() -> None:
    started = time.perf_counter()
    for piece in ("eyJ-", "a.", '"a":"', "a=", "://", "Basic ", "\\", '"ab"   ', "[", "%"):
        redact_text(piece * 20_000, [CANARY], limit=10_000)
    assert time.perf_counter() - started < 3


def test_log_events_are_masked_at_any_depth() -> None:
    event = {
        "event": "called https://u:p@h/x with Bearer abcdef12",
        "status": 200,
        "state": "running",
        "token": "t0ken",
        "request": {"headers": [{"Authorization": "s3cret"}], "body": b'{"api_key":"s3cret"}'},
    }
    shown = redact_event(None, "info", event)
    assert "s3cret" not in repr(shown)
    assert "t0ken" not in repr(shown)
    assert shown["event"] == "called https://***@h/x with Bearer ***"
    assert (shown["status"], shown["state"]) == (200, "running")


def test_a_value_nested_without_end_is_cut_off() -> None:
    loop: dict[str, object] = {}
    loop["again"] = loop
    assert "***" in repr(redact_event(None, "info", {"event": "x", "loop": loop}))


def test_counts_and_flags_keep_their_values_whatever_their_name() -> None:
    assert redact_event(None, "info", {"token": 3, "secret": None})["token"] == 3
    assert not is_sensitive("")
