"""The page where it cannot be used: without scripts, and on paper."""

import pytest
from playwright.sync_api import Page, expect

from core.report import Report
from core.report_page import to_page
from tests.browser.conftest import DEVICES, Faults, Keep, Visit
from tests.browser.reports import report_of


@pytest.fixture
def report() -> Report:
    return report_of("invalid")


def findings(page: Page) -> int:
    table = page.get_by_role("region", name="Findings", exact=True).get_by_role("table")
    return table.locator("tbody").get_by_role("row").count()


@pytest.mark.parametrize("device", DEVICES)
def test_without_scripts_all_is_shown_and_nothing_to_press(device: str, visit: Visit, report: Report) -> None:
    page = visit(to_page([report]), DEVICES[device], scripts=False)

    assert findings(page) == len(report.findings)
    for role in ("searchbox", "combobox", "button", "search"):
        expect(page.get_by_role(role)).to_have_count(0)


@pytest.mark.parametrize("text", ["missing image", "no such text anywhere"])
def test_on_paper_all_is_shown_and_nothing_to_press(text: str, visit: Visit, report: Report, keep: Keep) -> None:
    page = visit(to_page([report]))
    page.get_by_role("searchbox", name="Search").fill(text)

    page.emulate_media(media="print", color_scheme="dark")

    assert findings(page) == len(report.findings)
    for role in ("searchbox", "combobox", "search"):
        expect(page.get_by_role(role)).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    keep(page, "invalid-print")


def test_on_paper_all_classes_are_shown(visit: Visit) -> None:
    page = visit(to_page([report_of("hostile-classes")]))
    last = page.get_by_role("region", name="Classes").get_by_role("rowheader", name="class 19", exact=True)

    expect(last).to_be_hidden()
    page.emulate_media(media="print")
    expect(last).to_be_visible()


def test_high_contrast_is_accessible(visit: Visit, report: Report, faults: Faults, keep: Keep) -> None:
    page = visit(to_page([report]))

    page.emulate_media(forced_colors="active")

    assert faults(page) == []
    keep(page, "invalid-high-contrast")
