"""One manifest, from event to report: gather, decide, apply.

The order of effects is the order of trust: the run's files, the report (the commit), what follows it. A retry goes on
where the attempt before it broke off.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aws.s3_manifests import S3Manifests
from aws.s3_reports import S3Reports
from aws.s3_upload import S3Upload
from aws.scratch import TemporaryFile
from core.errors import PermanentError, RetryableError
from core.finding import Finding, Verdict
from core.layout import ReportPlace, report_place
from core.lines import split_lines
from core.manifest import ManifestObject, OpenManifest
from core.outcome import Standing, is_to_be_judged, is_to_be_published, next_run
from core.ports import ImageStore
from core.report import Report, ReportFile, accepted, build_report, list_findings
from core.second_read import LineTexts, accepted_lines
from core.shelf import Shelf
from core.validate import Judgement, validate
from handlers.clock import Clock
from handlers.follow_ups import FollowUps
from handlers.observability import logger, measure
from handlers.settings import Settings

FINDINGS: Final = "findings.jsonl"
ACCEPTED: Final = "accepted.manifest"
PAGE: Final = "report.html"
_COMMITS: Final = 5
"""Times that a report is written anew because another was written meanwhile."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record.

    Attributes:
        manifest: Which manifest.
        outcome: `judged`; `kept`: the report there stands; `superseded`: the manifest was replaced or deleted since.
        verdict: What the report says, if there is one.
        findings: How many it tells of.
        report: Where it lies.
    """

    manifest: ManifestObject
    outcome: str
    verdict: Verdict | None = None
    findings: int | None = None
    report: str | None = None

    def to_json(self) -> dict[str, object]:
        """An entry of the function's return value."""
        return {
            "bucket": self.manifest.bucket,
            "key": self.manifest.key,
            "verdict": self.verdict and self.verdict.value,
            "findings": self.findings,
            "report": self.report,
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True)
class _Beginning:
    """When the work on a manifest began, and the requests made before it."""

    at: datetime
    clock: float
    requests: Counter[str]


@dataclass(frozen=True, slots=True)
class Gate:
    """Judges manifests and writes what is to be said of them.

    Attributes:
        settings: The function's settings.
        manifests: Where manifests lie.
        images: Where images lie.
        reports: Where reports go.
        follow_ups: What follows a report.
        requests: Requests to S3 so far, by operation.
    """

    settings: Settings
    manifests: S3Manifests
    images: ImageStore
    reports: S3Reports
    follow_ups: FollowUps
    requests: Callable[[], Counter[str]]

    def judge(self, manifest: ManifestObject, *, direct: bool, run: str, clock: Clock) -> Outcome:
        """Judges one manifest, unless the report that is there says it all.

        Args:
            manifest: Which one.
            direct: It was asked for by name: it is judged anew, and must exist.
            run: A name for this run.
            clock: Tells what there is time for.

        Raises:
            RetryableError: A later attempt may do better.
            PermanentError: A person must act.
        """
        began = _Beginning(datetime.now(UTC), time.monotonic(), self.requests())
        standing = None
        if not direct:
            place = self._place(manifest)
            standing = self.reports.standing(place)
            if standing is not None and not is_to_be_judged(manifest.sequencer, standing):
                return self._keep(manifest, place, standing)
        opened = self.manifests.open(manifest)
        if opened is None:
            if direct:
                version = f" of version {manifest.version}" if manifest.version else ""
                raise PermanentError(f"There is no {manifest.uri}{version}. Correct the call, or drop the manifest.")
            return _superseded(manifest)
        if direct:
            standing = self.reports.standing(self._place(opened.manifest))
        run = next_run(run, standing)
        with TemporaryFile() as scratch:
            shelf = Shelf(self.settings.keys_in_memory, scratch)
            return self._judge(opened, standing, began, shelf, run=run, clock=clock)

    def _place(self, manifest: ManifestObject) -> ReportPlace:
        return report_place(self.settings.reports_bucket, self.settings.reports_prefix, manifest)

    def _judge(
        self,
        opened: OpenManifest,
        seen: Standing | None,
        began: _Beginning,
        shelf: Shelf,
        *,
        run: str,
        clock: Clock,
    ) -> Outcome:
        manifest = opened.manifest
        place = self._place(manifest)
        files: dict[str, ReportFile] = {}
        with self.reports.upload(place, run, FINDINGS, "application/x-ndjson") as upload:
            judgement = validate(
                opened,
                self.settings.policy,
                self.images,
                _FindingLines(upload),
                out_of_time=clock.out_of_time,
                choices_allowed=self.settings.allow_manifest_metadata,
                keep=self.settings.max_findings_per_rule,
                shelf=shelf,
            )
        _list(files, FINDINGS, upload)
        listing = list_findings(judgement, self.settings.max_findings)
        texts = LineTexts(listing.lines)
        some = accepted(judgement) == "some"
        # The report matters more: without time for a second read, the file and the texts are left out.
        if (some or listing.lines) and not clock.out_of_time():
            again = self.manifests.open(manifest)
            if again is None:
                return _superseded(manifest)
            blocks = split_lines(again.chunks)
            if some:
                with self.reports.upload(place, run, ACCEPTED, "application/x-ndjson") as upload:
                    for lines in accepted_lines(texts.of(blocks), judgement.stretch.states):
                        upload.write(lines)
                _list(files, ACCEPTED, upload)
            else:
                texts.read(blocks)
        report = build_report(
            judgement,
            listing,
            texts=texts.contents,
            run=run,
            looked_at=began.at,
            seconds=time.monotonic() - began.clock,
            requests=self.requests() - began.requests,
            files=files,
        )
        if not clock.last_moment():
            report = self._with_page(report, place, began)
        standing = self._commit(judgement, report, place, seen)
        if standing.run != run:
            return self._keep(manifest, place, standing)
        logger.info(
            "Judged", verdict=report.verdict.value, totals=report.totals, report=place.uri, requests=report.requests
        )
        measure(report, judgement.stretch.tally.severities)
        self.follow_ups.do(place, standing, lambda: report)
        if judgement.throttled:
            raise RetryableError(
                f"S3 throttled the look at images of {manifest.uri}: {report.verdict.value} until a retry looks again."
            )
        return Outcome(manifest, "judged", report.verdict, standing.findings, place.uri)

    def _with_page(self, report: Report, place: ReportPlace, began: _Beginning) -> Report:
        """Writes the report for people, and lists it in the other one."""
        from core.report_page import to_page  # noqa: PLC0415 - what a cold start need not wait for

        with self.reports.upload(place, report.run, PAGE, "text/html; charset=utf-8") as upload:
            upload.write(to_page([report]).encode())
        files = dict(report.files)
        _list(files, PAGE, upload)
        requests = dict(self.requests() - began.requests)
        return report.model_copy(update={"files": files, "requests": requests})

    def _commit(self, judgement: Judgement, report: Report, place: ReportPlace, seen: Standing | None) -> Standing:
        """Writes the report, unless a newer one was written meanwhile; returns the standing of the one that is there.

        Raises:
            RetryableError: Others keep writing.
        """
        sequencer = judgement.manifest.sequencer
        for _ in range(_COMMITS):
            if seen is not None and seen.verdict is report.verdict and _is_same_event(report, seen):
                self.follow_ups.carry_receipt(place, seen.run, report.run)
            standing = Standing(
                etag="",
                verdict=report.verdict,
                findings=sum(report.totals.values()),
                run=report.run,
                sequencer=sequencer or (seen.sequencer if seen else None),
                throttled=judgement.throttled,
                notify=self.settings.topic_arn is not None and self._is_news(judgement, report, seen),
            )
            if self.reports.commit(place, report, standing, seen):
                return standing
            seen = self.reports.standing(place)
            # It may be our own, where the first answer to the write was lost.
            if seen is not None and not is_to_be_judged(sequencer, seen):
                return seen
        raise RetryableError(f"Others keep writing {place.uri}.")

    def _is_news(self, judgement: Judgement, report: Report, seen: Standing | None) -> bool:
        """Whether people asked to hear of a verdict, or heard another one of the same event."""
        told = seen is not None and seen.notify and seen.verdict is not report.verdict and _is_same_event(report, seen)
        return told or is_to_be_published(judgement, self.settings.notify_on)

    def _keep(self, manifest: ManifestObject, place: ReportPlace, standing: Standing) -> Outcome:
        """Lets a report stand, and does what has not followed it yet."""
        self.follow_ups.do(place, standing, lambda: self.reports.read(place, standing))
        logger.info("Kept the report that is there", report=place.uri)
        return Outcome(manifest, "kept", standing.verdict, standing.findings, place.uri)


@dataclass(frozen=True, slots=True)
class _FindingLines:
    """Every finding, one a line; the core's `FindingSink`."""

    upload: S3Upload

    def write(self, findings: Sequence[Finding]) -> None:
        self.upload.write("".join(finding.to_line() for finding in findings).encode())


def _list(files: dict[str, ReportFile], name: str, upload: S3Upload) -> None:
    """Lists a file of the run, if anything was written."""
    if upload.size:
        files[name] = ReportFile(key=upload.key, size=upload.size, sha256=upload.sha256)


def _is_same_event(report: Report, seen: Standing) -> bool:
    """Whether a report is about the event that led to the one that was seen, or about the same call."""
    sequencer = report.manifest.sequencer
    if sequencer is not None and sequencer == seen.sequencer:
        return True
    return report.run.partition(".")[0] == seen.run.partition(".")[0]


def _superseded(manifest: ManifestObject) -> Outcome:
    logger.info("The manifest was replaced or deleted since; its own event follows")
    return Outcome(manifest, "superseded")
