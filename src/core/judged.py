"""What programs are told of a judgement: the detail of an event, and the JSON of a message.

`docs/judged.schema.json` is generated from these models.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.finding import Verdict
from core.layout import ReportPlace
from core.report import Report, ReportConsumer, ReportImages, ReportLines, ReportManifest

SOURCE: Final = "manifest-gate"
DETAIL_TYPE: Final = "Manifest Judged"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JudgedReport(_Model):
    """Where the report lies."""

    bucket: str
    key: str


class Judged(_Model):
    """A judgement in short; what it has in common with the report has the same name and form there."""

    schema_version: Literal["1.0"] = "1.0"
    verdict: Verdict
    scope: Literal["lines+images", "lines"] = Field(description="What the verdict covers.")
    manifest: ReportManifest
    consumer: ReportConsumer
    run: str
    accepted: Literal["all", "some", "none"]
    lines: ReportLines
    images: ReportImages
    findings: int = Field(description="All of them, exact. Those of a VALID manifest are warnings.")
    totals: dict[str, int] = Field(description="Findings by rule, exact.")
    report: JudgedReport

    def to_json(self) -> str:
        """The judgement on one line."""
        return self.model_dump_json()


def judged(report: Report, place: ReportPlace) -> Judged:
    """Tells programs of a report.

    Args:
        report: The report.
        place: Where it lies.
    """
    return Judged(
        verdict=report.verdict,
        scope=report.scope,
        manifest=report.manifest,
        consumer=report.consumer,
        run=report.run,
        accepted=report.accepted,
        lines=report.statistics.lines,
        images=report.statistics.images,
        findings=sum(report.totals.values()),
        totals=report.totals,
        report=JudgedReport(bucket=place.bucket, key=place.report),
    )
