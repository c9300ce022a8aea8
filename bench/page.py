"""How fast a report's page opens and answers in Chromium: as it is, cut short, against one with every finding in it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from bench.document import Bar, bars, measured, table
from bench.effort import Effort
from bench.gate import judge_lines
from bench.manifests import FAULTY
from bench.rounds import Spread
from core.lines import split_lines
from core.report import Listing, build_report, list_findings
from core.report_page import to_page
from core.second_read import LineTexts
from local import LocalError
from local.browser import browser

BAR_SECONDS: Final = 2.0
CUT_SHORT: Final = "as it is: cut short"
WHOLE: Final = "with every finding in it"

_MILLI: Final = 1_000
_PAINTED: Final = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
_SEARCH: Final = f"""async text => {{
  const box = document.querySelector("input[type=search]"), told = document.querySelector("[role=status]");
  const began = performance.now();
  const changed = new Promise(done => new MutationObserver(done).observe(
    told, {{childList: true, characterData: true, subtree: true}}));
  box.value = text;
  box.dispatchEvent(new Event("input", {{bubbles: true}}));
  await changed;
  await {_PAINTED};
  return performance.now() - began;
}}"""
_SORT: Final = f"""async () => {{
  const button = [...document.querySelectorAll("th[aria-sort] button")].find(it => it.textContent.trim() === "Rule");
  const began = performance.now();
  const changed = new Promise(done => new MutationObserver(done).observe(
    button.closest("th"), {{attributeFilter: ["aria-sort"]}}));
  button.click();
  await changed;
  await {_PAINTED};
  return performance.now() - began;
}}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit took, in milliseconds.

    Attributes:
        opened: Until all of the page was laid out and painted.
        searched: Until what a search leaves was painted.
        sorted: Until the findings were painted in another order.
    """

    opened: float
    searched: float
    sorted: float


def measure(effort: Effort) -> str:
    """Measures, and returns the table; or why that is not possible here."""
    with tempfile.TemporaryDirectory(prefix="manifest-gate-") as folder:
        findings, pages = _pages(Path(folder), effort.faulty)
        try:
            with browser() as running:
                version = running.version
                visits = _in_turn(running, pages, effort.rounds)
        except LocalError as absent:
            return measured(f"Not measured: {absent}")
        sizes = {name: path.stat().st_size for name, path in pages.items()}
    opened = Spread.of([visit.opened for visit in visits[CUT_SHORT]])
    bar = Bar(
        "seconds until the page is open",
        f"{BAR_SECONDS:g}",
        f"{opened.median / _MILLI:.2f}",
        opened.median <= BAR_SECONDS * _MILLI,
    )
    rows = (
        [
            name,
            f"{sizes[name] / 1e6:,.2f}",
            str(Spread.of([visit.opened for visit in taken])),
            str(Spread.of([visit.searched for visit in taken])),
            str(Spread.of([visit.sorted for visit in taken])),
        ]
        for name, taken in visits.items()
    )
    header = ["the page", "MB", "open, ms", "a search shown, ms", "another order shown, ms"]
    about = f"{findings:,} findings; Chromium {version}, {effort.rounds} visits of each in turn."
    return measured(f"{about}\n\n{bars([bar])}\n\n{table(header, rows)}")


def _pages(folder: Path, lines: int) -> tuple[int, dict[str, Path]]:
    """The number of findings of one judgement, and its pages."""
    path = FAULTY.write(folder, lines)
    judgement, findings = judge_lines(path, FAULTY.consumer)
    listings = {CUT_SHORT: list_findings(judgement), WHOLE: Listing(findings, capped=False)}
    paths = {}
    for number, (name, listing) in enumerate(listings.items()):
        texts = LineTexts(listing.lines)
        texts.read(split_lines([path.read_bytes()]))
        report = build_report(
            judgement,
            listing,
            texts=texts.contents,
            run="run",
            looked_at=datetime.now(UTC),
            seconds=0,
            requests={},
            files={},
        )
        paths[name] = folder / f"{number}.html"
        paths[name].write_text(to_page([report]), encoding="utf-8")
    return len(findings), paths


def _in_turn(running: Browser, pages: Mapping[str, Path], rounds: int) -> dict[str, list[Visit]]:
    """Visits pages in turn, after a first round that does not count."""
    visits: dict[str, list[Visit]] = {name: [] for name in pages}
    for number in range(rounds + 1):
        for name, path in pages.items():
            visit = _visit(running, path)
            if number:
                visits[name].append(visit)
    return visits


def _visit(running: Browser, path: Path) -> Visit:
    """Opens a page for the first time, searches, and sorts."""
    context = running.new_context(viewport={"width": 1_280, "height": 800})
    try:
        page = context.new_page()
        page.set_default_timeout(0)
        page.goto(path.as_uri())
        opened = page.evaluate(f"{_PAINTED}.then(() => performance.now())")
        searched = page.evaluate(_SEARCH, "comma")
        in_order = page.evaluate(_SORT)
    finally:
        context.close()
    return Visit(opened, searched, in_order)
