"""Reports in S3: the report object, always replaced conditionally, and the files of each run."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, TypedDict

from botocore.exceptions import ClientError
from pydantic import ValidationError

from aws.clients import owned_by
from aws.faults import code_of, translated
from aws.s3_upload import S3Upload
from core.errors import PermanentError
from core.layout import ReportPlace
from core.outcome import Standing
from core.report import Report

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING: Final = frozenset({"404", "NoSuchKey"})
_CONFLICTS: Final = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict", *_MISSING})
"""Answers to a condition: there is another report, one is being written, or the one that was seen is gone."""


class _Unless(TypedDict, total=False):
    """What must hold for a write, as requests state it."""

    IfMatch: str
    IfNoneMatch: str


class S3Reports:
    """Reads and writes reports.

    Args:
        client: A client for S3.
        owner: The account that must own the reports bucket, if that is known.
    """

    def __init__(self, client: S3Client, owner: str | None = None) -> None:
        self._client = client
        self._owner = owned_by(owner)

    def standing(self, place: ReportPlace) -> Standing | None:
        """The report that is there, as its metadata tells; None where there is none.

        Raises:
            PermanentError: Something else lies there.
            GateError: S3 does not say.
        """
        with _translated("Looking at", place, place.report):
            try:
                answer = self._client.head_object(Bucket=place.bucket, Key=place.report, **self._owner)
            except ClientError as error:
                if code_of(error) in _MISSING:
                    return None
                raise
        try:
            return Standing.from_metadata(answer["ETag"].strip('"'), answer["Metadata"])
        except (KeyError, ValueError) as error:
            raise PermanentError(f"{place.uri} was not written by the gate ({error}). Move it away.") from error

    def read(self, place: ReportPlace, standing: Standing) -> Report | None:
        """The whole report that is standing there; None where it was replaced or deleted meanwhile.

        Raises:
            PermanentError: What lies there is no report of this version.
            GateError: It cannot be read.
        """
        content = self._read(place, place.report, {"IfMatch": f'"{standing.etag}"'})
        if content is None:
            return None
        try:
            return Report.model_validate_json(content)
        except ValidationError as error:
            faults = f"{error.error_count()} faults"
            raise PermanentError(f"{place.uri} is no report that this version reads ({faults}).") from error

    def read_file(self, place: ReportPlace, run: str, name: str) -> bytes | None:
        """A file of a run; None where the run has none of that name.

        Raises:
            GateError: It cannot be read.
        """
        return self._read(place, place.file(run, name), {})

    def commit(self, place: ReportPlace, report: Report, standing: Standing, seen: Standing | None) -> bool:
        """Writes the report, if nobody else did since.

        Args:
            place: Where.
            report: The report.
            standing: Its metadata.
            seen: The report that it replaces; None where there was none.

        Returns:
            Whether it was written.

        Raises:
            GateError: It cannot be written.
        """
        unless: _Unless = {"IfMatch": f'"{seen.etag}"'} if seen else {"IfNoneMatch": "*"}
        with _translated("Writing", place, place.report, "s3:PutObject"):
            try:
                self._client.put_object(
                    Bucket=place.bucket,
                    Key=place.report,
                    Body=report.to_json().encode(),
                    ContentType="application/json",
                    Metadata=standing.to_metadata(),
                    **unless,
                    **self._owner,
                )
            except ClientError as error:
                if code_of(error) in _CONFLICTS:
                    return False
                raise
        return True

    def upload(self, place: ReportPlace, run: str, name: str, content_type: str) -> S3Upload:
        """Begins a file of a run."""
        return S3Upload(
            self._client, {"Bucket": place.bucket, "Key": place.file(run, name), **self._owner}, content_type
        )

    def _read(self, place: ReportPlace, key: str, unless: _Unless) -> bytes | None:
        with _translated("Reading", place, key):
            try:
                answer = self._client.get_object(Bucket=place.bucket, Key=key, **unless, **self._owner)
            except ClientError as error:
                if code_of(error) in _CONFLICTS:
                    return None
                raise
            return answer["Body"].read()


def _translated(doing: str, place: ReportPlace, key: str, action: str = "s3:GetObject") -> AbstractContextManager[None]:
    arn = f"arn:aws:s3:::{place.bucket}"
    grant = f"{action} on {arn}/* and s3:ListBucket on {arn}"
    return translated(f"{doing} s3://{place.bucket}/{key}", bucket=place.bucket, grant=grant)
