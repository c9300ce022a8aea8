"""What the core asks of the outside. The adapters are in `aws`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from core.finding import Finding


@dataclass(frozen=True, slots=True)
class Found:
    """An object that exists.

    Attributes:
        size: In bytes.
        archived: In an archive storage class, and not restored.
    """

    size: int
    archived: bool = False


class NotFound(Enum):
    """Why an object is not known to exist, or cannot be read."""

    MISSING = auto()
    DENIED = auto()
    ENCRYPTED = auto()
    ARCHIVED = auto()
    """Exists, but must be restored first: only reading tells that of every archive."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing.

    Attributes:
        objects: Keys and what is known of them, in rising order.
        last: No further page follows.
        strayed: It says of itself that it follows another key than was asked for.
    """

    objects: Sequence[tuple[str, Found]]
    last: bool
    strayed: bool = False


class ImageStore(Protocol):
    """Where the images lie. Several threads may ask at once."""

    def region(self, bucket: str) -> str | None:
        """The bucket's region; None where that cannot be told.

        Raises:
            NoSuchBucketError: The bucket does not exist.
            RefusedError: The store takes no such call.
            RetryableError: The store was throttled past every retry, or out of reach.
        """

    def list_after(self, bucket: str, after: str, out_of_time: Callable[[], bool]) -> Page:
        """The objects whose keys follow `after` in the order of UTF-8 bytes, up to a thousand.

        Args:
            bucket: Their bucket.
            after: Where the page begins.
            out_of_time: Tells that no further attempt may begin.

        Raises:
            AccessDeniedError: Listing is not allowed.
            NoSuchBucketError: The bucket does not exist.
            RefusedError: The store takes no such call.
            RetryableError: The store was throttled past every retry, or out of reach.
        """

    def head(
        self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
    ) -> Iterable[tuple[str, Found | NotFound]]:
        """Looks at single objects and answers for each of them, in any order; what is known comes before an error.

        Args:
            bucket: Their bucket.
            keys: Which.
            out_of_time: Tells that no further attempt may begin.

        Raises:
            RefusedError: The store takes no such call.
            RetryableError: The store was throttled past every retry, or out of reach.
        """

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterable[tuple[str, bytes | NotFound]]:
        """Reads the first bytes of objects and answers for each of them, in any order.

        Args:
            bucket: Their bucket.
            keys: Which.
            size: How many bytes; fewer where the object has no more.

        Raises:
            NoSuchBucketError: The bucket does not exist.
            RefusedError: The store takes no such call.
            RetryableError: The store was throttled past every retry, or out of reach.
        """


class Scratch(Protocol):
    """Space outside of the memory, for as long as one judgement takes."""

    def write(self, data: bytes) -> int:
        """Keeps bytes and tells under which number.

        Raises:
            NoRoomError: They do not fit any more.
        """

    def read(self, number: int) -> bytes:
        """Gives bytes back; they can be asked for again.

        Raises:
            PermanentError: They cannot be read.
        """


class FindingSink(Protocol):
    """Where every finding goes, as soon as it is known."""

    def write(self, findings: Sequence[Finding]) -> None:
        """Takes findings on.

        Raises:
            GateError: They could not be stored.
        """


class Watcher(Protocol):
    """Who wants to see how far the images are. Several threads may tell at once."""

    def begin(self, doing: str, wanted: int) -> None:
        """Hears that something begins, and of how many images: at most, as some may be named twice."""

    def done(self, count: int) -> None:
        """Hears that it is done for so many more of them."""


class _Unwatched:
    """Nobody wants to see it."""

    def begin(self, doing: str, wanted: int) -> None:
        """Does nothing."""

    def done(self, count: int) -> None:
        """Does nothing."""


UNWATCHED: Final[Watcher] = _Unwatched()
