"""What is published about a judgement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from core.finding import Verdict, shown
from core.report import Report, ReportFinding

SUBJECT_CHARACTERS: Final = 99
"""SNS: under 100 characters, no line breaks or control characters, ASCII."""
MESSAGE_BYTES: Final = 200 * 1024
"""SNS takes 256 KiB, attributes included."""
_TOP_FINDINGS: Final = 10
_RULES_LISTED: Final = 20
_ATTRIBUTE_CHARACTERS: Final = 1_500


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
    location = shown(f"s3://{manifest.bucket}/{manifest.key}" if manifest.bucket else manifest.key, _ATTRIBUTE_CHARACTERS)
    lines, images = report.statistics.lines, report.statistics.images
    body = [
        f"{report.verdict.value}: {location}",
        f"version {manifest.version or '-'}, etag {manifest.etag or '-'}",
        "",
        f"{lines.total:,} lines: {lines.valid:,} valid, {lines.invalid:,} invalid, {lines.unchecked:,} unchecked, {lines.blank:,} blank",
        f"{images.checked:,} images checked, {images.missing:,} missing, {images.unchecked:,} unchecked"
        + (" (only the lines were judged)" if report.scope == "lines" else ""),
        *_rules(report),
        *_findings(report.findings),
        "",
        f"Report: {uri}",
    ]
    if "findings.jsonl" in report.files:
        body.append(f"All findings: {uri.removesuffix('report.json')}{report.run}/findings.jsonl")
    return Notification(
        subject=_subject(report.verdict, manifest.key),
        message=_bounded("\n".join(body) + "\n"),
        verdict=report.verdict,
        rules=tuple(report.totals),
        manifest=location,
    )


def _rules(report: Report) -> list[str]:
    if not report.totals:
        return []
    most = sorted(report.totals.items(), key=lambda item: -item[1])[:_RULES_LISTED]
    return ["", "Findings by rule:", *(f"{count:>9,}  {rule}" for rule, count in most)]


def _findings(findings: list[ReportFinding]) -> list[str]:
    worst = sorted(findings, key=lambda finding: ("error", "unchecked", "warning").index(finding.severity))[:_TOP_FINDINGS]
    if not worst:
        return []
    text = ["", "The first of them:"]
    for finding in worst:
        place = f"line {finding.line}" if finding.line else "manifest"
        text += [f"  {place}: {finding.severity.value} {finding.rule}: {finding.message}"]
        text += [f"    value: {finding.value}"] if finding.value else []
        text += [f"    fix: {finding.fix}"]
    return text


def _subject(verdict: Verdict, key: str) -> str:
    """The verdict and as much of the key's end as fits."""
    name = shown(key, 2_000).encode("ascii", errors="replace").decode()
    start = f"Manifest {verdict.value}: "
    room = SUBJECT_CHARACTERS - len(start)
    return start + (name if len(name) <= room else f"...{name[-(room - 3) :]}")


def _bounded(text: str) -> str:
    encoded = text.encode()
    if len(encoded) <= MESSAGE_BYTES:
        return text
    return encoded[: MESSAGE_BYTES - 10].decode(errors="ignore") + "\n(cut)\n"
