"""A third party's API, by its base URL and a table's path: every row exactly once, in each shape."""

from collections import Counter
from collections.abc import Iterator

import pytest
from deltalake import DeltaTable

from tests.e2e.kit import Api, mint
from tests.stack.launched import FREE_PORTS, Launched
from tests.third_party import ROWS, SHAPES, datasette, row

__all__ = ["datasette"]  # the fixture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, datasette: str) -> Iterator[Api]:
    """A stack that may reach that one address."""
    state = tmp_path_factory.mktemp("datasette-e2e") / "state"
    allow = datasette.removeprefix("http://")
    launched = Launched(state, "up", *FREE_PORTS, "--no-sample", VARLOR_EGRESS_ALLOW=allow)
    try:
        launched.until_ready()
        yield Api(launched.facts["api_url"], mint(state))
        launched.stop()
    finally:
        launched.end()


def test_every_row_is_there_exactly_once_in_every_shape(api: Api, datasette: str) -> None:
    connector = api.connector(datasette)
    runs = {
        shape: api.fetch(connector, f"/db/big.json{shape}", name=f"big {shape}", writeMode="replace")
        for shape in SHAPES
    }
    expected = Counter((str(a), b, t, v) for a, b, t, v in map(row, range(ROWS)))
    for shape, (run_id, dataset) in runs.items():
        ended = api.until_ended(run_id)
        assert ended["status"] == "succeeded", (shape, ended)
        assert ended["notes"], f"{shape}: pagination auto says what it chose"
        table = DeltaTable(api.location(dataset)).to_pyarrow_table(columns=["a", "b", "t", "v"])
        got = Counter((str(r["a"]), r["b"], r["t"], r["v"]) for r in table.to_pylist())
        assert got == expected, shape
