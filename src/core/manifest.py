"""The manifest as an object: what it is called, and which bytes are meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ManifestObject:
    """One manifest. A local file has a path for a key, and no bucket.

    Attributes:
        bucket: Its bucket.
        key: Its key, decoded.
        version: Its version, in versioned buckets.
        etag: Without quotes.
        size: In bytes.
        sequencer: Orders the events of one key.
    """

    bucket: str | None
    key: str
    version: str | None = None
    etag: str | None = None
    size: int | None = None
    sequencer: str | None = None

    @property
    def uri(self) -> str:
        """`s3://BUCKET/KEY`, or the local path."""
        return self.key if self.bucket is None else f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class OpenManifest:
    """A manifest that is being read.

    Attributes:
        manifest: Its identity, completed by what the store answered.
        chunks: Its bytes, read once.
        archived: It lies in an archive storage class: there are no bytes to read.
        metadata: The object's own metadata, without `x-amz-meta-`.
    """

    manifest: ManifestObject
    chunks: Iterable[bytes] = ()
    archived: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
