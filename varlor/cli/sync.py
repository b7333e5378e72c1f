"""`varlor connectors fetch`: one sync of a stored connector, into a dataset that stays."""

import asyncio
from typing import Annotated, Any

import typer

from varlor.cli.access import resolve
from varlor.cli.client import ApiClient
from varlor.cli.follow import follow
from varlor.cli.options import DEFAULT_STATE_DIR, JsonOption, StateDirOption, check_id
from varlor.cli.output import print_json, say
from varlor.cli.request import (
    DatasetOption,
    FileOption,
    IncrementalOption,
    KeyOption,
    SinceOption,
    fetch_request,
)


def sync(
    connector_id: Annotated[str, typer.Argument(help="The connector's id.", callback=check_id)],
    path: Annotated[str | None, typer.Argument(help="A path below its base URL, such as /orders.")] = None,
    dataset: DatasetOption = None,
    primary_key: KeyOption = None,
    incremental: IncrementalOption = None,
    since: SinceOption = None,
    fetch: FileOption = None,
    state_dir: StateDirOption = DEFAULT_STATE_DIR,
    as_json: JsonOption = False,
) -> int:
    """Fetch records into a dataset, and follow the run to its end; exit code 1 unless it succeeded."""
    request = fetch_request(fetch, path, dataset, primary_key, incremental, since)

    async def work() -> dict[str, Any]:
        async with ApiClient(resolve(state_dir)) as api:
            accepted = await api.post(f"/connectors/{connector_id}/fetch", request)
            return await follow(api, accepted["runId"])

    run = asyncio.run(work())
    if as_json:
        print_json(run)
    elif run["status"] == "succeeded":
        say(f"dataset {run['datasetId']}: {run['rows']:,} rows were read")
    return 0 if run["status"] == "succeeded" else 1
