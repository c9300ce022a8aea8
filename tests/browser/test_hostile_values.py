"""What a manifest holds is shown as text, whatever it says."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.finding import shown
from core.report_page import to_page
from tests.browser.conftest import DESKTOP, Visit
from tests.browser.reports import HOSTILE, report_of

_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit(to_page([report_of("hostile")]))


def test_nothing_is_obeyed(page: Page) -> None:
    """Scripts that run, images that load, and dialogs fail every test of a page; see `visit`."""
    page.wait_for_timeout(100)

    assert "taken" not in page.title().split("<script>")[0]
    assert page.title().startswith("INVALID ")


def test_only_the_page_s_own_elements_are_there(page: Page, visit: Visit) -> None:
    """No element but those of a harmless report, no handler in an attribute, no address that runs."""
    names = "[...new Set([...document.querySelectorAll('*')].map(element => element.localName))].sort()"
    harmless = visit(to_page([report_of("invalid")]))

    assert set(page.evaluate(names)) <= set(harmless.evaluate(names))
    for selector in ("script", "style", "link", "meta", "main"):
        assert page.locator(selector).count() == harmless.locator(selector).count()
    attributes = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(element => [...element.attributes])"
        ".filter(({name, value}) => name.startsWith('on') || /^\\s*javascript:/i.test(value))"
        ".length"
    )
    assert attributes == 0


def test_values_are_shown_as_they_are(page: Page) -> None:
    """As the report has them, which escapes what cannot be seen and cuts what is long."""
    text = page.evaluate("document.body.textContent")

    assert [name for name, value in HOSTILE.items() if shown(value, 150)[:-1] not in text] == []


def test_nothing_unseen_is_left(page: Page) -> None:
    assert _UNSEEN.findall(page.evaluate("document.documentElement.textContent").replace("\n", "")) == []


def test_a_harmful_text_can_be_searched_for(page: Page) -> None:
    findings = page.get_by_role("region", name="Findings", exact=True)

    page.get_by_role("searchbox", name="Search").fill(HOSTILE["end of script"])

    shown_rows = findings.get_by_role("table").locator("tbody").get_by_role("row")
    expect(shown_rows.first).to_contain_text(HOSTILE["end of script"])
    assert shown_rows.count() < len(report_of("hostile").findings)


def test_long_values_break(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == DESKTOP["viewport"]["width"]
