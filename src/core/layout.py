"""Where outputs lie in the reports bucket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from core.manifest import ManifestObject

MAX_KEY_BYTES = 1_024
_KEPT_BYTES = 200
_LONGEST_RUN = 100
"""Bytes that a run and its longest file name need, with room to spare."""


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """The folder of one manifest's report, by bucket and key prefix (which ends in a slash)."""

    bucket: str
    folder: str

    @property
    def report(self) -> str:
        """Key of the report."""
        return f"{self.folder}report.json"

    @property
    def uri(self) -> str:
        """Location of the report."""
        return f"s3://{self.bucket}/{self.report}"

    def file(self, run: str, name: str) -> str:
        """Key of a file of one run."""
        return f"{self.folder}{run}/{name}"


def report_place(reports_bucket: str, prefix: str, manifest: ManifestObject) -> ReportPlace:
    """`<prefix><manifest bucket>/<manifest key>/<version id, or etag>/`.

    If a key within would pass S3's limit, the manifest's key is cut at a character to 200 bytes, and its hash added.
    """
    version = manifest.version if manifest.version not in (None, "null") else manifest.etag

    def folder(key: str) -> str:
        return f"{prefix}{manifest.bucket}/{key}/{version}/"

    place = folder(manifest.key)
    if len(place.encode()) + _LONGEST_RUN > MAX_KEY_BYTES:
        name = manifest.key.encode()
        place = folder(f"{name[:_KEPT_BYTES].decode(errors='ignore')}~{hashlib.sha256(name).hexdigest()}")
    return ReportPlace(reports_bucket, place)
