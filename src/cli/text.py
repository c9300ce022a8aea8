"""Reports for people: findings in the manner of compilers, each with its line, and summaries.

`path:line:column: severity: message` is what editors and continuous integration find their way by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from cli import style
from cli.style import PLAIN, Style, cells, fit
from core.finding import Verdict, shown
from core.report import Report, ReportExcerpt, ReportFinding
from core.rule_text import rule_changes

NOT_JUDGED: Final = "not judged"
_CHARACTERS: Final = 10_000
_NARROW: Final = 20
"""Columns that a line of a manifest is shown in at least, however narrow the terminal."""


def as_text(report: Report, look: Style = PLAIN) -> str:
    """A report for people: its findings, then a summary."""
    findings = findings_text(report, look)
    return f"{findings}\n{summary_text(report, look)}" if findings else summary_text(report, look)


def findings_text(report: Report, look: Style = PLAIN) -> str:
    """The findings of a report; empty if there are none."""
    name = report.manifest.uri
    blocks = ["".join(f"{line}\n" for line in _finding(finding, name, look)) for finding in report.findings]
    if report.capped:
        total = sum(report.totals.values())
        blocks.append(f"({total:,} findings in all, not all of them listed; check --findings FILE writes every one)\n")
    return "\n".join(blocks)


def summary_text(report: Report, look: Style = PLAIN) -> str:
    """What a report comes to."""
    return "".join(f"{line}\n" for line in (*_totals(report.totals), *_summary(report, look)))


def table_text(reports: Sequence[Report], not_judged: Sequence[str], look: Style = PLAIN) -> str:
    """What several manifests come to, one a line, those that could not be judged last."""
    rows = [(report.verdict.value, *figures(report), report.manifest.uri) for report in reports]
    rows += [(NOT_JUDGED, "", "", "", name) for name in not_judged]
    headings = ("", "lines", "invalid", "missing", "")
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(4)]
    lines = []
    for verdict, *numbers, name in (headings, *rows):
        painted = look.paint(f"{verdict:<{widths[0]}}", _colour(verdict))
        aligned = "  ".join(f"{number:>{width}}" for number, width in zip(numbers, widths[1:], strict=True))
        lines.append(f"{painted}  {aligned}  {_printed(name)}".rstrip())
    return "".join(f"{line}\n" for line in (*lines, _counted(reports, not_judged)))


def figures(report: Report) -> tuple[str, str, str]:
    """Lines, invalid lines and missing images of a report, `-` where they were not looked for."""
    lines, images = report.statistics.lines, report.statistics.images
    return f"{lines.total:,}", f"{lines.invalid:,}", "-" if report.scope == "lines" else f"{images.missing:,}"


def value_of(finding: ReportFinding) -> str | None:
    """What was found, if the message does not tell."""
    told = finding.value is None or finding.value in finding.message.replace(",", "")
    return None if told else finding.value


def summary_of(report: Report) -> Iterator[str]:
    """Lines and images of a report, in words."""
    lines, images, masks = report.statistics.lines, report.statistics.images, report.statistics.masks
    yield (
        f"{lines.total:,} lines: {lines.valid:,} valid, {lines.invalid:,} invalid, "
        f"{lines.unchecked:,} unchecked, {lines.blank:,} blank"
    )
    if report.scope == "lines":
        yield "images were not looked for"
    else:
        opened = f"{images.inspected:,}" if images.inspected else "none"
        yield (
            f"{images.checked:,} images checked, {images.missing:,} missing, {images.unchecked:,} unchecked, "
            f"{opened} opened"
        )
        if masks.named:
            yield f"{masks.named:,} masks named, {masks.missing:,} missing, {masks.unchecked:,} unchecked"
    if report.consumer.rule_severities:
        yield f"rules changed: {rule_changes(report.consumer.rule_severities)}"


def _counted(reports: Sequence[Report], not_judged: Sequence[str]) -> str:
    count = len(reports) + len(not_judged)
    verdicts = Counter(report.verdict for report in reports)
    parts = [f"{verdicts[verdict]:,} {verdict.value}" for verdict in Verdict if verdicts[verdict]]
    parts += [f"{len(not_judged):,} {NOT_JUDGED}"] if not_judged else []
    return f"{count:,} manifests: {', '.join(parts)}"


def _totals(totals: Mapping[str, int]) -> Iterator[str]:
    width = max(map(len, totals), default=0)
    for rule, count in sorted(totals.items(), key=lambda item: -item[1]):
        yield f"  {rule:<{width}}  {count:>9,}"


def _summary(report: Report, look: Style) -> Iterator[str]:
    judged_as = ", ".join(filter(None, (report.consumer.name, report.consumer.role, report.scope)))
    verdict = report.verdict.value
    yield f"{look.paint(verdict, _colour(verdict))}  {_printed(report.manifest.uri)}  ({judged_as})"
    yield from (f"  {_printed(line)}" for line in summary_of(report))


def _colour(verdict: str) -> str:
    return style.OF_VERDICT.get(verdict, style.BOLD)


def _finding(finding: ReportFinding, name: str, look: Style) -> Iterator[str]:
    excerpt = finding.excerpt
    place = [name, *([str(finding.line)] if finding.line else []), *([str(excerpt.column)] if excerpt else [])]
    severity = look.paint(f"{finding.severity.value}:", style.OF_SEVERITY[finding.severity])
    rule = look.paint(f"[{_printed(finding.rule)}]", style.DIM)
    yield f"{look.paint(_printed(':'.join(place)) + ':', style.BOLD)} {severity} {_printed(finding.message)} {rule}"
    indent = "  "
    if excerpt and finding.line and f"{excerpt.before}{excerpt.marked}{excerpt.after}".strip():
        indent += " " * len(str(finding.line)) + " "
        yield from _quoted(excerpt, finding.line, look)
    yield from (f"{indent}{look.paint('=', style.DIM)} {_printed(note)}" for note in _notes(finding))


def _quoted(excerpt: ReportExcerpt, line: int, look: Style) -> Iterator[str]:
    """The line, and carets under what is wrong with it."""
    number = str(line)
    before, marked, after = map(_printed, (excerpt.before, excerpt.marked, excerpt.after))
    before, marked, after = fit(before, marked, after, max(_NARROW, look.width - len(number) - len("   | ")))
    edge = look.paint("|", style.DIM)
    yield f"  {look.paint(number, style.DIM)} {edge} {before}{marked}{after}"
    if marked:
        carets = look.paint("^" * max(1, cells(marked)), style.CARET)
        yield f"  {' ' * len(number)} {edge} {' ' * cells(before)}{carets}"


def _notes(finding: ReportFinding) -> Iterable[str]:
    marked = finding.excerpt is not None and finding.excerpt.marked != ""
    if finding.lines:
        more = ", …" if (finding.count or 0) > len(finding.lines) else ""
        yield f"on lines {', '.join(map(str, finding.lines))}{more}"
    if not marked:
        if finding.field is not None and finding.field != "source-ref" and finding.field not in finding.message:
            yield f"at: {finding.field}"
        if (found := value_of(finding)) is not None:
            yield f"found: {found}"
    yield f"fix: {finding.fix}"


def _printed(text: str) -> str:
    """Text that a terminal shows and does not obey."""
    return shown(text, _CHARACTERS)
