"""Reports on a terminal or in a file, and complaints; nothing that a terminal would obey is printed raw."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

from core.errors import PermanentError
from core.finding import Verdict, shown
from core.report import Report, ReportFinding
from core.rule_text import rule_changes

_STATUS: Final = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INCOMPLETE: 2}
_LINE_CHARACTERS: Final = 10_000
_NOT_ASCII: Final = re.compile(r"[^\n -~]")


def status_of(verdicts: Sequence[Verdict]) -> int:
    """The exit status: any INVALID outweighs what could not be judged."""
    statuses = {_STATUS[verdict] for verdict in verdicts}
    return 1 if 1 in statuses else max(statuses, default=2)


def complain(message: object) -> None:
    """Tells on standard error what went wrong."""
    with suppress(OSError):  # nobody listens
        print(f"manifest-gate: {shown(str(message), _LINE_CHARACTERS)}", file=sys.stderr)


@contextmanager
def opened(path: str) -> Iterator[TextIO]:
    """Opens a file for writing; `-` is standard output.

    Raises:
        PermanentError: The file cannot be written.
    """
    if path == "-":
        yield sys.stdout
        return
    try:
        with Path(path).open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise PermanentError(f"{path!r} cannot be written: {error.strerror}.") from error


def as_json(report: Report, *, indent: int | None = 2) -> str:
    """A report as it is stored, but with escapes for characters that cannot be printed."""
    return _NOT_ASCII.sub(_printable, report.to_json(indent=indent))


def _printable(character: re.Match[str]) -> str:
    return character[0] if character[0].isprintable() else json.dumps(character[0])[1:-1]


def as_text(report: Report) -> str:
    """A report for people: findings in the manner of compilers, then a summary."""
    text = [line for finding in report.findings for line in _finding(finding, _location(report))]
    if report.capped:
        total = sum(report.totals.values())
        text.append(f"({total:,} findings in all, not all of them listed; check --findings FILE writes every one)")
    if text:
        text.append("")
    if report.totals:
        width = max(map(len, report.totals))
        text += [
            f"  {rule:<{width}}  {count:>9,}"
            for rule, count in sorted(report.totals.items(), key=lambda item: -item[1])
        ]
    text += _summary(report)
    return "".join(f"{shown(line, _LINE_CHARACTERS)}\n" for line in text)


def _summary(report: Report) -> Iterator[str]:
    lines, images, masks = report.statistics.lines, report.statistics.images, report.statistics.masks
    judged_as = ", ".join(filter(None, (report.consumer.name, report.consumer.role, report.scope)))
    yield f"{report.verdict.value}  {_location(report)}  ({judged_as})"
    yield (
        f"  {lines.total:,} lines: {lines.valid:,} valid, {lines.invalid:,} invalid, "
        f"{lines.unchecked:,} unchecked, {lines.blank:,} blank"
    )
    if report.scope == "lines":
        yield "  images were not looked for"
    else:
        opened = f"{images.inspected:,}" if images.inspected else "none"
        yield (
            f"  {images.checked:,} images checked, {images.missing:,} missing, {images.unchecked:,} unchecked, "
            f"{opened} opened"
        )
        if masks.named:
            yield f"  {masks.named:,} masks named, {masks.missing:,} missing, {masks.unchecked:,} unchecked"
    if report.consumer.rule_severities:
        yield f"  rules changed: {rule_changes(report.consumer.rule_severities)}"


def _location(report: Report) -> str:
    manifest = report.manifest
    return f"s3://{manifest.bucket}/{manifest.key}" if manifest.bucket else manifest.key


def _finding(finding: ReportFinding, name: str) -> Iterator[str]:
    place = f"{name}:{finding.line}" if finding.line and finding.count is None else name
    yield f"{place}: {finding.severity.value}: {finding.rule}: {finding.message}"
    if finding.lines:
        yield f"    on lines {', '.join(map(str, finding.lines))}" + (
            ", …" if (finding.count or 0) > len(finding.lines) else ""
        )
    if finding.field is not None and finding.field != "source-ref" and finding.field not in finding.message:
        yield f"    at: {finding.field}"
    if finding.value is not None:
        yield f"    found: {finding.value}"
    yield f"    fix: {finding.fix}"
