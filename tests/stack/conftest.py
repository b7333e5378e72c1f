from collections.abc import Iterator

import pytest

from tests.stack.launched import FREE_PORTS, Launched


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A whole stack, ready, shared by a module's tests."""
    launched = Launched(tmp_path_factory.mktemp("stack") / "state", "up", *FREE_PORTS)
    try:
        yield launched.until_ready()
    finally:
        launched.stop()
        launched.end()
