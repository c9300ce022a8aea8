"""The findings of a report: searched, filtered, sorted, and followed to their rules."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from core.catalogue import RULES
from core.finding import Severity
from core.report import Report
from core.report_page import to_page
from tests.browser.conftest import PHONE, Faults, Visit
from tests.browser.reports import report_of

SEVERITIES = ["error", "unchecked", "warning"]


@pytest.fixture
def report() -> Report:
    return report_of("invalid")


@pytest.fixture
def page(visit: Visit, report: Report) -> Page:
    return visit(to_page([report]))


def search(page: Page) -> Locator:
    return page.get_by_role("search").get_by_role("searchbox", name="Search")


def choice(page: Page, name: str) -> Locator:
    return page.get_by_role("search").get_by_role("combobox", name=name)


def found(page: Page) -> Locator:
    """The findings that are to be seen."""
    table = page.get_by_role("region", name="Findings", exact=True).get_by_role("table")
    return table.get_by_role("row").filter(has=page.get_by_role("cell"))


def rows(page: Page) -> list[str]:
    """The text of each finding that is to be seen, in order."""
    return [row.inner_text() for row in found(page).all()]


def told(page: Page) -> str:
    return page.get_by_role("region", name="Findings", exact=True).get_by_role("status").inner_text()


def heads(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Findings", exact=True).get_by_role("columnheader", name=name)


def numbers(page: Page) -> list[int]:
    """The lines of the findings that are to be seen; 0 for those of the whole."""
    places = [re.match(r"(?:Line )?([0-9,]+)", row) for row in rows(page)]
    return [int(line[1].replace(",", "")) if line else 0 for line in places]


def test_all_findings_are_shown_at_first(page: Page, report: Report) -> None:
    assert len(rows(page)) == len(report.findings)
    assert str(len(report.findings)) in told(page)


def test_a_search_leaves_what_has_the_text_in_any_case(page: Page, report: Report) -> None:
    search(page).fill("MISSING IMAGE")

    assert len(rows(page)) == sum("missing image" in f"{finding.value}".lower() for finding in report.findings) == 30
    assert all("missing image" in row for row in rows(page))
    assert re.search(rf"\b30 of {len(report.findings)}\b", told(page))


@pytest.mark.parametrize("text", [".*", "(", "[a-z]", "\\", "<b>", "%", "\0"])
def test_a_search_is_for_text_not_for_a_pattern(text: str, page: Page) -> None:
    search(page).fill(text)

    assert all(text in row for row in rows(page))


def test_a_rule_and_a_severity_are_chosen(page: Page, report: Report) -> None:
    of_rule = [finding for finding in report.findings if finding.rule == "image-not-found"]
    assert of_rule

    choice(page, "Rule").select_option("image-not-found")
    assert len(rows(page)) == len(of_rule)
    choice(page, "Severity").select_option("warning")
    assert rows(page) == []
    choice(page, "Rule").select_option(index=0)
    assert len(rows(page)) == sum(finding.severity is Severity.WARNING for finding in report.findings) > 1


def test_nothing_that_matches_is_said_and_undone(page: Page, report: Report) -> None:
    search(page).fill("no such text anywhere")

    assert rows(page) == []
    assert re.search(rf"\b0 of {len(report.findings)}\b", told(page))
    page.get_by_role("button", name="Reset").click()
    expect(found(page)).to_have_count(len(report.findings))
    expect(search(page)).to_have_value("")


def test_findings_are_sorted_by_line(page: Page, report: Report) -> None:
    lines = [finding.line or 0 for finding in report.findings]
    head = heads(page, "Line")

    expect(head).to_have_attribute("aria-sort", "ascending")
    assert numbers(page) == lines
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert numbers(page) == lines[::-1]


def test_findings_are_sorted_by_how_grave_they_are(page: Page, report: Report) -> None:
    graveness = sorted(SEVERITIES.index(finding.severity) for finding in report.findings)
    head = heads(page, "Severity")

    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    shown = [
        next(place for place, word in enumerate(SEVERITIES) if re.search(word, row, re.IGNORECASE))
        for row in rows(page)
    ]
    assert shown == graveness


def test_findings_are_sorted_by_rule(page: Page, report: Report) -> None:
    rules = sorted(finding.rule for finding in report.findings)
    head = heads(page, "Rule")

    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(heads(page, "Line")).not_to_have_attribute("aria-sort", re.compile("ascending|descending"))
    shown = [next(rule for rule in sorted(RULES, key=len, reverse=True) if rule in row) for row in rows(page)]
    assert shown == rules


def test_what_was_filtered_stays_so_when_sorted(page: Page) -> None:
    search(page).fill("missing image")
    before = rows(page)

    heads(page, "Line").get_by_role("button").click()
    heads(page, "Rule").get_by_role("button").click()

    assert sorted(rows(page)) == sorted(before)


def test_a_finding_leads_to_its_rule(page: Page) -> None:
    findings = page.get_by_role("region", name="Findings", exact=True)
    link = findings.get_by_role("link", name="image-not-found").first

    link.click()

    assert page.url.endswith("image-not-found")
    target = page.locator(f"[id='{page.url.partition('#')[2]}']")
    expect(target).to_be_in_viewport()
    expect(target).to_contain_text(RULES["image-not-found"].why)


def test_every_link_within_the_page_leads_somewhere(page: Page) -> None:
    links = page.locator("a[href^='#']").evaluate_all("links => links.map(link => link.getAttribute('href').slice(1))")

    assert links
    assert [link for link in links if page.locator(f"[id='{link}']").count() != 1] == []


def test_the_value_that_is_wrong_stands_out(page: Page) -> None:
    choice(page, "Rule").select_option("human-annotated-invalid")

    expect(found(page)).to_have_count(1)
    expect(found(page).locator("mark")).to_have_text("true")


def test_the_keyboard_is_enough(page: Page, report: Report) -> None:
    search(page).focus()
    page.keyboard.type("missing image")
    assert len(rows(page)) == 30

    page.keyboard.press("Tab")
    expect(choice(page, "Rule")).to_be_focused()
    page.keyboard.press("Tab")
    expect(choice(page, "Severity")).to_be_focused()
    page.keyboard.type("w")
    assert rows(page) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Reset")).to_be_focused()
    page.keyboard.press("Enter")
    expect(found(page)).to_have_count(len(report.findings))


def test_columns_are_sorted_by_the_keyboard(page: Page) -> None:
    head = heads(page, "Rule")
    head.get_by_role("button").focus()

    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Space")
    expect(head).to_have_attribute("aria-sort", "descending")


def test_what_has_the_focus_can_be_seen(page: Page) -> None:
    """Each stop of the Tab key has an outline."""
    search(page).focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert (width >= 1, style != "none") == (True, True)


def test_findings_are_used_by_touch(visit: Visit, report: Report) -> None:
    page = visit(to_page([report]), PHONE)

    choice(page, "Rule").select_option("image-not-found")
    heads(page, "Line").get_by_role("button").tap()

    assert len(rows(page)) == 30


def test_a_filtered_report_is_accessible(page: Page, faults: Faults) -> None:
    search(page).fill("missing image")
    assert faults(page) == []
    search(page).fill("no such text anywhere")
    assert faults(page) == []


def test_a_report_of_very_many_findings_stays_usable(visit: Visit) -> None:
    page = visit(to_page([report_of("capped")]))

    search(page).fill("comma")
    before = rows(page)
    heads(page, "Rule").get_by_role("button").click()

    assert before
    assert sorted(rows(page)) == sorted(before)


def test_reports_are_searched_one_by_one(visit: Visit, report: Report) -> None:
    other = report_of("warnings")
    page = visit(to_page([report, other]))
    first, second = page.get_by_role("article").all()

    first.get_by_role("searchbox", name="Search").fill("missing image")

    assert len(first.locator("tbody").get_by_role("row").all()) >= 30
    assert f"{len(other.findings)} of {len(other.findings)}" in second.get_by_role("status").inner_text()
