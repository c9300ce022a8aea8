"""Reports as GitHub Actions takes them: annotations of the manifest's lines, and a summary of the job's step."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cli.names import STANDARD_INPUT
from cli.text import NOT_JUDGED, figures, summary_of, value_of
from core.errors import PermanentError
from core.finding import Severity, Verdict, shown
from core.report import Report, ReportFinding

_CHARACTERS: Final = 10_000
# What is unchecked makes the step fail, and whoever asks why looks at the errors.
_LEVELS: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    Severity.UNCHECKED: "error",
    Severity.WARNING: "warning",
}
_MARKS: Final[Mapping[str, str]] = {
    Verdict.VALID.value: "✅",
    Verdict.INVALID.value: "❌",
    Verdict.INCOMPLETE.value: "⚠️",
    NOT_JUDGED: "⚠️",
}
_PLAIN: Final = re.compile(r"[^0-9A-Za-z /-]")
_ROWS: Final = 500
"""Manifests that a summary lists at most; GitHub takes a megabyte."""


def workflow_commands(report: Report, *, quiet: bool = False) -> str:
    """The findings of a report as workflow commands, and a notice of what it comes to.

    GitHub shows ten errors and ten warnings of a step: the gravest come first, and of each rule one before a second.
    """
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int, ReportFinding]] = []
    for finding in report.findings:
        ranked.append((list(Severity).index(finding.severity), seen[finding.rule], finding))
        seen[finding.rule] += 1
    ranked.sort(key=lambda each: each[:2])
    lines = [_annotation(finding, report) for *_, finding in ranked]
    if not quiet:
        told = f"{_place(report)}{'; '.join(summary_of(report))}"
        lines.append(_command("notice", told, title=f"Manifest Gate: {report.verdict.value}"))
    return "".join(f"{line}\n" for line in lines)


def not_judged(message: str) -> str:
    """An annotation of a manifest that could not be judged."""
    return _command("error", message, title=f"Manifest Gate: {NOT_JUDGED}") + "\n"


def write_summary(reports: Sequence[Report], failed: Sequence[str]) -> None:
    """Adds a summary to the page of the workflow's run, if there is one.

    Args:
        reports: On each manifest that was judged.
        failed: The names of the others.

    Raises:
        PermanentError: It cannot be written.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(summary(reports, failed))
    except OSError as error:
        raise PermanentError(f"GITHUB_STEP_SUMMARY {path!r} cannot be written: {error.strerror}.") from error


def summary(reports: Sequence[Report], failed: Sequence[str]) -> str:
    """What manifests come to, in GitHub's Markdown."""
    rows = [(report.verdict.value, report.manifest.uri, *figures(report)) for report in reports]
    rows += [(NOT_JUDGED, name, "", "", "") for name in failed]
    text = [
        "### Manifest Gate",
        "",
        "| | manifest | lines | invalid | images missing |",
        "|---|---|--:|--:|--:|",
        *(
            f"| {_MARKS[verdict]} {verdict} | {_escaped(name)} | {' | '.join(numbers)} |"
            for verdict, name, *numbers in rows[:_ROWS]
        ),
    ]
    if len(rows) > _ROWS:
        text.append(f"\n{len(rows) - _ROWS:,} more manifests are not listed.")
    totals = Counter[str]()
    for report in reports:
        totals.update(report.totals)
    if totals:
        text += ["", "| rule | findings |", "|---|--:|"]
        text += [f"| {rule} | {count:,} |" for rule, count in totals.most_common()]
    return "\n".join(text) + "\n\n"


def _annotation(finding: ReportFinding, report: Report) -> str:
    file, where = _file(report), {}
    if file is not None:
        where["file"] = file
        if finding.line is not None:
            where["line"] = str(finding.line)
        if finding.line is not None and (excerpt := finding.excerpt) is not None:
            where["col"] = str(excerpt.column)
            if excerpt.marked and not re.search(r"[\\…]", excerpt.marked):  # else it is not what stands in the file
                where["endColumn"] = str(excerpt.column + len(excerpt.marked))
    place = _place(report, finding.line) if file is None else ""
    value = value_of(finding)
    found = "" if value is None else f"\nFound: {value}"
    message = f"{place}{finding.message}{found}\nFix: {finding.fix}"
    return _command(_LEVELS[finding.severity], message, **where, title=finding.rule)


def _file(report: Report) -> str | None:
    """The manifest's path in the repository; None where it is no local file."""
    if report.manifest.bucket is not None or report.manifest.key == STANDARD_INPUT:
        return None
    path = Path(os.path.abspath(report.manifest.key))  # noqa: PTH100 - a link is annotated where it stands
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace and path.is_relative_to(workspace):
        return path.relative_to(workspace).as_posix()
    return report.manifest.key


def _place(report: Report, line: int | None = None) -> str:
    name = "standard input" if report.manifest.key == STANDARD_INPUT else report.manifest.uri
    return f"{name}:{line}: " if line else f"{name}: "


def _command(name: str, message: str, **properties: str) -> str:
    """A workflow command, with the escapes of GitHub's own toolkit."""
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(message)}"


def _data(text: str) -> str:
    lines = (shown(line, _CHARACTERS) for line in text.split("\n"))
    return "%0A".join(line.replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _PLAIN.sub(lambda character: f"&#{ord(character[0])};", shown(text, _CHARACTERS))
