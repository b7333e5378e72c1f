"""The codec server: operators read payloads; the embedded Temporal Web does by its unguessable path."""

import base64
from typing import Any

import httpx2
import pytest

from tests.api.conftest import CODEC_PATH, PUBLIC_URL, Door

WEB = {"Origin": "http://127.0.0.1:8233"}


def payload(text: str) -> dict[str, Any]:
    return {
        "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
        "data": base64.b64encode(text.encode()).decode(),
    }


async def test_an_operator_encodes_and_decodes(door: Door) -> None:
    plain = [payload('"hello"'), payload("{}")]
    async with door.as_role("operator") as client:
        sealed = (await client.post("/codec/encode", json={"payloads": plain})).json()
        assert "hello" not in base64.b64decode(sealed["payloads"][0]["data"]).decode(errors="replace")
        opened = (await client.post("/codec/decode", json=sealed)).json()
        assert opened["payloads"] == plain
        assert (await client.post("/codec/decode", json={"payloads": []})).json() == {"payloads": []}
        for bad in ({"payloads": [{"data": 5}]}, {"payloads": "x"}, {"x": 1}):
            answer = await client.post("/codec/decode", json=bad)
            assert answer.status_code == 422, (bad, answer.text)
        sealed["payloads"][1]["data"] = sealed["payloads"][0]["data"][:-8] + "AAAAAAA="
        refused = await client.post("/codec/decode", json=sealed)
        assert refused.json()["errors"][0]["pointer"] == "/payloads/1"


async def test_temporal_web_decodes_by_the_path_and_nobody_by_a_guess(
    door: Door, nobody: httpx2.AsyncClient
) -> None:
    async with door.as_role("operator") as client:
        sealed = (await client.post("/codec/encode", json={"payloads": [payload("1")]})).json()
    opened = await nobody.post(f"/codec/{CODEC_PATH}/decode", json=sealed, headers=WEB)
    assert opened.json() == {"payloads": [payload("1")]}
    assert opened.headers["access-control-allow-origin"] == WEB["Origin"]
    for guess in ("guess", CODEC_PATH[:-1], CODEC_PATH.upper(), "%00"):
        assert (await nobody.post(f"/codec/{guess}/decode", json=sealed, headers=WEB)).status_code == 404
    far = httpx2.ASGITransport(app=door.app, client=("192.0.2.7", 5000))
    async with httpx2.AsyncClient(transport=far, base_url=f"{PUBLIC_URL}/api/v2") as client:
        assert (await client.post(f"/codec/{CODEC_PATH}/decode", json=sealed)).status_code == 404


@pytest.mark.parametrize(
    ("origin", "path", "allowed"),
    [
        ("http://127.0.0.1:8233", "/codec/decode", True),
        ("https://evil.example.net", "/codec/decode", False),
        ("http://127.0.0.1:8233", "/connectors", False),
    ],
)
async def test_only_temporal_webs_pages_may_ask_across_origins(
    nobody: httpx2.AsyncClient, origin: str, path: str, allowed: bool
) -> None:
    asking = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-namespace",
    }
    answer = await nobody.options(path, headers=asking)
    assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
    assert "access-control-allow-credentials" not in answer.headers
