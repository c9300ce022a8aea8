"""One object, written as its bytes come: in parts, so that memory stays small however many they are."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from aws.faults import translated
from core.errors import GateError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES: Final = 8 * 1024**2
"""S3 takes parts of 5 MiB and more, 10,000 of them."""


class S3Upload:
    """Writes one object; small ones in a single request, none at all where nothing was written.

    Left by an exception, it removes what was uploaded.

    Args:
        client: A client for S3.
        bucket: Where to write.
        key: What to write.
        content_type: Its MIME type.
        owner: The account that must own the bucket, if that is known.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, content_type: str, owner: str | None = None) -> None:
        self.key = key
        self.size = 0
        self._client = client
        self._content_type = content_type
        self._target = {"Bucket": bucket, "Key": key} | ({"ExpectedBucketOwner": owner} if owner else {})
        self._digest = hashlib.sha256()
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        grant = f"s3:PutObject and s3:AbortMultipartUpload on arn:aws:s3:::{bucket}/*"
        self._faults = {"doing": f"Writing s3://{bucket}/{key}", "bucket": bucket, "grant": grant}

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
        if kind is None:
            self._finish()
        elif self._upload_id is not None:
            # If this fails too, the bucket's lifecycle rule removes the parts; the first error says more.
            with suppress(GateError), translated(**self._faults):
                self._client.abort_multipart_upload(UploadId=self._upload_id, **self._target)  # type: ignore[arg-type]

    def _finish(self) -> None:
        if self._upload_id is None:
            if self.size:
                with translated(**self._faults):
                    self._client.put_object(Body=bytes(self._buffer), ContentType=self._content_type, **self._target)  # type: ignore[arg-type]
            return
        if self._buffer:
            self._send_part(bytes(self._buffer))
        with translated(**self._faults):
            self._client.complete_multipart_upload(
                UploadId=self._upload_id,
                MultipartUpload={"Parts": self._parts},
                **self._target,  # type: ignore[arg-type]
            )

    def _send_part(self, part: bytes) -> None:
        with translated(**self._faults):
            if self._upload_id is None:
                begun = self._client.create_multipart_upload(ContentType=self._content_type, **self._target)  # type: ignore[arg-type]
                self._upload_id = begun["UploadId"]
            number = len(self._parts) + 1
            sent = self._client.upload_part(UploadId=self._upload_id, PartNumber=number, Body=part, **self._target)  # type: ignore[arg-type]
            self._parts.append({"ETag": sent["ETag"], "PartNumber": number})
