"""`manifest-gate check`: the same judgement as the function's, from a shell."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from aws.clients import RequestCounter, s3_client
from aws.s3_images import S3Images
from aws.s3_manifests import S3Manifests
from cli.output import as_text, opened, status_of
from core.consumers import CONSUMERS, Role
from core.errors import GateError, PermanentError
from core.finding import Finding, Verdict
from core.manifest import ManifestObject, OpenManifest
from core.policy import Policy
from core.report import Report, build_report
from core.source_ref import SourceRef, parse
from core.validate import validate

_CHUNK_BYTES: Final = 1024**2


class _Unwritten:
    """Findings are in the report; a shell has no file of all."""

    def write(self, findings: Sequence[Finding]) -> None:
        pass


def run(options: argparse.Namespace) -> int:
    """Judges each manifest; one that cannot be judged does not hide the others."""
    policy = Policy(
        consumer=CONSUMERS[options.consumer],
        role=Role(options.role) if options.role else None,
        label_attribute=options.label_attribute,
        check_images=not options.no_images,
    )
    shell = _Shell(policy, options.endpoint_url)
    verdicts: list[Verdict] = []
    with opened(options.output) as file:
        for name in options.manifests:
            try:
                report = shell.judge(name)
            except GateError as error:
                print(f"manifest-gate: {error}", file=sys.stderr)
                verdicts.append(Verdict.INCOMPLETE)
                continue
            verdicts.append(report.verdict)
            if options.format == "json":
                file.write(report.to_json(indent=2 if len(options.manifests) == 1 else None))
            else:
                file.write(as_text(report))
            file.flush()
    return status_of(verdicts)


class _Shell:
    """The gate without effects: judges, and writes nothing to S3."""

    def __init__(self, policy: Policy, endpoint_url: str | None) -> None:
        client = s3_client(endpoint_url)
        self._policy = policy
        self._manifests = S3Manifests(client)
        self._images = S3Images(client)
        self._requests = RequestCounter(client).snapshot

    def judge(self, name: str) -> Report:
        """Judges the manifest of a path or location.

        Raises:
            GateError: It cannot be read.
        """
        looked_at, began, before = datetime.now(UTC), time.monotonic(), self._requests()
        opened = self._open_object(name) if name.startswith("s3:") else _open_file(name)
        judgement = validate(opened, self._policy, self._images, _Unwritten())
        return build_report(
            judgement,
            run="check",
            looked_at=looked_at,
            seconds=time.monotonic() - began,
            requests=self._requests() - before,
            files={},
        )

    def _open_object(self, name: str) -> OpenManifest:
        bucket, key = read_location(name)
        opened = self._manifests.open(ManifestObject(bucket, key))
        if opened is None:
            raise PermanentError(f"There is no {name}.")
        return opened


def read_location(name: str) -> tuple[str, str]:
    """Bucket and key of an `s3://BUCKET/KEY`.

    Raises:
        PermanentError: It is none.
    """
    ref = parse(name)
    if not isinstance(ref, SourceRef):
        raise PermanentError(f"{name!r} {ref.message}; write s3://BUCKET/KEY.")
    return ref.bucket, ref.key


def _open_file(name: str) -> OpenManifest:
    path = Path(name)
    try:
        size = path.stat().st_size
        file = path.open("rb")
    except OSError as error:
        raise PermanentError(f"{name} cannot be read: {error.strerror}.") from error
    return OpenManifest(ManifestObject(None, name, size=size), _chunks(file, name))


def _chunks(file: BinaryIO, name: str) -> Iterator[bytes]:
    with file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
        except OSError as error:
            raise PermanentError(f"{name} cannot be read: {error.strerror}.") from error
