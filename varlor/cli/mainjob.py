"""The main job, step by step through the public API: connector → test → discovery → fetch → dataset."""

from typing import Any, Final

from varlor.cli.client import ApiClient
from varlor.cli.failures import CommandError
from varlor.cli.follow import follow
from varlor.cli.output import print_rows, tell

NAME: Final = "Sample shop"
TOKEN: Final = "sample-bearer-token"  # noqa: S105 - the sample API's own, printed in its documentation
WANTED: Final = "/v1/orders"
FIRST_ROWS: Final = 5


async def main_job(api: ApiClient, sample_url: str) -> None:
    """Do the job and show each step; raises CommandError at the first that fails."""
    connector = await _connector(api, f"{sample_url}/bearer")
    tell(f"1/5 connector  {connector['name']} at {connector['baseUrl']} ({connector['id']})")
    await _test(api, connector["id"])
    endpoint = await _discover(api, connector["id"])
    dataset_id = await _fetch(api, connector["id"], endpoint)
    await _show(api, dataset_id)


async def _connector(api: ApiClient, base_url: str) -> dict[str, Any]:
    """A second start uses the first one's connector."""
    for known in await api.items("/connectors", 200):
        if known["baseUrl"].rstrip("/") == base_url and known["status"] != "deleting":
            return known
    body = {
        "name": NAME,
        "baseUrl": base_url,
        "authType": "bearer",
        "bearerToken": TOKEN,
        "rateLimitConfig": {"requestsPerMinute": 6000, "burstLimit": 100},
    }
    return await api.post("/connectors", body)


async def _test(api: ApiClient, connector_id: str) -> None:
    result = await api.post("/connectors/test-api", {"connectorId": connector_id, "path": WANTED})
    if not result["ok"]:
        raise CommandError(f"the connection test failed: {result['error']['detail']}")
    answered = f"HTTP {result['statusCode']} in {result['latencyMs']} ms"
    tell(f"2/5 test       {answered}, records at {result['recordPath']}")


async def _discover(api: ApiClient, connector_id: str) -> dict[str, Any]:
    found = await api.get(f"/connectors/{connector_id}/endpoints")
    tell(f"3/5 discovery  {len(found['endpoints'])} endpoints from {found['documentUrl']}")
    for endpoint in found["endpoints"]:
        if endpoint["path"].endswith(WANTED):
            return endpoint
    raise CommandError(f"discovery did not find {WANTED}: {' '.join(found['notes'])}")


async def _fetch(api: ApiClient, connector_id: str, endpoint: dict[str, Any]) -> str:
    tell(f"4/5 fetch      {endpoint['method']} {endpoint['path']}, pagination auto")
    body = {"endpointId": endpoint["id"], "dataset": {"name": "Sample orders", "writeMode": "replace"}}
    accepted = await api.post(f"/connectors/{connector_id}/fetch", body)
    run = await follow(api, accepted["runId"])
    if run["status"] != "succeeded":
        raise CommandError(f"the run {accepted['runId']} ended as {run['status']}")
    return accepted["datasetId"]


async def _show(api: ApiClient, dataset_id: str) -> None:
    dataset = await api.get(f"/datasets/{dataset_id}")
    page = await api.get(f"/datasets/{dataset_id}/rows", limit=FIRST_ROWS)
    count = dataset["rowCount"]
    tell(f"5/5 dataset    {count:,} rows, {dataset['bytes']:,} bytes at {dataset['location']}")
    names = [column["name"] for column in page["columns"] if not column["name"].startswith("_varlor")]
    print_rows(names, page["rows"], title=f"the first rows of {count:,}")
    if not count:
        raise CommandError("the dataset has no rows")
