"""Reports as a page for people: one HTML document that asks for nothing from outside.

Its markup, style and script lie in `core/page/`. Whoever makes a page imports this module only then: the template
engine takes a while to load.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import jinja2

from core.catalogue import RULES
from core.consumers import CONSUMERS
from core.finding import Severity, Verdict, shown
from core.report import Report, ReportFinding, ReportTool
from core.rule_text import rule_changes
from core.tally import shares

ARTICLE_BYTES: Final = 250_000
"""One report takes at most so much of a page, about; findings past that are left to `findings.jsonl`."""
PAGE_BYTES: Final = 5_000_000
"""Many reports share so much, about; what each tells besides its findings has room in any case."""
_ESCAPED: Final = 10
"""Characters that one character takes at most when it is escaped."""
_FOLDER: Final = Path(__file__).parent / "page"
_MEANINGS: Final = {
    Verdict.VALID: "Every line was read and every image was looked for; no error was found.",
    Verdict.INVALID: "It must not be used as it is; the findings tell what is wrong, and how to mend it.",
    Verdict.INCOMPLETE: "No error was found so far, but not everything could be checked: it is not known to be sound.",
}
_LINES_ALONE: Final = "Every line was read and no error was found. Images were not looked for, as was asked."
_GRAVITY: Final = [severity.value for severity in Severity]
_SHARE: Final = 0.9
"""When a page has become too large, it is made anew with so much less than would just do."""


def to_page(reports: Sequence[Report], not_judged: Mapping[str, str] = MappingProxyType({})) -> str:
    """Makes one page of one or several reports.

    Args:
        reports: In the order in which they are shown.
        not_judged: Why other manifests could not be judged, by name; without any there is at least one report.

    Returns:
        An HTML document. Every value is escaped, and its policy lets no other script run than its own.
    """
    environment = _environment()
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    listed = len(reports) != 1 or bool(not_judged)
    room = min(ARTICLE_BYTES, PAGE_BYTES // max(1, len(reports)))
    articles = [
        _article(environment, report, f"m{number}-" if listed else "", level=2 if listed else 1, room=room)
        for number, report in enumerate(reports, 1)
    ]
    return environment.get_template("page.html.jinja").render(
        reports=reports,
        articles=articles,
        listed=listed,
        not_judged=not_judged,
        verdicts=Counter(report.verdict.value for report in reports),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        tool=reports[0].tool if reports else ReportTool(),
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = "{:,}".format
    environment.filters["shown"] = _shown
    environment.globals |= {"plural": _plural}
    return environment


def _plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def _shown(text: str) -> str:
    """A whole text, with what cannot be seen escaped: a key may hold what turns the direction of writing."""
    return shown(text, len(text) * _ESCAPED)


def _hash(text: str) -> str:
    """What a content security policy calls an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _article(environment: jinja2.Environment, report: Report, prefix: str, *, level: int, room: int) -> str:
    """One report, with as many of its findings as there is room for, in bytes."""
    template = environment.get_template("report.html.jinja")
    content, places = _content(report), len(report.findings)
    while True:
        text = template.render(
            content, report=report, prefix=prefix, level=level, findings=_fair(report.findings, places)
        )
        size = len(text.encode())
        if size <= room or not places:
            return text
        places = int(places * room / size * _SHARE)


def _fair(findings: Sequence[ReportFinding], places: int) -> list[ReportFinding]:
    """As many findings as there are places, of every rule its share, in their order."""
    totals = Counter(finding.rule for finding in findings)
    left = Counter(dict(zip(totals, shares(list(totals.values()), places), strict=True)))
    shown = []
    for finding in findings:
        if left[finding.rule]:
            left[finding.rule] -= 1
            shown.append(finding)
    return shown


def _content(report: Report) -> dict[str, Any]:
    """What the template shows, beside the report itself."""
    gravest = _severities(report)
    valid_lines = report.scope == "lines" and report.verdict is Verdict.VALID
    rules = [
        {"slug": slug, "count": count, "severity": gravest[slug], "rule": RULES.get(slug)}
        for slug, count in sorted(report.totals.items(), key=lambda item: (_GRAVITY.index(gravest[item[0]]), -item[1]))
    ]
    consumer = CONSUMERS.get(report.consumer.name)
    classes = report.statistics.classes
    return {
        "meaning": _LINES_ALONE if valid_lines else _MEANINGS[report.verdict],
        "total": sum(report.totals.values()),
        "rules": rules,
        "most_of_a_rule": max(report.totals.values(), default=0),
        "classes": sorted(classes.items(), key=lambda item: -item[1]),
        "most_of_a_class": max(classes.values(), default=0) or 1,
        "lanes": _lanes(report),
        "all_checked": _all_checked(report),
        "unchecked": [finding for finding in report.findings if finding.severity is Severity.UNCHECKED],
        "consumer_title": consumer.title if consumer else None,
        "changes": rule_changes(report.consumer.rule_severities) if report.consumer.rule_severities else None,
        "severities": _GRAVITY,
    }


def _all_checked(report: Report) -> bool:
    """Whether nothing was left out; a report may list too few findings to tell."""
    counts = report.statistics
    unchecked = counts.lines.unchecked + counts.images.unchecked + counts.masks.unchecked
    return report.verdict is not Verdict.INCOMPLETE and report.manifest.sha256 is not None and not unchecked


def _severities(report: Report) -> dict[str, str]:
    """The gravest severity of each rule that was broken, as its findings say, else as the catalogue does."""
    listed: dict[str, str] = {}
    for finding in report.findings:
        known = listed.setdefault(finding.rule, finding.severity.value)
        listed[finding.rule] = min(known, finding.severity.value, key=_GRAVITY.index)
    for slug in report.totals.keys() - listed.keys():
        rule = RULES.get(slug)
        listed[slug] = ((rule.severity if rule else None) or Severity.WARNING).value
    return listed


def _lanes(report: Report) -> list[dict[str, Any]]:
    """Where in the file the faults lie: for each severity, the parts of the file as pieces of a strip 1,000 wide."""
    total = report.statistics.lines.total
    lanes = []
    for severity, name, title in (
        (Severity.ERROR, "invalid", "Errors"),
        (Severity.UNCHECKED, "unchecked", "Unchecked"),
        (Severity.WARNING, "warned", "Warnings"),
    ):
        pieces = [
            {
                "x": round((part.first_line - 1) * 1_000 / total, 1),
                "width": round(max((part.last_line - part.first_line + 1) * 1_000 / total, 3), 1),
                "lines": count,
                "first": part.first_line,
                "last": part.last_line,
            }
            for part in report.statistics.parts
            if (count := getattr(part, name))
        ]
        lines = sum(piece["lines"] for piece in pieces)
        lanes.append({"severity": severity.value, "title": title, "lines": lines, "pieces": pieces})
    return lanes
