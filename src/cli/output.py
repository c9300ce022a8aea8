"""Reports on a terminal or in a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from core.finding import Verdict, shown
from core.report import Report, ReportFinding

_STATUS = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INCOMPLETE: 2}
_LOCATION_CHARACTERS = 2_000


def status_of(verdicts: Sequence[Verdict]) -> int:
    """The exit status: any INVALID outweighs what could not be judged."""
    statuses = {_STATUS[verdict] for verdict in verdicts}
    return 1 if 1 in statuses else max(statuses, default=2)


@contextmanager
def opened(path: str) -> Iterator[TextIO]:
    """Opens a file for writing; `-` is standard output."""
    if path == "-":
        yield sys.stdout
    else:
        with Path(path).open("w", encoding="utf-8") as file:
            yield file


def as_text(report: Report) -> str:
    """A report for people: findings in the manner of compilers, then a summary."""
    name = location(report)
    lines, images = report.statistics.lines, report.statistics.images
    text = [line for finding in report.findings for line in _finding(finding, name)]
    if report.capped:
        text.append(f"(some findings are left out here; {sum(report.totals.values()):,} in all)")
    if text:
        text.append("")
    if report.totals:
        width = max(map(len, report.totals))
        text += [
            f"  {rule:<{width}}  {count:>9,}"
            for rule, count in sorted(report.totals.items(), key=lambda item: -item[1])
        ]
    text.append(f"{report.verdict.value}  {name}  ({report.consumer.name}, {report.scope})")
    text.append(
        f"  {lines.total:,} lines: {lines.valid:,} valid, {lines.invalid:,} invalid, "
        f"{lines.unchecked:,} unchecked, {lines.blank:,} blank"
    )
    if report.scope == "lines":
        text.append("  images were not looked for")
    else:
        text.append(f"  {images.checked:,} images checked, {images.missing:,} missing, {images.unchecked:,} unchecked")
    return "\n".join(text) + "\n"


def location(report: Report) -> str:
    """Where the manifest lies, safe to print."""
    manifest = report.manifest
    uri = f"s3://{manifest.bucket}/{manifest.key}" if manifest.bucket else manifest.key
    return shown(uri, _LOCATION_CHARACTERS)


def _finding(finding: ReportFinding, name: str) -> Iterator[str]:
    place = f"{name}:{finding.line}" if finding.line and finding.count is None else name
    yield f"{place}: {finding.severity.value}: {finding.rule}: {finding.message}"
    if finding.lines:
        yield f"    on lines {', '.join(map(str, finding.lines))}" + (
            ", …" if (finding.count or 0) > len(finding.lines) else ""
        )
    if finding.value is not None:
        yield f"    found: {finding.value}"
    yield f"    fix: {finding.fix}"
