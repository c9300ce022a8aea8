"""Judges a manifest in a process of its own: `python -m tests.e2e.judge_million MANIFEST BUCKET [ENDPOINT]`.

Without an endpoint its lines are judged alone. Prints, as JSON, the report and the most memory that the process ever
had, in bytes.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aws.clients import RequestCounter, s3_client
from aws.s3_images import S3Images
from core.consumers import CONSUMERS
from core.finding import Finding
from core.manifest import ManifestObject, OpenManifest
from core.policy import Policy
from core.report import build_report, list_findings
from core.validate import validate

CHUNK_BYTES = 1024**2


class Unkept:
    """Takes findings and keeps none: the report has those that count."""

    def write(self, findings: Sequence[Finding]) -> None:
        pass


def chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def main() -> None:
    path, bucket, *endpoint = sys.argv[1:]
    client = s3_client(*endpoint)
    requests = RequestCounter()
    requests.watch(client)
    policy = Policy(consumer=CONSUMERS["sagemaker-training"], check_images=bool(endpoint))  # it states no limits
    manifest = ManifestObject(bucket, "million.manifest", size=Path(path).stat().st_size)
    judgement = validate(OpenManifest(manifest, chunks(Path(path))), policy, S3Images(client), Unkept())
    report = build_report(
        judgement,
        list_findings(judgement),
        run="run",
        looked_at=datetime.now(UTC),
        seconds=0,
        requests=requests.snapshot(),
        files={},
    )
    peak = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    json.dump({"report": report.model_dump(mode="json"), "peak": int(peak[1]) * 1024 if peak else None}, sys.stdout)


if __name__ == "__main__":
    main()
