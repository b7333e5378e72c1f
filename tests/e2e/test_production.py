"""The main job on the production topology, though no container engine is at hand: the same processes."""

from collections.abc import Iterator

import pytest

from examples.sample_api.access import BEARER_TOKEN
from examples.sample_api.data import make_data
from tests.e2e.kit import Api, each_once
from tests.e2e.production import Topology, topology

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def production(temporal_address: str, redis_url: str) -> Iterator[Topology]:
    with topology(temporal_address, redis_url) as running:
        yield running


@pytest.fixture
def apis(production: Topology) -> list[Api]:
    return [Api(address, production.provider.token("acme")) for address in production.apis]


def test_the_main_job_from_one_api_to_the_other(production: Topology, apis: list[Api]) -> None:
    one, other = apis
    connector = one.connector(f"{production.sample}/bearer", authType="bearer", bearerToken=BEARER_TOKEN)
    tested = other.ok("POST", "/connectors/test-api", {"connectorId": connector, "path": "/v1/orders"})
    assert tested["ok"], tested
    found = other.ok("GET", f"/connectors/{connector}/endpoints")
    assert any(endpoint["path"] == "/v1/orders" for endpoint in found["endpoints"])
    orders = {record["id"] for record in make_data().orders.records}
    runs = [
        one.fetch(connector, "/v1/orders", name="replaced", writeMode="replace"),
        other.fetch(connector, "/v1/orders", name="merged", writeMode="merge", primaryKey=["id"]),
        one.fetch(connector, "/v1/orders", name="appended", writeMode="append"),
    ]
    for run_id, dataset in runs:
        ended = other.until_ended(run_id)
        assert (ended["status"], ended["rows"]) == ("succeeded", len(orders)), ended
        location = one.location(dataset)
        assert location.startswith("s3://")
        each_once(location, "id", orders, **production.storage)
        page = other.ok("GET", f"/datasets/{dataset}/rows?limit=3")
        assert page["rowCount"] == len(orders)


def test_two_syncs_of_one_dataset_never_write_at_once(production: Topology, apis: list[Api]) -> None:
    one, other = apis
    connector = one.connector(f"{production.sample}/open")
    users = {record["id"] for record in make_data().users.records}
    first, dataset = one.fetch(connector, "/v1/users", name="contended", writeMode="replace")
    second, same = other.fetch(connector, "/v1/users", name="contended", writeMode="replace")
    assert dataset == same
    for run_id in (first, second):
        assert one.until_ended(run_id)["status"] == "succeeded"
    each_once(one.location(dataset), "id", users, **production.storage)


def test_no_tenant_sees_anothers_connector_through_either_api(production: Topology, apis: list[Api]) -> None:
    connector = apis[0].connector(f"{production.sample}/open")
    stranger = Api(production.apis[1], production.provider.token("globex"))
    assert stranger.http.get(f"/connectors/{connector}").status_code == 404
