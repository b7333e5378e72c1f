"""However the network cuts an answer up, it reads the same."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from varlor.connectors.http.answer import Answer

ONE = b"HTTP/1.1 200 OK\r\nX-A: b\r\n"
ANSWERS = [
    ONE + b"Content-Length: 11\r\n\r\nhello world",
    ONE + b"Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\nT: u\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n" + ONE + b"Content-Length: 11\r\n\r\nhello world",
]


@pytest.mark.parametrize("raw", ANSWERS)
@given(cuts=st.lists(st.integers(0, 200), max_size=12))
def test_cuts_change_nothing(raw: bytes, cuts: Sequence[int]) -> None:
    answer = Answer("GET")
    places = sorted({0, *(cut for cut in cuts if cut < len(raw)), len(raw)})
    body = b""
    for start, end in pairwise(places):
        answer.feed(raw[start:end])
        while answer.held:
            body += answer.take()
    assert answer.whole
    assert answer.lasting
    assert (answer.status, answer.reason, body) == (200, b"OK", b"hello world")
    assert (b"X-A", b"b") in answer.headers
    assert all(name not in {b"X-Hint", b"T"} for name, _ in answer.headers)
