"""A browser, and one stack for every browser test; no stack where there is no browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.stack.launched import FREE_PORTS, Launched
from tests.ui.browser import chromium, chromium_path, signed_in


@pytest.fixture(scope="session")
def chromium_found() -> str:
    return chromium_path()


@pytest.fixture(scope="module")
def browser(chromium_found: str) -> Iterator[Browser]:
    """Of one module: left open for longer, its loop would fail every asynchronous test that follows."""
    with chromium(chromium_found) as found:
        yield found


@pytest.fixture(scope="session")
def stack(chromium_found: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    launched = Launched(tmp_path_factory.mktemp("ui") / "state", "up", *FREE_PORTS)
    try:
        yield launched.until_ready()
    finally:
        launched.stop()
        launched.end()


@pytest.fixture
def page(browser: Browser, stack: Launched) -> Iterator[Page]:
    page = signed_in(browser, stack)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.context.close()
    assert wrong == []
