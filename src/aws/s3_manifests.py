"""Manifests in S3: exactly the bytes that an event told of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from aws.faults import code_of, translated
from core.manifest import ManifestObject, OpenManifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES: Final = 1024**2
_GONE: Final = frozenset({"404", "NoSuchKey", "NoSuchVersion", "405", "MethodNotAllowed", "412", "PreconditionFailed"})
_GRANT: Final = "s3:GetObject and s3:GetObjectVersion on {arn}/* and s3:ListBucket on {arn} (and kms:Decrypt on the bucket's own key, if it has one)"


class S3Manifests:
    """Opens manifests.

    Args:
        client: A client for S3.
        owner: The account that must own the manifests' bucket, if that is known.
    """

    def __init__(self, client: S3Client, owner: str | None = None) -> None:
        self._client = client
        self._owner = {"ExpectedBucketOwner": owner} if owner else {}

    def open(self, manifest: ManifestObject) -> OpenManifest | None:
        """Opens the version and etag that are meant.

        Returns:
            The open manifest; None where that object is not there any more, replaced or deleted.

        Raises:
            GateError: The manifest cannot be read.
        """
        bucket = str(manifest.bucket)
        which = {}
        if manifest.version not in (None, "null"):
            which["VersionId"] = str(manifest.version)
        if manifest.etag:
            which["IfMatch"] = f'"{manifest.etag}"'
        with translated(f"Reading {manifest.uri}", bucket=bucket, grant=_GRANT.format(arn=f"arn:aws:s3:::{bucket}")):
            try:
                answer = self._client.get_object(Bucket=bucket, Key=manifest.key, **which, **self._owner)  # type: ignore[arg-type]
            except ClientError as error:
                if code_of(error) in _GONE:
                    return None
                if code_of(error) == "InvalidObjectState":
                    return OpenManifest(manifest, archived=True)
                raise
        # Without an etag nothing was pinned by the caller: what answered is what is judged.
        version = manifest.version if manifest.etag else answer.get("VersionId", manifest.version)
        found = replace(manifest, version=version, etag=answer["ETag"].strip('"'), size=answer["ContentLength"])
        return OpenManifest(found, _chunks(answer["Body"], found), metadata=answer.get("Metadata", {}))

    def current(self, bucket: str, key: str) -> ManifestObject | None:
        """The identity of the object that a key holds now; None where it holds none.

        Raises:
            GateError: S3 does not say.
        """
        uri = f"s3://{bucket}/{key}"
        with translated(f"Looking at {uri}", bucket=bucket, grant=_GRANT.format(arn=f"arn:aws:s3:::{bucket}")):
            try:
                answer = self._client.head_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if code_of(error) in _GONE:
                    return None
                raise
        return ManifestObject(bucket, key, answer.get("VersionId"), answer["ETag"].strip('"'), answer["ContentLength"])


def _chunks(body: StreamingBody, manifest: ManifestObject) -> Iterator[bytes]:
    with translated(f"Reading {manifest.uri}"), closing(body):
        yield from body.iter_chunks(CHUNK_BYTES)
