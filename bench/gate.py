"""The gate, as the benchmark calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from core.consumers import CONSUMERS
from core.existence import ImageCheck, check_images
from core.finding import Finding
from core.manifest import ManifestObject, OpenManifest
from core.policy import Policy
from core.ports import Found, ImageStore, NotFound, Page
from core.validate import Judgement, validate

CHUNK_BYTES: Final = 1024**2


class Sink(list[Finding]):
    """Keeps all findings; the core's `FindingSink`."""

    def write(self, findings: Sequence[Finding]) -> None:
        """Takes findings on."""
        self.extend(findings)


class NoImages:
    """A store that is not asked; the core's `ImageStore`."""

    def region(self, bucket: str) -> str | None:
        """Tells no region."""
        raise NotImplementedError(bucket)

    def list_after(self, bucket: str, after: str, out_of_time: Callable[[], bool]) -> Page:
        """Has no pages."""
        raise NotImplementedError(bucket, after, out_of_time)

    def head(
        self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
    ) -> Iterable[tuple[str, Found | NotFound]]:
        """Has no objects."""
        raise NotImplementedError(bucket, keys, out_of_time)

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterable[tuple[str, bytes | NotFound]]:
        """Has no bytes."""
        raise NotImplementedError(bucket, keys, size)


def judge_lines(path: Path, consumer: str) -> tuple[Judgement, Sink]:
    """Judges a manifest's lines without its images, however many lines its consumer takes."""
    policy = Policy(consumer=CONSUMERS[consumer], check_images=False, severities={"manifest-too-many-lines": None})
    manifest, sink = ManifestObject(None, path.name, size=path.stat().st_size), Sink()
    return validate(OpenManifest(manifest, _chunks(path)), policy, NoImages(), sink), sink


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def look_for(bucket: str, ranges: Iterable[Sequence[str]], store: ImageStore) -> ImageCheck:
    """Finds out which keys exist, given in rising ranges of up to `RANGE_KEYS`."""
    return check_images(bucket, ranges, store, largest=None, out_of_time=lambda: False)


def look_at(bucket: str, keys: Sequence[str], store: ImageStore) -> Iterable[tuple[str, Found | NotFound]]:
    """Looks at single objects."""
    return store.head(bucket, keys, lambda: False)
