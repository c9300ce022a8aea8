"""Manifests in S3: exactly the bytes that an event told of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from aws.clients import owned_by
from aws.faults import code_of, translated
from aws.read_ahead import read_ahead
from core.manifest import ManifestObject, OpenManifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef

CHUNK_BYTES: Final = 1024**2
_GONE: Final = frozenset({"404", "NoSuchKey", "NoSuchVersion", "405", "MethodNotAllowed", "412", "PreconditionFailed"})
_ARCHIVED: Final = "InvalidObjectState"


class _Pinned(TypedDict, total=False):
    """Which bytes of a key are meant, as requests state it."""

    VersionId: str
    IfMatch: str


class S3Manifests:
    """Opens manifests.

    Args:
        client: A client for S3.
        owner: The account that must own the manifests' bucket, if that is known.
    """

    def __init__(self, client: S3Client, owner: str | None = None) -> None:
        self._client = client
        self._owner = owned_by(owner)

    def open(self, manifest: ManifestObject) -> OpenManifest | None:
        """Opens the version and etag that are meant.

        Returns:
            The open manifest; None where that object is not there any more, replaced or deleted.

        Raises:
            GateError: The manifest cannot be read.
        """
        with _translated("Reading", manifest):
            try:
                answer = self._client.get_object(
                    Bucket=str(manifest.bucket), Key=manifest.key, **_pinned(manifest), **self._owner
                )
            except ClientError as error:
                if code_of(error) in _GONE:
                    return None
                if code_of(error) == _ARCHIVED:
                    found = self._look(manifest)
                    return OpenManifest(found, archived=True) if found else None
                raise
        found = _identified(manifest, answer)
        return OpenManifest(found, _chunks(answer["Body"], found), metadata=answer.get("Metadata", {}))

    def current(self, bucket: str, key: str) -> ManifestObject | None:
        """The identity of the object that a key holds now; None where it holds none.

        Raises:
            GateError: S3 does not say.
        """
        return self._look(ManifestObject(bucket, key))

    def _look(self, manifest: ManifestObject) -> ManifestObject | None:
        with _translated("Looking at", manifest):
            try:
                answer = self._client.head_object(
                    Bucket=str(manifest.bucket), Key=manifest.key, **_pinned(manifest), **self._owner
                )
            except ClientError as error:
                if code_of(error) in _GONE:
                    return None
                raise
        return _identified(manifest, answer)


def _pinned(manifest: ManifestObject) -> _Pinned:
    pinned: _Pinned = {}
    # Where versioning is suspended, version "null" is overwritten in place: only the etag tells the bytes.
    if manifest.version not in (None, "null"):
        pinned["VersionId"] = str(manifest.version)
    if manifest.etag:
        pinned["IfMatch"] = f'"{manifest.etag}"'
    return pinned


def _identified(manifest: ManifestObject, answer: GetObjectOutputTypeDef | HeadObjectOutputTypeDef) -> ManifestObject:
    # With an etag the caller has pinned the bytes. Without, what answered is what is judged.
    version = manifest.version if manifest.etag else answer.get("VersionId", manifest.version)
    return replace(manifest, version=version, etag=answer["ETag"].strip('"'), size=answer["ContentLength"])


def _chunks(body: StreamingBody, manifest: ManifestObject) -> Iterator[bytes]:
    with _translated("Reading", manifest), closing(body), closing(read_ahead(body.iter_chunks(CHUNK_BYTES))) as chunks:
        yield from chunks


def _translated(doing: str, manifest: ManifestObject) -> AbstractContextManager[None]:
    arn = f"arn:aws:s3:::{manifest.bucket}"
    grant = (
        f"s3:GetObject and s3:GetObjectVersion on {arn}/* and s3:ListBucket on {arn} "
        "(and kms:Decrypt on the bucket's own key, if it has one)"
    )
    return translated(f"{doing} {manifest.uri}", bucket=str(manifest.bucket), grant=grant)
