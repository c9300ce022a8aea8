"""The core's ports, in memory."""

import struct
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from core.errors import AccessDeniedError, GateError, NoRoomError, NoSuchBucketError
from core.finding import Finding, Verdict
from core.manifest import ManifestObject, OpenManifest
from core.policy import Policy
from core.ports import Found, ImageStore, NotFound, Page
from core.shelf import Shelf
from core.validate import Judgement, validate
from tests.builders import BUCKET, refs_of

SOUND_IMAGE: Final = Found(size=1_000)
_EMPTY: Final[dict[str, dict[str, Found]]] = {"manifests": {}, BUCKET: {}}
SOUND_START: Final = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\x02\0\0\0"
MANIFEST: Final = ManifestObject("manifests", "my.manifest", version="1", etag="e", sequencer="01")


class Sink(list[Finding]):
    """Keeps all findings."""

    def write(self, findings: Sequence[Finding]) -> None:
        self.extend(findings)


class MemoryImages:
    """Buckets of images, counting the requests made.

    Args:
        buckets: For each bucket the images by key.
        page_size: Objects on a page of a listing.
        regions: Where that is not told, no region is.
        listing_denied: Listing is not allowed.
        answers: Keys at which a single look or a read does not find what is there.
        contents: What is in the images; all others are PNGs of 640 by 480.
        faults: What to raise at which request, counted from 1.
        arrange: What is done to each page before it is given out.
    """

    def __init__(
        self,
        buckets: Mapping[str, Mapping[str, Found]],
        *,
        page_size: int = 1_000,
        regions: Mapping[str, str] | None = None,
        listing_denied: bool = False,
        answers: Mapping[str, NotFound] | None = None,
        contents: Mapping[str, bytes] | None = None,
        faults: Mapping[int, GateError] | None = None,
        arrange: Callable[[Page], Page] = lambda page: page,
    ) -> None:
        self.buckets = {name: dict(images) for name, images in buckets.items()}
        self.requests: Counter[str] = Counter()
        self.heads: list[str] = []
        self.reads: list[tuple[str, int]] = []
        self.starts: list[str] = []
        self._counting = Lock()
        self._sorted = {name: sorted(images, key=str.encode) for name, images in buckets.items()}
        self._page_size = page_size
        self._regions = regions or {}
        self._listing_denied = listing_denied
        self._answers = answers or {}
        self._contents = contents or {}
        self._faults = faults or {}
        self._arrange = arrange

    def region(self, bucket: str) -> str | None:
        self._count("region")
        self._open(bucket)
        return self._regions.get(bucket)

    def list_after(self, bucket: str, after: str, _out_of_time: Callable[[], bool]) -> Page:
        self._count("list")
        self.starts.append(after)
        images = self._open(bucket)
        if self._listing_denied:
            raise AccessDeniedError("no s3:ListBucket")
        keys = self._sorted[bucket]
        start = bisect_right(keys, after.encode(), key=str.encode)
        listed = keys[start : start + self._page_size]
        return self._arrange(Page([(key, images[key]) for key in listed], last=start + len(listed) == len(keys)))

    def head(
        self, bucket: str, keys: Sequence[str], _out_of_time: Callable[[], bool]
    ) -> Iterator[tuple[str, Found | NotFound]]:
        for key in keys:
            self._count("head")
            self.heads.append(key)
            there: Found | NotFound = self.buckets.get(bucket, {}).get(key, NotFound.MISSING)
            yield key, self._answers.get(key, there)

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterator[tuple[str, bytes | NotFound]]:
        for key in keys:
            self._count("read")
            self.reads.append((key, size))
            there = key in self._open(bucket)
            content = self._contents.get(key, SOUND_START) if there else NotFound.MISSING
            content = self._answers.get(key, content)
            yield key, content if isinstance(content, NotFound) else content[:size]

    def _open(self, bucket: str) -> Mapping[str, Found]:
        if bucket not in self.buckets:
            raise NoSuchBucketError(bucket)
        return self.buckets[bucket]

    def _count(self, operation: str) -> None:
        with self._counting:
            self.requests[operation] += 1
            fault = self._faults.get(self.requests.total())
        if fault:
            raise fault


def images_at(refs: Iterable[str], image: Found = SOUND_IMAGE) -> dict[str, dict[str, Found]]:
    """Buckets that hold an image at each of some references."""
    buckets: dict[str, dict[str, Found]] = {}
    for ref in refs:
        bucket, _, key = ref.removeprefix("s3://").partition("/")
        buckets.setdefault(bucket, {})[key] = image
    return buckets


def images_of(body: bytes) -> dict[str, dict[str, Found]]:
    """Buckets that hold all images that a manifest names."""
    return images_at(refs_of(body))


@dataclass(frozen=True)
class Judged:
    """What came of a manifest: the judgement, and what went to the ports."""

    judgement: Judgement
    findings: Sink

    @property
    def rules(self) -> list[str]:
        return [finding.rule for finding in self.findings]

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict


def judge(  # noqa: PLR0913 - each test names the few that it is about
    body: bytes | Iterable[bytes],
    policy: Policy | None = None,
    images: ImageStore | None = None,
    *,
    manifest: ManifestObject = MANIFEST,
    metadata: Mapping[str, str] | None = None,
    archived: bool = False,
    choices_allowed: bool = False,
    out_of_time: Callable[[], bool] = lambda: False,
    keep: int = 100,
    train: Judgement | None = None,
    shelf: Shelf | None = None,
) -> Judged:
    """Validates a manifest, given as bytes or in chunks. Unless told otherwise, its images exist."""
    chunks = [body] if isinstance(body, bytes) else list(body)
    sink = Sink()
    judgement = validate(
        OpenManifest(manifest, iter(chunks), archived=archived, metadata=metadata or {}),
        policy or Policy(),
        images or MemoryImages(_EMPTY | images_of(b"".join(chunks))),
        sink,
        out_of_time=out_of_time,
        choices_allowed=choices_allowed,
        keep=keep,
        train=train,
        shelf=shelf,
    )
    return Judged(judgement, sink)


def times(count: int) -> Callable[[], bool]:
    """A clock that says in time so many times, and then out of time for ever."""
    answers = iter([False] * count)
    return lambda: next(answers, True)


class MemoryScratch:
    """Scratch space in memory.

    Attributes:
        pieces: What was written.

    Args:
        room: How many pieces fit.
    """

    def __init__(self, room: int = sys.maxsize) -> None:
        self.pieces: list[bytes] = []
        self._room = room

    def write(self, data: bytes) -> int:
        if len(self.pieces) >= self._room:
            raise NoRoomError("The scratch space is full.")
        self.pieces.append(data)
        return len(self.pieces) - 1

    def read(self, number: int) -> bytes:
        return self.pieces[number]
