"""Logs and metrics. Every line of the log about a manifest carries its identity."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from core.finding import Severity, Verdict
from core.report import Report

NAMESPACE: Final = "ManifestGate"
DIMENSIONS: Final = ("service",)
METRICS: Final = (
    "ManifestsAccepted",
    "ManifestsRejected",
    "ManifestsIncomplete",
    "LinesRead",
    "ImagesChecked",
    "ImagesMissing",
    "ErrorsFound",
    "WarningsFound",
    "UncheckedFound",
    "JudgementDuration",
)

logger: Final = Logger()
# It tells of credentials and endpoints at every start, and knows of no manifest.
logging.getLogger("botocore").setLevel(logging.WARNING)
_metrics: Final = Metrics(namespace=NAMESPACE)


def measure(report: Report, findings: Mapping[Severity, int]) -> None:
    """Emits the metrics of one judgement, in CloudWatch's embedded metric format.

    Args:
        report: What was judged.
        findings: How many there are of each severity; a report lists some only.
    """
    statistics = report.statistics
    counts = {
        "ManifestsAccepted": report.verdict is Verdict.VALID,
        "ManifestsRejected": report.verdict is Verdict.INVALID,
        "ManifestsIncomplete": report.verdict is Verdict.INCOMPLETE,
        "LinesRead": statistics.lines.total,
        "ImagesChecked": statistics.images.checked,
        "ImagesMissing": statistics.images.missing,
        "ErrorsFound": findings.get(Severity.ERROR, 0),
        "WarningsFound": findings.get(Severity.WARNING, 0),
        "UncheckedFound": findings.get(Severity.UNCHECKED, 0),
    }
    for name, count in counts.items():
        _metrics.add_metric(name=name, unit=MetricUnit.Count, value=int(count))
    _metrics.add_metric(name="JudgementDuration", unit=MetricUnit.Milliseconds, value=report.seconds * 1_000)
    _metrics.flush_metrics()
