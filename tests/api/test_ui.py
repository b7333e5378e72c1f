"""How the built UI is served: one page for its places, files that stay, and a policy that lets little in."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from api.services import Services
from tests.api.conftest import PUBLIC_URL
from varlor.settings import Settings

PAGE = '<meta property="csp-nonce" nonce="__CSP_NONCE__"><script src="/assets/index-1.js"></script>'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A build as small as they come."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets/index-1.js").write_text("plain")
    (tmp_path / "assets/index-1.js.gz").write_bytes(b"packed")
    return tmp_path


async def client(services: Services, settings: Settings, folder: Path, base: str) -> httpx2.AsyncClient:
    app = create_app(services, settings, ui_folder=folder)
    app.state.services = services
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=base)


@pytest.fixture
async def browser(services: Services, settings: Settings, built: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with await client(services, settings, built, PUBLIC_URL) as opened:
        yield opened


@pytest.mark.parametrize("place", ["/", "/runs", "/datasets/dat_1", "/connectors/con_1/endpoints"])
async def test_each_place_of_the_ui_is_its_page_under_a_fresh_nonce(
    browser: httpx2.AsyncClient, place: str
) -> None:
    pages = [await browser.get(place) for _ in range(2)]
    nonces = [re.findall('nonce="([^"]+)"', page.text)[0] for page in pages]
    assert nonces[0] != nonces[1]
    policy = pages[0].headers["content-security-policy"]
    assert f"'nonce-{nonces[0]}'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert pages[0].headers["referrer-policy"] == "no-referrer"
    assert pages[0].headers["cache-control"] == "no-store"


async def test_hashed_files_stay_in_the_browser_and_come_packed(browser: httpx2.AsyncClient) -> None:
    plain = await browser.get("/assets/index-1.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == "plain"
    assert "immutable" in plain.headers["cache-control"]
    assert plain.headers["content-type"].startswith("text/javascript")
    async with browser.stream("GET", "/assets/index-1.js", headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert b"".join([part async for part in packed.aiter_raw()]) == b"packed"


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/assets/..%2findex.html", "/assets/%2e%2e/index.html", "/robots.txt"]
)
async def test_nothing_but_the_build_is_served(browser: httpx2.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code in {404, 422}
    assert "csp-nonce" not in answer.text


async def test_the_api_keeps_its_own_answers(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/api/v2/nothing")).status_code == 401
    assert (await browser.get("/api/v2/docs")).text.startswith("<!doctype html>")
    assert (await browser.put("/api/v2/health/live")).status_code == 405
    assert "csp-nonce" not in (await browser.get("/status")).text


@pytest.mark.parametrize(
    ("public", "host", "goes_to"),
    [
        ("http://127.0.0.1:8000", "localhost:8000", "http://127.0.0.1:8000/runs?x=1"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", None),
        ("https://varlor.example", "127.0.0.1:8000", None),  # what a proxy says
        ("http://127.0.0.1:8000", "evil.example", None),
    ],
)
async def test_another_name_of_this_machine_leads_to_the_public_one(
    services: Services, settings: Settings, built: Path, public: str, host: str, goes_to: str | None
) -> None:
    at_home = replace(services, public_url=public)
    async with await client(at_home, settings, built, f"http://{host}") as browser:
        assert (await browser.get("/runs?x=1")).headers.get("location") == goes_to


async def test_without_a_build_a_plain_page_stands_in_its_place(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    async with await client(services, settings, tmp_path, PUBLIC_URL) as browser:
        page = await browser.get("/")
        assert "<script" not in page.text
        assert "Not signed in." in page.text
