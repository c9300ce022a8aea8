"""Reports in S3: the report object, always replaced conditionally, and the files of each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError
from pydantic import ValidationError

from aws.faults import code_of, translated
from aws.s3_upload import S3Upload
from core.errors import PermanentError
from core.layout import ReportPlace
from core.outcome import Standing
from core.report import Report

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING: Final = frozenset({"404", "NoSuchKey"})
_CONFLICTS: Final = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict", "404", "NoSuchKey"})
"""Answers to a conditional write: there is another report, one is being written, or the one that was seen is gone."""


class S3Reports:
    """Reads and writes reports.

    Args:
        client: A client for S3.
        owner: The account that must own the reports bucket, if that is known.
    """

    def __init__(self, client: S3Client, owner: str | None = None) -> None:
        self._client = client
        self._expected = owner
        self._owner = {"ExpectedBucketOwner": owner} if owner else {}

    def standing(self, place: ReportPlace) -> Standing | None:
        """The report that is there, as its metadata tells; None where there is none.

        Raises:
            PermanentError: Something else lies there.
            GateError: S3 does not say.
        """
        with translated(f"Looking at {place.uri}", bucket=place.bucket, grant=_grant("s3:GetObject", place.bucket)):
            try:
                answer = self._client.head_object(Bucket=place.bucket, Key=place.report, **self._owner)  # type: ignore[arg-type]
            except ClientError as error:
                if code_of(error) in _MISSING:
                    return None
                raise
        try:
            return Standing.from_metadata(answer["ETag"].strip('"'), answer["Metadata"])
        except (KeyError, ValueError) as error:
            raise PermanentError(f"{place.uri} was not written by the gate ({error}). Move it away.") from error

    def read(self, place: ReportPlace) -> Report:
        """The whole report.

        Raises:
            PermanentError: What lies there is no report of this version.
            GateError: It cannot be read.
        """
        with translated(f"Reading {place.uri}", bucket=place.bucket, grant=_grant("s3:GetObject", place.bucket)):
            answer = self._client.get_object(Bucket=place.bucket, Key=place.report, **self._owner)  # type: ignore[arg-type]
            content = answer["Body"].read()
        try:
            return Report.model_validate_json(content)
        except ValidationError as error:
            raise PermanentError(f"{place.uri} is no report that this version reads ({error.error_count()} faults).") from error

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
        unless = {"IfMatch": f'"{seen.etag}"'} if seen else {"IfNoneMatch": "*"}
        with translated(f"Writing {place.uri}", bucket=place.bucket, grant=_grant("s3:PutObject", place.bucket)):
            try:
                self._client.put_object(
                    Bucket=place.bucket,
                    Key=place.report,
                    Body=report.to_json().encode(),
                    ContentType="application/json",
                    Metadata=standing.to_metadata(),
                    **unless,  # type: ignore[arg-type]
                    **self._owner,  # type: ignore[arg-type]
                )
            except ClientError as error:
                if code_of(error) in _CONFLICTS:
                    return False
                raise
        return True

    def exists(self, place: ReportPlace, run: str, name: str) -> bool:
        """Whether a run has a file.

        Raises:
            GateError: S3 does not say.
        """
        key = place.file(run, name)
        with translated(f"Looking at s3://{place.bucket}/{key}", bucket=place.bucket, grant=_grant("s3:GetObject", place.bucket)):
            try:
                self._client.head_object(Bucket=place.bucket, Key=key, **self._owner)  # type: ignore[arg-type]
            except ClientError as error:
                if code_of(error) in _MISSING:
                    return False
                raise
        return True

    def upload(self, place: ReportPlace, run: str, name: str, content_type: str) -> S3Upload:
        """Begins a file of a run."""
        return S3Upload(self._client, place.bucket, place.file(run, name), content_type, self._expected)


def _grant(action: str, bucket: str) -> str:
    return f"{action} on arn:aws:s3:::{bucket}/* and s3:ListBucket on arn:aws:s3:::{bucket}"
