"""A real browser without a network. A page that complains, or asks for anything but itself, fails its test."""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from local import ROOT, LocalError
from local.browser import browser as running_browser

SCREENSHOTS: Final = ROOT / "build/screenshots"
DESKTOP: Final[dict[str, Any]] = {"viewport": {"width": 1_280, "height": 800}}
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
DEVICES: Final = {"desktop": DESKTOP, "phone": PHONE}

_AXE: Final = ROOT / ".browser/node_modules/axe-core/axe.min.js"
_JUDGED: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_SETTLED: Final = 50
"""Milliseconds in which a request that was just made is told of."""
_TALLEST: Final = 6_000
"""Pixels of a page that a screenshot shows."""

Visit = Callable[..., Page]
Keep = Callable[[Page, str], None]
Faults = Callable[[Page], list[str]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if kept := sorted(SCREENSHOTS.glob("*.png")):
        terminalreporter.write_line(f"{len(kept)} screenshots: {SCREENSHOTS.relative_to(ROOT)}")


def _absent(what: str) -> NoReturn:
    """A machine without a browser tests the rest; where one is required, this is a failure."""
    if os.environ.get("MANIFEST_GATE_BROWSER") == "required":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        with running_browser() as running:
            yield running
    except LocalError as error:
        _absent(str(error))


@pytest.fixture
def complaints() -> list[str]:
    """What pages complained of, and what they asked for."""
    return []


@pytest.fixture
def visit_freely(browser: Browser, tmp_path: Path, complaints: list[str]) -> Iterator[Visit]:
    """Opens a page's text as a file."""
    contexts: list[BrowserContext] = []

    def serve(route: Route, address: str) -> None:
        asked = route.request.url.partition("#")[0]
        if asked == address:
            route.continue_()
        else:
            complaints.append(f"request: {asked}")
            route.abort()

    def opened(text: str, device: Mapping[str, Any] = DESKTOP, *, scripts: bool = True) -> Page:
        file = tmp_path / f"{len(contexts)}.html"
        file.write_text(text, encoding="utf-8", newline="")
        context = browser.new_context(**device, java_script_enabled=scripts, reduced_motion="reduce")
        contexts.append(context)
        context.route("**/*", partial(serve, address=file.as_uri()))
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(f"console: {said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def visit(visit_freely: Visit, complaints: list[str]) -> Iterator[Visit]:
    """Opens a page's text as a file, in which there may be nothing to complain of."""
    pages: list[Page] = []

    def visited(text: str, device: Mapping[str, Any] = DESKTOP, *, scripts: bool = True) -> Page:
        pages.append(visit_freely(text, device, scripts=scripts))
        return pages[-1]

    yield visited
    for page in pages:
        page.wait_for_timeout(_SETTLED)
    assert complaints == []


@pytest.fixture(scope="session")
def keep() -> Keep:
    """Keeps a screenshot of a page, from its top."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for old in SCREENSHOTS.glob("*.png"):
        old.unlink()

    def kept(page: Page, name: str) -> None:
        width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, _TALLEST)}
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, clip=clip)

    return kept


@pytest.fixture(scope="session")
def faults() -> Faults:
    """What axe finds wrong with how a page can be read and used: WCAG 2.2 to level AA, and good practice."""
    if not _AXE.exists():
        _absent("There is no axe-core. Install npm (apt-get install npm), then run make setup.")
    axe = _AXE.read_text(encoding="utf-8")

    def found(page: Page) -> list[str]:
        page.evaluate(axe)
        told = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", list(_JUDGED))
        return [
            f"{fault['id']}: {fault['help']}: {node['target']} {node['failureSummary']}"
            for fault in told["violations"]
            for node in fault["nodes"][:3]
        ]

    return found
