"""`manifest-gate report`: what the deployed gate says of a manifest's current version."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Final

from aws.clients import s3_client, stack_outputs
from aws.s3_manifests import S3Manifests
from aws.s3_reports import S3Reports
from cli.names import read_location
from cli.output import as_json, opened, status_of
from cli.style import style_of
from cli.text import as_text
from core.errors import PermanentError
from core.layout import ReportPlace, report_place
from core.report import Report

STACK: Final = "manifest-gate"
_POLL_SECONDS: Final = 1.0
_ELSEWHERE: Final = "Name the gate's stack with --stack, or the place of its reports with --reports."


def run(options: argparse.Namespace) -> int:
    """Prints the report, once it is there."""
    bucket, key = read_location(options.manifest)
    reports_bucket, prefix = _reports(options.reports, options.stack)
    client = s3_client(options.endpoint_url)
    manifest = S3Manifests(client).current(bucket, key)
    if manifest is None:
        raise PermanentError(f"There is no {options.manifest}.")
    report = _wait_for(S3Reports(client), report_place(reports_bucket, prefix, manifest), options.wait)
    with opened(options.output) as file:
        file.write(as_json(report) if options.format == "json" else as_text(report, style_of(file)))
    return status_of([report.verdict])


def _wait_for(reports: S3Reports, place: ReportPlace, seconds: float) -> Report:
    until, told = time.monotonic() + seconds, False
    while (standing := reports.standing(place)) is None or (report := reports.read(place, standing)) is None:
        left = until - time.monotonic()
        if left <= 0:
            raise PermanentError(
                f"There is no report at {place.uri}. If the manifest was just dropped, wait for it with --wait 60; "
                "otherwise see whether its key has the gate's prefix and suffix."
            )
        if not told:
            print(f"waiting up to {seconds:g} s for the report", file=sys.stderr)
            told = True
        time.sleep(min(_POLL_SECONDS, left))
    return report


def _reports(location: str | None, stack: str) -> tuple[str, str]:
    """Bucket and prefix of the reports: as given, else as the stack says."""
    if location is None:
        try:
            outputs = stack_outputs(stack)
            return outputs["ReportsBucketName"], outputs.get("ReportsPrefix", "")
        except KeyError as error:
            raise PermanentError(f"Stack {stack!r} has no output {error}. {_ELSEWHERE}") from error
        except PermanentError as error:
            raise PermanentError(f"{error} {_ELSEWHERE}") from error
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.rstrip('/')}/" if prefix else ""
