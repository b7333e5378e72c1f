from collections.abc import Iterator

import pytest

from tests.e2e.kit import Api, mint
from tests.stack.launched import FREE_PORTS, Launched


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A whole embedded stack, ready, with the sample API."""
    launched = Launched(tmp_path_factory.mktemp("e2e") / "state", "up", *FREE_PORTS)
    try:
        yield launched.until_ready()
        launched.stop()
    finally:
        launched.end()


@pytest.fixture(scope="module")
def api(stack: Launched) -> Api:
    return Api(stack.facts["api_url"], mint(stack.state))
