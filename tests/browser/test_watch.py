"""The tests of the page notice what they are there to notice."""

import time

import pytest

from tests.browser.conftest import Faults, Visit

PAGE = "<!DOCTYPE html><html lang=en><title>t</title><main><h1>t</h1>{}</main></html>"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("<img alt=i src=https://example.com/i.png>", "request: https://example.com/i.png"),
        ("<img alt=i src=http://127.0.0.1:1/i.png>", "request: http://127.0.0.1:1/i.png"),
        ("<iframe title=f src=file:///etc/hostname></iframe>", "request: file:///etc/hostname"),
        ("<style>main { background: url(//example.com/i.png) }</style>", "request: file://example.com/i.png"),
        ("<script>fetch('https://example.com/f').catch(() => 0)</script>", "request: https://example.com/f"),
        ("<script>console.warn('careful')</script>", "console: warning: careful"),
        ("<script>throw new Error('broken')</script>", "error: broken"),
        ("<script>alert('look')</script>", "dialog: look"),
    ],
)
def test_a_page_that_reaches_out_or_complains_is_noticed(
    content: str, complaint: str, visit_freely: Visit, complaints: list[str]
) -> None:
    page = visit_freely(PAGE.format(content))

    deadline = time.monotonic() + 10
    while complaint not in complaints and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert complaint in complaints


def test_a_page_that_cannot_be_read_is_noticed(visit: Visit, faults: Faults) -> None:
    assert faults(visit(PAGE.format("<p>sound</p>"))) == []

    found = faults(visit(PAGE.format("<p style='color: #bbb; background: #fff'>faint</p><input>")))
    assert {fault.partition(":")[0] for fault in found} == {"color-contrast", "label"}
