"""The report: what a judgement says, as one JSON object. `docs/report.schema.json` is generated from these models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from core import __version__
from core.catalogue import CATALOGUE_VERSION
from core.excerpt import excerpt
from core.finding import Finding, Severity, Verdict, shown
from core.key_lines import KeyLines, different
from core.manifest import ManifestObject
from core.policy import Inspect, Policy
from core.second_read import EXCLUDED
from core.stretch import LineState, Stretch
from core.validate import Judgement

SCHEMA_VERSION: Final = "1.0"
MAX_FINDINGS: Final = 1_000
_NAMED: Final = 100
"""Buckets, classes and label attributes that a report lists."""
_PARTS: Final = 100
"""Parts of a manifest of which a report tells how many lines are at fault."""


def _is_absent(value: object) -> bool:
    return value is None


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReportManifest(_Model):
    """Which bytes were judged."""

    bucket: str | None = Field(description="Its bucket; null for a local file.")
    key: str = Field(description="Its key, decoded; or the local path.")
    version: str | None
    etag: str | None
    size: int | None = Field(description="Bytes.")
    sha256: str | None = Field(description="Null where the manifest was not read to its end.")
    sequencer: str | None = Field(description="Of the event that led here.")

    @property
    def uri(self) -> str:
        """Where it lies: `s3://BUCKET/KEY`, or its local path."""
        return self.key if self.bucket is None else f"s3://{self.bucket}/{self.key}"


class ReportFile(_Model):
    """A file of the run."""

    key: str
    size: int = Field(description="Bytes.")
    sha256: str


class ReportLines(_Model):
    """Lines by what is known of them; an unlabeled line may be valid."""

    total: int
    valid: int
    invalid: int = Field(description="Named by at least one error.")
    unchecked: int = Field(description="Their image was not checked.")
    blank: int
    unlabeled: int = Field(description="Objects without a class that labels their image.")


class ReportBucket(_Model):
    """A bucket that lines name."""

    bucket: str
    lines: int
    first_line: int


class ReportLabel(_Model):
    """A name under which labels were judged."""

    name: str
    lines: int
    first_line: int


class ReportImages(_Model):
    """The images of the dataset's bucket, each counted once."""

    bucket: str | None = Field(description="The dataset's bucket.")
    checked: int = Field(description="Known to exist or not.")
    missing: int
    unchecked: int
    inspected: int = Field(description="Opened, to see their format and size.")


class ReportPart(_Model):
    """Lines that follow each other, and how many of them findings name; one line can count under several."""

    first_line: int
    last_line: int
    invalid: int
    unchecked: int
    warned: int


class ReportMasks(_Model):
    """The masks in the dataset's bucket, each counted once however many lines share it."""

    named: int
    missing: int
    unchecked: int


class ReportStatistics(_Model):
    """What the manifest holds."""

    lines: ReportLines
    classes: dict[str, int] = Field(description="Lines that can be trained on, by class: no error names them.")
    buckets: list[ReportBucket]
    labels: list[ReportLabel]
    images: ReportImages
    masks: ReportMasks
    parts: list[ReportPart] = Field(
        description="Where in the file the faults lie: of up to 100 parts of the same length, those with any."
    )


class ReportExcerpt(_Model):
    """The part of a line in which the fault lies: escaped, cut at some 160 characters, with `…` where it is cut."""

    column: int = Field(description="The character of the line at which the fault begins, from 1.")
    before: str
    marked: str = Field(description="The fault itself; empty where it has no place of its own.")
    after: str


class ReportFinding(_Model):
    """One fault, or one that many lines share."""

    rule: str
    severity: Severity
    line: int | None = Field(description="Physical line, from 1; null for the whole manifest.")
    field: str | None
    value: str | None = Field(description="Escaped, cut at 200 characters.")
    message: str
    fix: str
    count: int | None = Field(
        default=None,
        exclude_if=_is_absent,
        description="Lines concerned, or findings like this one, where the entry speaks of many.",
    )
    lines: list[int] | None = Field(default=None, exclude_if=_is_absent, description="The first of those lines.")
    first_line: int | None = Field(default=None, exclude_if=_is_absent, description="The line that this one repeats.")
    excerpt: ReportExcerpt | None = Field(
        default=None, exclude_if=_is_absent, description="Where the line could be read again."
    )


class ReportTool(_Model):
    """Who judged."""

    name: Literal["manifest-gate"] = "manifest-gate"
    version: str = __version__
    catalogue: str = CATALOGUE_VERSION


class ReportConsumer(_Model):
    """For whom, and as what."""

    name: str
    role: str | None
    label_attribute: str | None
    inspect_images: Inspect = Field(description="Which images were to be opened.")
    rule_severities: dict[str, Literal["error", "warning", "off"]] = Field(
        description="Rules that were ignored or given another severity, where that changes anything for this consumer."
    )


class Report(_Model):
    """The judgement on one manifest."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    verdict: Verdict
    scope: Literal["lines+images", "lines"] = Field(description="What the verdict covers.")
    manifest: ReportManifest
    consumer: ReportConsumer
    tool: ReportTool = ReportTool()
    looked_at: datetime = Field(description="When the judgement began; images may have changed since.")
    seconds: float = Field(description="How long it took.")
    requests: dict[str, int] = Field(description="Requests to S3, by operation.")
    run: str = Field(description="Names the folder of this run's files.")
    files: dict[str, ReportFile] = Field(description="By name.")
    accepted: Literal["all", "some", "none"] = Field(
        description="Lines with no error and nothing unchecked, whatever is wrong with the whole. "
        "Some: those in the run's accepted.manifest."
    )
    statistics: ReportStatistics
    totals: dict[str, int] = Field(description="Findings by rule, exact.")
    capped: bool = Field(
        description="Some findings are neither listed nor counted in an entry; findings.jsonl has all."
    )
    findings: list[ReportFinding]

    def to_json(self, *, indent: int | None = 2) -> str:
        """The report as it is stored."""
        return self.model_dump_json(indent=indent) + "\n"


class Listing(NamedTuple):
    """The findings that a report lists.

    Attributes:
        findings: In the order of lines.
        capped: Some are left out.
    """

    findings: list[Finding]
    capped: bool

    @property
    def lines(self) -> set[int]:
        """The lines that they name."""
        return {finding.line for finding in self.findings if finding.line is not None}


def list_findings(judgement: Judgement, most: int = MAX_FINDINGS) -> Listing:
    """Chooses the findings that a report lists, `most` of them at most."""
    states = judgement.stretch.states
    blank = judgement.stretch.count(LineState.BLANK)
    return Listing(*judgement.stretch.tally.entries(len(states) - blank, most))


def build_report(
    judgement: Judgement,
    listing: Listing,
    *,
    texts: Mapping[int, bytes] = MappingProxyType({}),
    run: str,
    looked_at: datetime,
    seconds: float,
    requests: Mapping[str, int],
    files: Mapping[str, ReportFile],
) -> Report:
    """Builds the report on a judgement.

    Args:
        judgement: What was found out.
        listing: The findings that it lists.
        texts: The lines that those name, without their endings, as far as they could be read again.
        run: Names the folder of the run's files.
        looked_at: When it began, in UTC.
        seconds: How long it took.
        requests: Requests to S3, by operation.
        files: The run's files by name.
    """
    return Report(
        verdict=judgement.verdict,
        scope=judgement.policy.scope,
        manifest=_manifest(judgement.manifest, judgement.sha256),
        consumer=ReportConsumer(
            name=judgement.policy.consumer.name,
            role=judgement.policy.role,
            label_attribute=judgement.policy.label_attribute,
            inspect_images=judgement.policy.inspect,
            rule_severities=_asked(judgement.policy),
        ),
        looked_at=looked_at,
        seconds=round(seconds, 3),
        requests=dict(requests),
        run=run,
        files=dict(files),
        accepted=accepted(judgement),
        statistics=_statistics(judgement),
        totals=dict(sorted(judgement.stretch.tally.totals.items())),
        capped=listing.capped,
        findings=[_finding(finding, texts) for finding in listing.findings],
    )


def accepted(judgement: Judgement) -> Literal["all", "some", "none"]:
    """Whether all lines can be trusted, none, or some: then they are worth a file of their own."""
    stretch = judgement.stretch
    if not _valid(stretch):
        return "none"
    return "some" if stretch.count(EXCLUDED) or judgement.sha256 is None else "all"


def _valid(stretch: Stretch) -> int:
    return len(stretch.states) - stretch.count(EXCLUDED | LineState.BLANK)


def _manifest(manifest: ManifestObject, sha256: str | None) -> ReportManifest:
    return ReportManifest(
        bucket=manifest.bucket,
        key=manifest.key.encode(errors="backslashreplace").decode(),  # a local path may be no UTF-8
        version=manifest.version,
        etag=manifest.etag,
        size=manifest.size,
        sha256=sha256,
        sequencer=manifest.sequencer,
    )


def _asked(policy: Policy) -> dict[str, Literal["error", "warning", "off"]]:
    words: dict[Severity | None, Literal["error", "warning", "off"]] = {
        Severity.ERROR: "error",
        Severity.WARNING: "warning",
        None: "off",
    }
    return {slug: words[severity] for slug, severity in policy.changes.items()}


def _statistics(judgement: Judgement) -> ReportStatistics:
    stretch = judgement.stretch
    buckets = list(stretch.references.buckets.items())[:_NAMED]
    labels = list(stretch.references.names().items())[:_NAMED]
    classes = dict.fromkeys(judgement.policy.consumer.classes or (), 0)
    classes |= dict(list(stretch.usable().items())[:_NAMED])
    return ReportStatistics(
        lines=ReportLines(
            total=len(stretch.states),
            valid=_valid(stretch),
            invalid=stretch.count(LineState.INVALID),
            unchecked=stretch.count(LineState.UNCHECKED),
            blank=stretch.count(LineState.BLANK),
            unlabeled=stretch.count(LineState.UNLABELED),
        ),
        classes=classes,
        buckets=[
            ReportBucket(bucket=name, lines=bucket.count, first_line=bucket.first_line) for name, bucket in buckets
        ],
        labels=[ReportLabel(name=shown(name), lines=count, first_line=first) for name, (count, first) in labels],
        images=_images(judgement),
        masks=_masks(judgement),
        parts=_parts(stretch.states),
    )


def _images(judgement: Judgement) -> ReportImages:
    bucket = judgement.stretch.references.buckets.get(judgement.images_bucket or "")
    named, missing, unchecked = _seen(judgement, [bucket.images] if bucket else [])
    return ReportImages(
        bucket=judgement.images_bucket,
        checked=named - unchecked,
        missing=missing,
        unchecked=unchecked,
        inspected=judgement.facts.opened if judgement.facts else 0,
    )


def _masks(judgement: Judgement) -> ReportMasks:
    masks = judgement.stretch.references.masks_in(judgement.images_bucket or "")
    named, missing, unchecked = _seen(judgement, masks.values())
    return ReportMasks(named=named, missing=missing, unchecked=unchecked)


def _seen(judgement: Judgement, named: Collection[KeyLines]) -> tuple[int, int, int]:
    """How many keys are named, missing, and not looked at; those of a judgement of the lines alone included."""
    count, check = different(named), judgement.check
    if check is None or check.untouched:
        return count, 0, count
    if check.no_bucket:
        return count, count, 0
    unchecked = set[str]().union(*check.unchecked.values())
    return count, _named_of(check.missing, named), _named_of(unchecked, named)


def _named_of(keys: Collection[str], named: Collection[KeyLines]) -> int:
    return len({key for lines in named for _, key in lines.on(keys)})


def _parts(states: bytes | bytearray) -> list[ReportPart]:
    """Divides the lines into parts of the same length, and tells of those with a fault."""
    length = max(1, -(-len(states) // _PARTS))
    parts = []
    for start in range(0, len(states), length):
        part = Counter(states[start : start + length])
        invalid, unchecked, warned = (
            sum(count for state, count in part.items() if state & named)
            for named in (LineState.INVALID, LineState.UNCHECKED, LineState.WARNED)
        )
        if invalid or unchecked or warned:
            last = min(start + length, len(states))
            parts.append(
                ReportPart(first_line=start + 1, last_line=last, invalid=invalid, unchecked=unchecked, warned=warned)
            )
    return parts


def _finding(finding: Finding, texts: Mapping[int, bytes]) -> ReportFinding:
    content = finding.to_json()
    if finding.line is not None and finding.line in texts:
        content["excerpt"] = excerpt(texts[finding.line], finding.field)._asdict()
    return ReportFinding.model_validate(content)
