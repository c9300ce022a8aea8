"""One object, written as its bytes come: in parts, so that memory stays small however many they are."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from aws.clients import Owner
from aws.faults import translated
from core.errors import GateError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES: Final = 8 * 1024**2
"""S3 takes parts of 5 MiB and more, 10,000 of them."""


class Target(Owner):
    """Where an object is written, as requests state it."""

    Bucket: str
    Key: str


class S3Upload:
    """Writes one object; small ones in a single request, none at all where nothing was written.

    Left by an exception, it removes what was uploaded.

    Args:
        client: A client for S3.
        target: What to write.
        content_type: Its MIME type.
    """

    def __init__(self, client: S3Client, target: Target, content_type: str) -> None:
        self.size = 0
        self._client = client
        self._target = target
        self._content_type = content_type
        self._digest = hashlib.sha256()
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []

    @property
    def key(self) -> str:
        """What is written."""
        return self._target["Key"]

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hexadecimal."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Adds bytes.

        Raises:
            GateError: S3 did not take them.
        """
        self.size += len(data)
        self._digest.update(data)
        self._buffer += data
        while len(self._buffer) >= PART_BYTES:
            self._send_part(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abort()
            return
        try:
            self._finish()
        except GateError:
            self._abort()
            raise

    def _finish(self) -> None:
        if self._upload_id is None:
            if self.size:
                with self._translated():
                    self._client.put_object(Body=bytes(self._buffer), ContentType=self._content_type, **self._target)
            return
        if self._buffer:
            self._send_part(bytes(self._buffer))
        with self._translated():
            self._client.complete_multipart_upload(
                UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}, **self._target
            )

    def _abort(self) -> None:
        if self._upload_id is None:
            return
        # If this fails too, the bucket's lifecycle rule removes the parts; the first error says more.
        with suppress(GateError), self._translated():
            self._client.abort_multipart_upload(UploadId=self._upload_id, **self._target)

    def _send_part(self, part: bytes) -> None:
        with self._translated():
            if self._upload_id is None:
                begun = self._client.create_multipart_upload(ContentType=self._content_type, **self._target)
                self._upload_id = begun["UploadId"]
            number = len(self._parts) + 1
            sent = self._client.upload_part(UploadId=self._upload_id, PartNumber=number, Body=part, **self._target)
            self._parts.append({"ETag": sent["ETag"], "PartNumber": number})

    def _translated(self) -> AbstractContextManager[None]:
        bucket, key = self._target["Bucket"], self._target["Key"]
        grant = f"s3:PutObject and s3:AbortMultipartUpload on arn:aws:s3:::{bucket}/*"
        return translated(f"Writing s3://{bucket}/{key}", bucket=bucket, grant=grant)
