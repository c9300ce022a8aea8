"""Images in S3: their listing, single looks at them, and their first bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from aws.clients import CONNECTIONS
from aws.faults import code_of, status_of, translated
from aws.s3_listing import ARCHIVES, read_page
from aws.s3_wire import S3Wire
from core.errors import AccessDeniedError, NoSuchBucketError, RetryableError
from core.ports import Found, NotFound, Page

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

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
        self._wire = S3Wire(client)
        self._heads = 0
        self._counting = threading.Lock()

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
                    self.list_after(bucket, "", lambda: False)
                elif region is None and status_of(error) != HTTPStatus.FORBIDDEN:
                    raise
                return region

    def list_after(self, bucket: str, after: str, out_of_time: Callable[[], bool]) -> Page:
        """One page of the listing, after a key."""
        start = f"&start-after={quote(after, safe='')}" if after else ""
        with translated(f"Listing bucket {bucket}", bucket=bucket, grant=f"s3:ListBucket on arn:aws:s3:::{bucket}"):
            return self._wire.ask("ListObjectsV2", bucket, start, partial(_listed, after=after), out_of_time)

    def head(
        self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
    ) -> Iterator[tuple[str, Found | NotFound]]:
        """Looks at keys, several at once; where some fail, the others are answered first."""
        left, answers = iter(keys), list[tuple[str, Found | NotFound]]()
        with self._counting:
            self._heads += 1
            threads = max(min(CONNECTIONS // self._heads, len(keys)), 1)

        def look() -> None:
            for key in left:
                if out_of_time():
                    raise RetryableError(f"Looking at s3://{bucket}/{key} would take too long.")
                answers.append((key, self._look(bucket, key, out_of_time)))

        with ThreadPoolExecutor(threads) as pool:
            looks = [pool.submit(look) for _ in range(threads)]
        with self._counting:
            self._heads -= 1
        yield from answers
        for each in looks:
            each.result()

    def _look(self, bucket: str, key: str, out_of_time: Callable[[], bool]) -> Found | NotFound:
        with translated(f"Looking at s3://{bucket}/{key}", bucket=bucket):
            try:
                return self._wire.ask("HeadObject", bucket, quote(key), _looked_at, out_of_time)
            except ClientError as error:
                if (answered := _NOT_FOUND.get(status_of(error))) is not None:
                    return answered
                raise

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


def _listed(answer: AWSResponse, after: str) -> Page:
    told, body = answer.headers.get("content-length"), answer.content
    if told is not None and int(told) != len(body):
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(told))
    return read_page(body, after)


def _looked_at(answer: AWSResponse) -> Found:
    headers = answer.headers
    if "content-length" not in headers:
        raise HTTPClientError(error="the answer to a HEAD states no length")
    restored = 'ongoing-request="false"' in headers.get("x-amz-restore", "")
    return Found(int(headers["content-length"]), headers.get("x-amz-storage-class") in ARCHIVES and not restored)
