"""`manifest-gate check`: the same judgement as the function's, from a shell."""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from aws.clients import RequestCounter, s3_client
from aws.s3_images import S3Images
from aws.s3_manifests import S3Manifests
from aws.scratch import TemporaryFile
from cli.output import as_json, as_text, complain, opened, status_of
from core.consumers import CONSUMERS, Role
from core.errors import GateError, PermanentError
from core.finding import Finding, Severity, Verdict
from core.lines import split_lines
from core.manifest import ManifestObject, OpenManifest
from core.policy import Inspect, Policy
from core.ports import FindingSink, Found, NotFound, Page
from core.report import Report, build_report, list_findings
from core.rule_choices import read_rule_choices
from core.second_read import LineTexts
from core.shelf import Shelf
from core.source_ref import SourceRef, parse
from core.validate import Judgement, validate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STANDARD_INPUT: Final = "-"
_CHUNK_BYTES: Final = 256 * 1024


class _FindingLines:
    """Every finding, one a line, where a file was asked for, with the manifest's name if there are several.

    The core's `FindingSink`.
    """

    def __init__(self, file: TextIO | None, manifest: str | None) -> None:
        self._file = file
        self._named = {} if manifest is None else {"manifest": manifest}

    def write(self, findings: Sequence[Finding]) -> None:
        if self._file is not None:
            self._file.writelines(f"{json.dumps(self._named | finding.to_json())}\n" for finding in findings)


def run(options: argparse.Namespace) -> int:
    """Judges each manifest; one that cannot be judged does not hide the others.

    Raises:
        PermanentError: There is nowhere to write the reports.
    """
    wanted = _wanted(options)
    s3 = _S3(options.endpoint_url)
    verdicts: list[Verdict] = []
    for path in filter(None, (options.output, options.findings)):
        if any(_is_same_file(path, name) for name, _ in wanted):
            raise PermanentError(f"{path!r} is a manifest and would be overwritten; name another file for the output.")
    all_findings = opened(options.findings) if options.findings else nullcontext()
    train: Judgement | None = None
    with opened(options.output) as file, all_findings as findings, TemporaryFile() as scratch:
        for name, policy in wanted:
            sink = _FindingLines(findings, name if len(wanted) > 1 else None)
            try:
                judgement, report = _judge(name, policy, s3, sink, train, Shelf(scratch=scratch))
            except GateError as error:
                complain(error)
                if options.test is not None and policy.role is Role.TRAIN:
                    complain(f"{options.test!r} is therefore judged alone.")
                verdicts.append(Verdict.INCOMPLETE)
                continue
            if options.test is not None:
                train = judgement
            verdicts.append(report.verdict)
            if options.format == "json":
                file.write(as_json(report, indent=2 if len(wanted) == 1 else None))
            else:
                file.write(as_text(report))
            file.flush()
    return status_of(verdicts)


def _wanted(options: argparse.Namespace) -> list[tuple[str, Policy]]:
    """The manifests that are to be judged, and how; a train manifest before its test manifest.

    Raises:
        PermanentError: Two options contradict each other.
    """
    policy = Policy(
        consumer=CONSUMERS[options.consumer],
        role=Role(options.role) if options.role else None,
        label_attribute=options.label_attribute or None,
        images_bucket=options.images_bucket,
        check_images=not options.no_images,
        inspect=Inspect(options.inspect_images),
        severities=_severities(options),
    )
    if options.no_images and policy.inspect is not Inspect.NONE:
        raise PermanentError("--inspect-images opens images and --no-images does not look at them; leave out one.")
    names: list[str] = options.manifests
    if options.test is None:
        return [(name, policy) for name in names]
    if len(names) != 1:
        raise PermanentError(
            f"--test takes one train manifest, not {len(names)}; write: manifest-gate check TRAIN --test TEST"
        )
    if policy.role is not None:
        raise PermanentError("--test says that the manifests are train and test; leave out --role.")
    if names == [options.test] or _is_same_file(names[0], options.test):
        raise PermanentError(f"Train and test are both {options.test!r}; name two manifests.")
    return [(names[0], replace(policy, role=Role.TRAIN)), (options.test, replace(policy, role=Role.TEST))]


def _severities(options: argparse.Namespace) -> Mapping[str, Severity | None]:
    try:
        return read_rule_choices(",".join(options.ignore_rules), ",".join(options.rule_severities))
    except ValueError as fault:  # each was read before, so only together are they wrong
        raise PermanentError(f"--ignore-rules and --rule-severities: {fault}; ask for one.") from fault


def _is_same_file(path: str, other: str) -> bool:
    try:
        return Path(path).samefile(other)
    except OSError:
        return False


class _S3:
    """Manifests and images in S3; connects when it is first asked, so that local files need no account."""

    def __init__(self, endpoint_url: str | None) -> None:
        self.requests = RequestCounter()
        self._endpoint_url = endpoint_url

    @cached_property
    def _client(self) -> S3Client:
        client = s3_client(self._endpoint_url)
        self.requests.watch(client)
        return client

    @cached_property
    def _images(self) -> S3Images:
        return S3Images(self._client)

    def open(self, name: str) -> OpenManifest:
        """Opens the manifest at a location."""
        opened = S3Manifests(self._client).open(ManifestObject(*read_location(name)))
        if opened is None:
            raise PermanentError(f"There is no {name}.")
        return opened

    def region(self, bucket: str) -> str | None:
        return self._images.region(bucket)

    def list_after(self, bucket: str, after: str, out_of_time: Callable[[], bool]) -> Page:
        return self._images.list_after(bucket, after, out_of_time)

    def head(
        self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
    ) -> Iterable[tuple[str, Found | NotFound]]:
        return self._images.head(bucket, keys, out_of_time)

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterable[tuple[str, bytes | NotFound]]:
        return self._images.read_starts(bucket, keys, size)


def _judge(
    name: str, policy: Policy, s3: _S3, sink: FindingSink, train: Judgement | None, shelf: Shelf
) -> tuple[Judgement, Report]:
    """Judges the manifest of a path or location, and writes nothing to S3.

    Raises:
        GateError: It cannot be read.
    """
    looked_at, began, before = datetime.now(UTC), time.monotonic(), s3.requests.snapshot()
    opened = _opened(name, s3)
    try:
        judgement = validate(opened, policy, s3, sink, train=train, shelf=shelf)
    except PermanentError as error:
        if isinstance(error.__cause__, BotoCoreError | ClientError):
            raise PermanentError(f"{error} Or judge the lines alone, with --no-images: it needs no AWS.") from error
        raise
    listing = list_findings(judgement)
    texts = LineTexts(listing.lines)
    if listing.lines and name != STANDARD_INPUT:
        texts.read(split_lines(_opened(name, s3).chunks))
    report = build_report(
        judgement,
        listing,
        texts=texts.contents,
        run="check",
        looked_at=looked_at,
        seconds=time.monotonic() - began,
        requests=s3.requests.snapshot() - before,
        files={},
    )
    return judgement, report


def _opened(name: str, s3: _S3) -> OpenManifest:
    return s3.open(name) if name[:3].lower() == "s3:" else _open_file(name)


def read_location(name: str) -> tuple[str, str]:
    """Bucket and key of an `s3://BUCKET/KEY`.

    Raises:
        PermanentError: It is none.
    """
    if not is_unicode(name):
        raise PermanentError(f"{name!r} is not UTF-8, as all keys in S3 are.")
    ref = parse(name)
    if not isinstance(ref, SourceRef):
        raise PermanentError(f"{name!r} {ref.message}; write s3://BUCKET/KEY.")
    return ref.bucket, ref.key


def is_unicode(argument: str) -> bool:
    """Whether an argument was UTF-8; Python puts lone surrogates for bytes that are not."""
    return argument.isascii() or not any("\ud800" <= character <= "\udfff" for character in argument)


def _open_file(name: str) -> OpenManifest:
    if not name:
        raise PermanentError("One of the manifests has an empty name; is a variable not set?")
    # A path may hold bytes that are not UTF-8.
    key = os.fsencode(name).decode(errors="backslashreplace")
    return OpenManifest(ManifestObject(None, key, size=_size(name)), _chunks(name))


def _size(name: str) -> int | None:
    """Bytes of a regular file; None where only reading tells."""
    if name == STANDARD_INPUT:
        return None
    with _readable(name):
        status = Path(name).stat()
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _chunks(name: str) -> Iterator[bytes]:
    with _readable(name), _source(name) as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _source(name: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if name == STANDARD_INPUT else Path(name).open("rb")


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PermanentError(f"{name!r} cannot be read: {error.strerror}.") from error
