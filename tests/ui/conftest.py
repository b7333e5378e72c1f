"""A browser, and one stack for every browser test; no stack where there is no browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.stack.launched import FREE_PORTS, Launched
from tests.ui.browser import chromium, launched, signed_in


@pytest.fixture(scope="session")
def chrome() -> str:
    return chromium()


@pytest.fixture(scope="module")
def browser(chrome: str) -> Iterator[Browser]:
    """Of one module: left open for longer, its loop would fail every asynchronous test that follows."""
    with launched(chrome) as found:
        yield found


@pytest.fixture(scope="session")
def stack(chrome: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    started = Launched(tmp_path_factory.mktemp("ui") / "state", "up", *FREE_PORTS)
    try:
        yield started.until_ready()
    finally:
        started.stop()
        started.end()


@pytest.fixture
def page(browser: Browser, stack: Launched) -> Iterator[Page]:
    page = signed_in(browser, stack)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.context.close()
    assert wrong == []
