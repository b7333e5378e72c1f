import base64
import json

import pytest

from varlor.errors import InvalidInputError
from varlor.storage.store import SqlTenantStore


def cursor(*values: object, of: str = "runs") -> str:
    return raw(of, *values)


def raw(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


TIME = "2026-01-01T00:00:00+00:00"
BAD = [
    "",
    "garbage",
    "ü",
    "\x00",
    "AAAA",
    cursor(),
    cursor(TIME),
    cursor(TIME, "id", 1),
    cursor("2026-01-01T00:00:00", "id"),
    cursor("yesterday", "id"),
    cursor("9999-12-31T23:59:59-23:59", "id"),
    cursor(5, "id"),
    cursor(None, None),
    cursor([], {}),
    raw(),
    raw(TIME, "id"),
    raw({"a": 1}),
    cursor(TIME, "id", of="tokens"),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
async def test_a_cursor_that_is_not_ours_is_refused_by_every_list(tenant: SqlTenantStore, text: str) -> None:
    lists = [
        tenant.connectors.list(limit=1, cursor=text),
        tenant.runs.list(limit=1, cursor=text),
        tenant.datasets.list(limit=1, cursor=text),
        tenant.audit.list(limit=1, cursor=text),
    ]
    for answer in lists:
        with pytest.raises(InvalidInputError) as caught:
            await answer
        assert [problem.pointer for problem in caught.value.problems] == ["/cursor"]


@pytest.mark.parametrize("number", [2**63, -(2**64), True, 1.5, "1"])
async def test_a_number_out_of_range_is_refused(tenant: SqlTenantStore, number: object) -> None:
    with pytest.raises(InvalidInputError):
        await tenant.audit.list(limit=1, cursor=cursor(number, of="audit_lines"))


async def test_odd_but_well_formed_cursors_end_the_list(tenant: SqlTenantStore) -> None:
    for text in (cursor("0001-01-01T00:00:00+00:00", "\x00"), cursor(TIME, "x" * 10_000)):
        assert (await tenant.runs.list(limit=1, cursor=text)).items == []
