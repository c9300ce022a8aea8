"""What is published about a judgement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from core.finding import Severity, Verdict, shown
from core.report import Report, ReportFinding
from core.rule_text import rule_changes

SUBJECT_CHARACTERS: Final = 99
"""SNS: under 100 characters, no line breaks or control characters, ASCII."""
MESSAGE_BYTES: Final = 200 * 1024
"""SNS takes 256 KiB, attributes included."""
_TOP_FINDINGS: Final = 10
_RULES_LISTED: Final = 20
_LOCATION_CHARACTERS: Final = 1_500
_ESCAPED_CHARACTERS: Final = 12_000
"""Ten for each byte of the longest key: never cut."""
_SENTENCE_CHARACTERS: Final = 1_000
"""Of a message or a fix. With ten findings of four bytes a character this keeps well within `MESSAGE_BYTES`."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A message.

    Attributes:
        subject: Under 100 characters of ASCII.
        message: Plain text.
        verdict: For filters.
        rules: Slugs of the rules that found something; for filters.
        manifest: Location of the manifest; for filters.
    """

    subject: str
    message: str
    verdict: Verdict
    rules: tuple[str, ...]
    manifest: str

    @property
    def rules_json(self) -> str:
        """The rules as SNS takes a `String.Array`."""
        return json.dumps(self.rules)


def compose(report: Report, uri: str) -> Notification:
    """Writes the message about a report.

    Args:
        report: The report.
        uri: Where it lies.
    """
    manifest = report.manifest
    uri_of_manifest = f"s3://{manifest.bucket}/{manifest.key}" if manifest.bucket else manifest.key
    location = shown(uri_of_manifest, _LOCATION_CHARACTERS)
    lines, images = report.statistics.lines, report.statistics.images
    judged = f"{lines.valid:,} valid, {lines.invalid:,} invalid, {lines.unchecked:,} unchecked, {lines.blank:,} blank"
    folder = shown(uri.removesuffix("report.json"), _ESCAPED_CHARACTERS)
    only_lines = " (only the lines were judged)" if report.scope == "lines" else ""
    body = [
        f"{report.verdict.value}: {location}",
        f"version {manifest.version or '-'}, etag {manifest.etag or '-'}",
        "",
        f"{lines.total:,} lines: {judged}",
        f"{images.checked:,} images checked, {images.missing:,} missing, {images.unchecked:,} unchecked{only_lines}",
        *_changes(report),
        *_rules(report),
        *_findings(report.findings),
        "",
        f"Report: {folder}report.json",
    ]
    if "findings.jsonl" in report.files:
        body.append(f"All findings: {folder}{report.run}/findings.jsonl")
    return Notification(
        subject=_subject(report.verdict, manifest.key),
        message="\n".join(body) + "\n",
        verdict=report.verdict,
        rules=tuple(report.totals),
        manifest=location,
    )


def _changes(report: Report) -> list[str]:
    """What the verdict does not go by: VALID with rules ignored is not the usual VALID."""
    changes = rule_changes(report.consumer.rule_severities)
    return [f"Rules changed: {shown(changes, _SENTENCE_CHARACTERS)}"] if changes else []


def _rules(report: Report) -> list[str]:
    if not report.totals:
        return []
    most = sorted(report.totals.items(), key=lambda item: -item[1])[:_RULES_LISTED]
    return ["", "Findings by rule:", *(f"{count:>9,}  {rule}" for rule, count in most)]


def _findings(findings: list[ReportFinding]) -> list[str]:
    if not findings:
        return []
    text = ["", "The first of them:"]
    gravity = list(Severity)
    for finding in sorted(findings, key=lambda finding: gravity.index(finding.severity))[:_TOP_FINDINGS]:
        place = f"line {finding.line}" if finding.line else "manifest"
        message = shown(finding.message, _SENTENCE_CHARACTERS)
        text.append(f"  {place}: {finding.severity.value} {finding.rule}: {message}")
        if finding.value:
            text.append(f"    value: {finding.value}")
        text.append(f"    fix: {shown(finding.fix, _SENTENCE_CHARACTERS)}")
    return text


def _subject(verdict: Verdict, key: str) -> str:
    """The verdict and as much of the key's end as fits."""
    name = shown(key, len(key) * 10).encode("ascii", errors="replace").decode()
    start = f"Manifest {verdict.value}: "
    room = SUBJECT_CHARACTERS - len(start)
    return start + (name if len(name) <= room else f"...{name[-(room - 3) :]}")
