"""`manifest-gate backfill`: manifests that were there before the gate, judged by the deployed function."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from aws.clients import lambda_client, s3_client
from aws.function import DeployedFunction
from aws.s3_keys import keys_under
from aws.s3_manifests import S3Manifests
from aws.s3_reports import S3Reports
from cli.answers import answer_line
from cli.in_parallel import in_parallel
from cli.output import complain, status_of
from cli.stack import DeployedGate
from core.errors import GateError, PermanentError
from core.finding import Verdict
from core.layout import report_place

_SCHEME: Final = "s3://"


@dataclass(frozen=True, slots=True)
class _Backfill:
    """What is needed to judge one manifest.

    Attributes:
        gate: The deployed gate.
        manifests: Where manifests lie.
        reports: Where reports lie.
        function: What judges.
        again: Whether manifests that have a report are judged anew.
    """

    gate: DeployedGate
    manifests: S3Manifests
    reports: S3Reports
    function: DeployedFunction
    again: bool

    def judge(self, key: str) -> list[dict[str, Any]] | GateError:
        """Judges the current version of a manifest, unless that has a report.

        Returns:
            What became of it, or why it could not be judged.
        """
        try:
            manifest = self.manifests.current(self.gate.manifests_bucket, key)
            call = {"bucket": self.gate.manifests_bucket, "key": key}
            if manifest is None:
                return [call | {"verdict": None, "findings": None, "outcome": "gone"}]
            if not self.again:
                place = report_place(self.gate.reports_bucket, self.gate.reports_prefix, manifest)
                standing = self.reports.standing(place)
                if standing is not None and standing.verdict is not Verdict.INCOMPLETE:
                    return [
                        call | {"verdict": standing.verdict.value, "findings": standing.findings, "outcome": "kept"}
                    ]
            # The very version whose report was looked for.
            if manifest.version not in (None, "null"):
                call["version_id"] = str(manifest.version)
            return self.function.call(call)
        except GateError as error:
            return type(error)(f"s3://{self.gate.manifests_bucket}/{key}: {error}")


def run(options: argparse.Namespace) -> int:
    """Judges every manifest under a prefix; one that fails does not hide the others.

    Returns:
        0 if all are VALID, 1 if one is INVALID, 2 if one could not be judged.

    Raises:
        GateError: The stack or the bucket cannot be asked, or no manifest lies there.
    """
    gate = DeployedGate.of(options.stack)
    client = s3_client()
    backfill = _Backfill(
        gate,
        S3Manifests(client),
        S3Reports(client),
        DeployedFunction(lambda_client(), gate.function),
        options.again,
    )
    outcomes: Counter[str] = Counter()
    verdicts: list[Verdict] = []
    prefix = _prefix(options.location, gate)
    keys = (key for key in keys_under(client, gate.manifests_bucket, prefix) if key.endswith(gate.manifests_suffix))
    for answer in in_parallel(backfill.judge, keys, options.concurrency):
        if isinstance(answer, GateError):
            complain(answer)
            outcomes["failed"] += 1
            verdicts.append(Verdict.INCOMPLETE)
            continue
        for manifest in answer:
            outcomes[manifest["outcome"]] += 1
            if manifest["verdict"] is not None:
                verdicts.append(Verdict(manifest["verdict"]))
            print(answer_line(manifest), flush=True)
    if not outcomes:
        raise PermanentError(
            f"There is no manifest: no key is s3://{gate.manifests_bucket}/{prefix}*{gate.manifests_suffix}."
        )
    print(", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items()), file=sys.stderr)
    return status_of(verdicts)


def _prefix(location: str, gate: DeployedGate) -> str:
    """What the keys of manifests under a location begin with.

    Raises:
        PermanentError: None of them would be one that the function may read.
    """
    bucket, _, prefix = location.removeprefix(_SCHEME).partition("/")
    if not location.startswith(_SCHEME) or not bucket:
        raise PermanentError(f"{location!r} is no place in S3; write s3://BUCKET/PREFIX.")
    if bucket != gate.manifests_bucket:
        raise PermanentError(f"The gate reads manifests of bucket {gate.manifests_bucket!r} only, not of {bucket!r}.")
    longer = max(prefix, gate.manifests_prefix, key=len)
    if not longer.startswith(prefix) or not longer.startswith(gate.manifests_prefix):
        raise PermanentError(f"The gate reads manifests under {gate.manifests_prefix!r} only, not under {prefix!r}.")
    return longer
