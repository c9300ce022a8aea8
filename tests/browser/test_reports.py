"""Reports of every kind, on a desktop and on a phone, in light and in dark."""

import re
from collections.abc import Mapping

import pytest
from playwright.sync_api import expect

from core.report_page import to_page
from tests.browser.conftest import DEVICES, PHONE, Faults, Keep, Visit
from tests.browser.reports import KINDS, report_of

NARROW = PHONE | {"viewport": {"width": 320, "height": 640}}
"""To which a page has to fold without scrolling sideways (WCAG 2.2, 1.4.10)."""
SCHEMES = ("light", "dark")
REGIONS = ["What was judged", "Where the faults lie", "Findings by rule", "Classes", "Buckets", "Findings", "Rules"]

on_every_device = pytest.mark.parametrize("device", DEVICES)
of_every_kind = pytest.mark.parametrize("kind", KINDS)


@of_every_kind
def test_the_verdict_is_told_in_words(kind: str, visit: Visit) -> None:
    report, verdict = report_of(kind), KINDS[kind][1]

    page = visit(to_page([report]))

    assert page.title().startswith(f"{verdict} ")
    assert page.title().endswith(" - Manifest Gate")
    expect(page.get_by_role("main").get_by_role("article")).to_contain_text(str(verdict))


@of_every_kind
@on_every_device
def test_a_report_is_accessible(kind: str, device: str, visit: Visit, faults: Faults) -> None:
    page = visit(to_page([report_of(kind)]), DEVICES[device])

    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {fault}" for fault in faults(page)]
    assert found == []


@of_every_kind
@on_every_device
def test_a_report_fits(kind: str, device: str, visit: Visit, keep: Keep) -> None:
    page = visit(to_page([report_of(kind)]), DEVICES[device])

    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        keep(page, f"{kind}-{device}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") == DEVICES[device]["viewport"]["width"]


@of_every_kind
def test_a_report_folds(kind: str, visit: Visit) -> None:
    page = visit(to_page([report_of(kind)]), NARROW)

    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_report_has_its_regions(visit: Visit) -> None:
    article = visit(to_page([report_of("invalid")])).get_by_role("article")

    for name in REGIONS:
        expect(article.get_by_role("region", name=name, exact=True)).to_be_visible()


def test_further_classes_are_shown_on_demand(visit: Visit) -> None:
    classes = visit(to_page([report_of("hostile-classes")])).get_by_role("region", name="Classes")
    last = classes.get_by_role("rowheader", name="class 19", exact=True)

    expect(last).to_be_hidden()
    classes.get_by_text("more classes").click()
    expect(last).to_be_visible()


def test_what_was_not_checked_is_told(visit: Visit) -> None:
    page = visit(to_page([report_of("denied")]))

    expect(page.get_by_role("region", name="Not checked")).to_contain_text("34")


@pytest.mark.parametrize("kind", ["invalid", "capped", "out-of-time"])
def test_a_chart_tells_in_words_what_it_shows(kind: str, visit: Visit) -> None:
    page = visit(to_page([report_of(kind)]))

    names = [chart.get_attribute("aria-label") or "" for chart in page.get_by_role("img").all()]
    assert any(re.search("[0-9]", name) for name in names)
    assert [name for name in names if not re.search("[0-9]|none", name)] == []


def test_a_report_that_is_cut_short_says_where_the_rest_is(visit: Visit) -> None:
    report = report_of("capped")
    findings = visit(to_page([report])).get_by_role("region", name="Findings", exact=True)

    assert report.capped
    expect(findings).to_contain_text(f"{sum(report.totals.values()):,}")
    expect(findings).to_contain_text("findings.jsonl")
    listed = findings.get_by_role("row").count() - 1
    assert 100 <= listed < len(report.findings)
    expect(findings).to_contain_text(f"{listed} entries")


def test_several_reports_are_told_apart(visit: Visit, faults: Faults, keep: Keep) -> None:
    missing = {"train/<b>missing</b>.manifest": "It cannot be read: No such file or directory."}
    page = visit(to_page([report_of("invalid"), report_of("warnings"), report_of("denied")], missing))

    row = page.get_by_role("region", name="All manifests").get_by_role("row").last
    expect(row).to_contain_text(re.compile("not judged.*<b>missing</b>.*No such file"))
    keep(page, "several")
    articles = page.get_by_role("article")
    expect(articles).to_have_count(3)
    for place, verdict in enumerate(["INVALID", "VALID", "INCOMPLETE"]):
        expect(articles.nth(place)).to_contain_text(re.compile(rf"\b{verdict}\b"))
    ids: Mapping[str, int] = page.evaluate(
        "Object.fromEntries(Object.entries(Object.groupBy(document.querySelectorAll('[id]'), element => element.id))"
        ".map(([id, elements]) => [id, elements.length]))"
    )
    assert set(ids.values()) == {1}
    assert faults(page) == []
