"""A run's limits hold while the API fails, too: maxRequests counts every request."""

import httpx2
import pytest

from tests.api.test_fetch import connected, ended


@pytest.mark.stack
@pytest.mark.usefixtures("worker_log")
async def test_retries_do_not_pass_max_requests(editor: httpx2.AsyncClient, sample_url: str) -> None:
    connector = await connected(editor, sample_url)
    failing = {"path": "/v1/users", "params": {"_fault": "server_error"}}
    order = failing | {"dataset": {"name": "limited"}, "limits": {"maxRequests": 2}}
    run_id = (await editor.post(f"/connectors/{connector}/fetch", json=order)).json()["runId"]
    run = await ended(editor, run_id, "failed")
    assert run["error"]["type"] == "server_error"
    assert run["requests"] == 2
    assert any("maxRequests" in note for note in run["notes"])
