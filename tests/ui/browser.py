"""A person's browser on a whole stack: Chromium of the system, driven by Playwright."""

import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.stack.launched import Launched, varlor

ROOT: Final = Path(__file__).parents[2]
AXE: Final = ROOT / "frontend/node_modules/axe-core/axe.min.js"
SHOTS: Final = ROOT / "screenshots"
WIDE, NARROW = (1440, 900), (375, 812)
PATIENCE_MS: Final = 60_000  # for a machine with much else to do
_RUN: Final = "axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_FLAGS: Final = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


def chromium_path() -> str:
    """Where it is. Skips, with the reason, on a machine that has none."""
    found = find_chromium()
    if found is None:
        pytest.skip(
            "no Chromium on PATH: install it from your system packages, such as `apt-get install chromium`"
        )
    return found


@contextmanager
def chromium(path: str) -> Generator[Browser]:
    """An event loop runs in this thread until it is closed again."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


def signed_in(browser: Browser, stack: Launched) -> Page:
    """A page of a new browser profile, signed in by a one-time link."""
    answer = varlor("signin", "--json", "--state-dir", str(stack.state))
    assert answer.returncode == 0, answer.stderr
    page = profile(browser).new_page()
    page.goto(json.loads(answer.stdout)["link"])
    page.get_by_role("link", name="Datasets", exact=True).wait_for()
    return page


def of_tenant(browser: Browser, stack: Launched, tenant: str) -> Page:
    """A page whose requests carry another tenant's token: links are for the stack's own tenant alone."""
    answer = varlor("token", "--role", "admin", "--tenant", tenant, "--state-dir", str(stack.state))
    assert answer.returncode == 0, answer.stderr
    context = profile(browser)
    context.set_extra_http_headers({"Authorization": f"Bearer {answer.stdout.strip()}"})
    return context.new_page()


def profile(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return context


def looked_at(page: Page, name: str) -> None:
    """Pictures at both widths, and no violation of axe's rules in either theme."""
    SHOTS.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for label, (width, height) in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=SHOTS / f"{name}-{label}-{theme}.png", animations="disabled")
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 1, f"{name} is wider than a screen of {width} px"
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        found = violations(page)
        assert not found, f"{name}, {theme}: {found}"


def violations(page: Page) -> list[str]:
    # Evaluated by the driver, not by the page: its policy lets no foreign script in.
    page.evaluate(AXE.read_text())
    found = page.evaluate(_RUN)
    return [f"{v['id']}: {node['html'][:200]}" for v in found for node in v["nodes"]]
