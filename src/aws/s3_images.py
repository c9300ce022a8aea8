"""Images in S3: their listing, single looks at them, and their first bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from aws.clients import CONNECTIONS
from aws.faults import code_of, status_of, translated
from core.errors import AccessDeniedError, NoSuchBucketError
from core.ports import Found, NotFound, Page

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

_ARCHIVES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes that must be restored before a read. GLACIER_IR is none of them."""
_NOT_FOUND: Final[Mapping[int, NotFound]] = {
    HTTPStatus.BAD_REQUEST: NotFound.ENCRYPTED,
    HTTPStatus.FORBIDDEN: NotFound.DENIED,
    HTTPStatus.NOT_FOUND: NotFound.MISSING,
}
"""What the status of a HEAD says; 400 is S3's answer where a customer's key is needed."""
_UNREAD: Final[Mapping[str, bytes | NotFound]] = {
    "InvalidObjectState": NotFound.ARCHIVED,
    "InvalidRange": b"",  # no range lies within an object of 0 bytes
    "InvalidRequest": NotFound.ENCRYPTED,
    "NoSuchKey": NotFound.MISSING,
}
"""What the code of a GET says; such a request is only invalid where it lacks the key that a customer provides."""


class S3Images:
    """The images of a dataset; the core's `ImageStore`.

    Args:
        client: A client for S3.
    """

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def region(self, bucket: str) -> str | None:
        """The bucket's region, which S3 tells even where it denies the rest."""
        with translated(f"Looking at bucket {bucket}", bucket=bucket):
            try:
                return self._client.head_bucket(Bucket=bucket).get("BucketRegion")
            except ClientError as error:
                if status_of(error) == HTTPStatus.NOT_FOUND:
                    raise NoSuchBucketError(f"Bucket {bucket!r} does not exist.") from error
                region = error.response["ResponseMetadata"].get("HTTPHeaders", {}).get("x-amz-bucket-region")
                if region is None and status_of(error) == HTTPStatus.BAD_REQUEST:
                    # A HEAD has no body: a listing tells whether the name is at fault, or the credentials.
                    self.list_after(bucket, "")
                elif region is None and status_of(error) != HTTPStatus.FORBIDDEN:
                    raise
                return region

    def list_after(self, bucket: str, after: str) -> Page:
        """One page of the listing, after a key."""
        with translated(f"Listing bucket {bucket}", bucket=bucket, grant=f"s3:ListBucket on arn:aws:s3:::{bucket}"):
            answer = self._client.list_objects_v2(
                Bucket=bucket, StartAfter=after, OptionalObjectAttributes=["RestoreStatus"]
            )
        objects = [(listed["Key"], _listed(listed)) for listed in answer.get("Contents", [])]
        return Page(objects, last=not answer["IsTruncated"])

    def head(self, bucket: str, keys: Sequence[str]) -> Iterator[tuple[str, Found | NotFound]]:
        """Looks at keys, several at once."""

        def look(key: str) -> tuple[str, Found | NotFound]:
            return key, self._look(bucket, key)

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            yield from pool.map(look, keys)

    def _look(self, bucket: str, key: str) -> Found | NotFound:
        with translated(f"Looking at s3://{bucket}/{key}", bucket=bucket):
            try:
                answer = self._client.head_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if (answered := _NOT_FOUND.get(status_of(error))) is not None:
                    return answered
                raise
        restored = 'ongoing-request="false"' in answer.get("Restore", "")
        return Found(answer["ContentLength"], _archived(answer.get("StorageClass"), restored=restored))

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterator[tuple[str, bytes | NotFound]]:
        """Reads the first bytes of keys, several at once."""

        def read(key: str) -> tuple[str, bytes | NotFound]:
            return key, self._start(bucket, key, size)

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            yield from pool.map(read, keys)

    def _start(self, bucket: str, key: str, size: int) -> bytes | NotFound:
        try:
            with translated(f"Reading s3://{bucket}/{key}", bucket=bucket):
                try:
                    answer = self._client.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{size - 1}")
                except ClientError as error:
                    if (answered := _UNREAD.get(code_of(error))) is not None:
                        return answered
                    raise
                with closing(answer["Body"]) as body:
                    return body.read(size)  # no more, even where a server knows no ranges
        except AccessDeniedError:
            return NotFound.DENIED


def _listed(listed: ObjectTypeDef) -> Found:
    restored = "RestoreExpiryDate" in listed.get("RestoreStatus", {})
    return Found(listed["Size"], _archived(listed.get("StorageClass"), restored=restored))


def _archived(storage_class: str | None, *, restored: bool) -> bool:
    return storage_class in _ARCHIVES and not restored
