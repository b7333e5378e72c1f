"""Numbers come out as they were written, wherever they stand, and digits in texts cost nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from varlor.connectors.decoding import decode

NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.sampled_from([2**63, -(2**63) - 1, 2**64 - 1, 2**64, -(10**18), 10**19]),
)
DOCUMENTS = st.recursive(
    NUMBERS | st.text('0123456789-:, e."\\', max_size=40),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.text("k0123456789", max_size=30), inside)
    ),
    max_leaves=20,
)


@given(DOCUMENTS.filter(lambda found: isinstance(found, list | dict)), st.sampled_from([None, 0, 1, "\t"]))
def test_integers_of_any_size_are_exact(document: object, indent: int | str | None) -> None:
    separators = (",", ":") if indent is None else None
    assert decode(json.dumps(document, indent=indent, separators=separators).encode()).document == document


@pytest.mark.parametrize("text", ["0" * 32, "1234567890" * 5, "deadbeef" + "0" * 24, "card 4111-" + "1" * 30])
def test_digits_in_a_text_are_no_number(text: str) -> None:
    body = json.dumps([{"id": text}, text, {text: 1}]).encode()
    assert decode(body).document[1] == text
    assert decode(body).body is body  # taken as it came, without a second parser


def test_a_number_beyond_a_double_stays_text() -> None:
    found = decode(b"[1e999, -1e400, 1e300]")
    assert found.document == json.loads(found.body) == ["1e999", "-1e400", 1e300]
