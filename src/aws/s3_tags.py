"""Tags of manifests: on exactly the object that was judged."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, TypedDict

from botocore.exceptions import ClientError

from aws.clients import Owner, owned_by
from aws.faults import code_of, translated
from core.errors import PermanentError
from core.finding import Verdict
from core.report import ReportManifest
from core.tags import MOST_TAGS, merge

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import TagTypeDef

_GONE: Final = frozenset({"404", "NoSuchKey", "NoSuchVersion", "405", "MethodNotAllowed", "412", "PreconditionFailed"})


class _Target(Owner):
    """Whose tags are meant, as requests state it."""

    Bucket: str
    Key: str


class _Pinned(TypedDict, total=False):
    """Which version of it."""

    VersionId: str


class S3Tags:
    """Tags manifests.

    Args:
        client: A client for S3.
        owner: The account that must own the manifests' bucket, if that is known.
    """

    def __init__(self, client: S3Client, owner: str | None = None) -> None:
        self._client = client
        self._owner = owned_by(owner)

    def put(self, manifest: ReportManifest, verdict: Verdict, run: str) -> bool:
        """Says of a manifest what the gate found, beside the tags that it has.

        Args:
            manifest: What was judged.
            verdict: What the report says.
            run: Whose report it is.

        Returns:
            Whether it is tagged; not where it was replaced or deleted since.

        Raises:
            PermanentError: It has no room for further tags.
            GateError: S3 does not take the tags.
        """
        with _translated(manifest):
            try:
                self._put(manifest, verdict, run)
            except ClientError as error:
                if code_of(error) in _GONE:
                    return False
                raise
        return True

    def _put(self, manifest: ReportManifest, verdict: Verdict, run: str) -> None:
        target: _Target = {"Bucket": str(manifest.bucket), "Key": manifest.key, **self._owner}
        version = self._version(manifest)
        there = {tag["Key"]: tag["Value"] for tag in self._client.get_object_tagging(**target, **version)["TagSet"]}
        merged = merge(there, verdict, run)
        if merged is None:
            raise PermanentError(
                f"{manifest.uri} has {len(there)} tags of others, and S3 takes {MOST_TAGS} in all: there is no room "
                "for the gate's two, and it drops none. Remove some, or set the parameter TagManifests to false."
            )
        if merged != there:
            tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in merged.items()]
            self._client.put_object_tagging(**target, **version, Tagging={"TagSet": tags})

    def _version(self, manifest: ReportManifest) -> _Pinned:
        """The version that was judged; without versions, the object there, if it still is the one that was judged."""
        if manifest.version not in (None, "null"):
            return {"VersionId": str(manifest.version)}
        answer = self._client.head_object(
            Bucket=str(manifest.bucket), Key=manifest.key, IfMatch=f'"{manifest.etag}"', **self._owner
        )
        version = answer.get("VersionId")
        return {"VersionId": version} if version else {}


def _translated(manifest: ReportManifest) -> AbstractContextManager[None]:
    arn = f"arn:aws:s3:::{manifest.bucket}"
    grant = (
        "s3:GetObjectTagging, s3:PutObjectTagging, s3:GetObjectVersionTagging and s3:PutObjectVersionTagging "
        f"on {arn}/* and s3:ListBucket on {arn}"
    )
    return translated(f"Tagging {manifest.uri}", bucket=str(manifest.bucket), grant=grant)
