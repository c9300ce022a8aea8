"""What is published about a judgement: a few lines for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from core.finding import Severity, Verdict, shown
from core.judged import judged
from core.layout import ReportPlace
from core.report import Report, ReportFinding
from core.rule_text import rule_changes

SUBJECT_CHARACTERS: Final = 99
"""SNS: under 100 characters, no line breaks or control characters, ASCII."""
SMS_CHARACTERS: Final = 140
"""One text message."""
MESSAGE_BYTES: Final = 240 * 1024
"""SNS takes 256 KiB, attributes included."""
PROGRAMS: Final = ("sqs", "lambda", "http", "https", "email-json", "firehose")
"""SNS's protocols whose subscribers read JSON."""
_RULES_SHOWN: Final = 3
_LINES_NAMED: Final = 3
_LOCATION_CHARACTERS: Final = 1_500
_ESCAPED_CHARACTERS: Final = 12_000
"""Ten for each byte of the longest key: never cut."""
_SENTENCE_CHARACTERS: Final = 400
"""Of a message or a fix."""
_FILES: Final = {
    "report.html": "To look at",
    "findings.jsonl": "All findings",
    "accepted.manifest": "Accepted lines",
}
_SAYS: Final = {
    Verdict.VALID: "It can be used.",
    Verdict.INVALID: "It must not be used.",
    Verdict.INCOMPLETE: "It could not be judged to the end, and must not be used before it is.",
}
_CONSOLES: Final = {
    "aws": "https://s3.console.aws.amazon.com",
    "aws-cn": "https://console.amazonaws.cn",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
}


@dataclass(frozen=True, slots=True)
class Console:
    """AWS's console, where people look at S3.

    Attributes:
        partition: `aws`, `aws-cn`, …
        region: Of the reports bucket.
    """

    partition: str
    region: str

    def url(self, bucket: str, key: str) -> str | None:
        """The page of an object; None where the partition's console is not known."""
        console = _CONSOLES.get(self.partition)
        return console and f"{console}/s3/object/{bucket}?region={self.region}&prefix={quote(key, safe='')}"


@dataclass(frozen=True, slots=True)
class Notification:
    """A message.

    Attributes:
        subject: Under 100 characters of ASCII.
        text: For people: plain text.
        brief: For people's telephones: ASCII.
        document: For programs: the JSON of `core.judged`.
        verdict: For filters.
        rules: Slugs of the rules that found something; for filters.
        manifest: Location of the manifest, escaped; for filters.
        bucket: The manifest's bucket; for filters.
        key: The manifest's key, escaped; for filters.
    """

    subject: str
    text: str
    brief: str
    document: str
    verdict: Verdict
    rules: tuple[str, ...]
    manifest: str
    bucket: str
    key: str

    @property
    def message(self) -> str:
        """By protocol, as SNS takes it where the message's structure is `json`."""
        by_protocol = {"default": self.text, "sms": self.brief} | dict.fromkeys(PROGRAMS, self.document)
        return json.dumps(by_protocol, ensure_ascii=False)

    @property
    def rules_json(self) -> str:
        """The rules as SNS takes a `String.Array`."""
        return json.dumps(self.rules)


def compose(report: Report, place: ReportPlace, console: Console) -> Notification:
    """Writes the message about a report.

    Args:
        report: The report.
        place: Where it lies.
        console: Where people look at it.
    """
    manifest = report.manifest
    location = shown(manifest.uri, _LOCATION_CHARACTERS)
    subject = _subject(report.verdict, manifest.key)
    lines, images = report.statistics.lines, report.statistics.images
    judged_lines = f"{lines.valid:,} valid, {lines.invalid:,} invalid, {lines.unchecked:,} unchecked"
    only_lines = " (only the lines were judged)" if report.scope == "lines" else ""
    body = [
        f"{report.verdict.value}: {location}",
        _SAYS[report.verdict],
        "",
        f"{lines.total:,} lines: {judged_lines}, {lines.blank:,} blank",
        f"{images.checked:,} images checked, {images.missing:,} missing, {images.unchecked:,} unchecked{only_lines}",
        *_changes(report),
        *_worst(report),
        "",
        *_links(report, place, console),
        "",
        f"Version {manifest.version or '-'}, etag {manifest.etag or '-'}",
    ]
    return Notification(
        subject=subject,
        text="\n".join(body) + "\n",
        brief=f"{subject}. {lines.invalid:,} of {lines.total:,} lines invalid."[:SMS_CHARACTERS],
        document=judged(report, place).to_json(),
        verdict=report.verdict,
        rules=tuple(report.totals),
        manifest=location,
        bucket=manifest.bucket or "-",
        key=shown(manifest.key, _LOCATION_CHARACTERS),
    )


def _changes(report: Report) -> list[str]:
    """What the verdict does not go by: VALID with rules ignored is not the usual VALID."""
    changes = rule_changes(report.consumer.rule_severities)
    return [f"Rules changed: {shown(changes, _SENTENCE_CHARACTERS)}"] if changes else []


def _worst(report: Report) -> Iterator[str]:
    """The gravest rules, the most frequent first: how often, where first, and how to mend it."""
    samples: dict[str, list[ReportFinding]] = {}
    for finding in report.findings:
        samples.setdefault(finding.rule, []).append(finding)
    gravity = list(Severity)

    def rank(rule: str) -> tuple[int, int]:
        severities = [gravity.index(finding.severity) for finding in samples.get(rule, [])]
        return min(severities, default=len(gravity)), -report.totals[rule]

    ranked = sorted(report.totals, key=rank)
    for rule in ranked[:_RULES_SHOWN]:
        yield ""
        yield from _rule(rule, report.totals[rule], samples.get(rule, []))
    if rest := ranked[_RULES_SHOWN:]:
        yield ""
        yield f"And {sum(report.totals[rule] for rule in rest):,} findings of {len(rest)} more rules."


def _rule(rule: str, total: int, samples: list[ReportFinding]) -> Iterator[str]:
    if not samples:
        yield f"{total:,} x {rule}"
        return
    gravest = min(samples, key=lambda finding: list(Severity).index(finding.severity))
    yield f"{total:,} x {rule} ({gravest.severity.value}){_first_lines(samples, total)}"
    yield f"    {shown(gravest.message, _SENTENCE_CHARACTERS)}"
    if gravest.value:
        yield f"    Found: {shown(gravest.value)}"
    yield f"    Fix: {shown(gravest.fix, _SENTENCE_CHARACTERS)}"


def _first_lines(samples: list[ReportFinding], total: int) -> str:
    named = {line for finding in samples for line in finding.lines or ([finding.line] if finding.line else [])}
    first = sorted(named)[:_LINES_NAMED]
    if not first:
        return ""
    word = "line" if len(first) == 1 else "lines"
    return f", {word} {', '.join(f'{line}' for line in first)}{' …' if total > len(first) else ''}"


def _links(report: Report, place: ReportPlace, console: Console) -> Iterator[str]:
    files = {"Report": place.report}
    files |= {title: place.file(report.run, name) for name, title in _FILES.items() if name in report.files}
    for title, key in files.items():
        yield f"{title + ':':<16}{shown(f's3://{place.bucket}/{key}', _ESCAPED_CHARACTERS)}"
    looked_at = place.file(report.run, "report.html") if "report.html" in report.files else place.report
    if url := console.url(place.bucket, looked_at):
        yield f"{'In the console:':<16}{url}"


def _subject(verdict: Verdict, key: str) -> str:
    """The verdict and as much of the key's end as fits."""
    name = shown(key, len(key) * 10).encode("ascii", errors="replace").decode()
    start = f"Manifest {verdict.value}: "
    room = SUBJECT_CHARACTERS - len(start)
    return start + (name if len(name) <= room else f"...{name[-(room - 3) :]}")
