"""The soak, scaled down: half a minute of failing requests and killed workers, every dataset compared."""

import pytest

from benchmarks.soak import Soak
from tests.stack.launched import Launched

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]


def test_nothing_is_lost_or_doubled_while_requests_fail_and_workers_die(stack: Launched) -> None:
    soak = Soak()
    soak.go_on(stack, seconds=15, kill_seconds=6)
    assert soak.kills >= 1
    assert {"append", "merge", "replace"} == soak.runs.keys()
    assert soak.rows >= 2_000 * soak.runs.total(), "each was compared"
