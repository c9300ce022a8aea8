"""Whether the images exist, with as few requests as possible.

A page of a listing answers up to a thousand keys but costs as much as 12.5 single looks. So the wanted keys are sorted
and joined with the listing, which starts right before the next wanted key; where a page answers too few, the next keys
are looked at singly, in doubling batches, before a page is tried again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final

from core.errors import AccessDeniedError, NoSuchBucketError, RefusedError, RetryableError
from core.ports import Found, ImageStore, NotFound, Page
from core.source_ref import MAX_KEY_BYTES

PAGE_WORTH: Final = 12.5
"""Single looks that cost as much as one page of a listing (S3 list prices: LIST $0.005, HEAD $0.0004 per 1,000)."""
FIRST_BATCH: Final = 64
LARGEST_BATCH: Final = 4_096
"""Single looks between two pages, as long as pages are not worth it."""
_AT_ONCE: Final = 512
"""Keys that are looked at between two glances at the clock."""
_LAST_CHARACTER: Final = "\U0010ffff"
_SURROGATES: Final = range(0xD800, 0xE000)
"""Half characters: no text that is stored holds one."""


class Cause(StrEnum):
    """Why images were not checked."""

    THROTTLED = "throttled"
    OUT_OF_TIME = "out-of-time"
    ENCRYPTED = "encrypted"
    DENIED = "denied"
    REFUSED = "refused"
    NO_ROOM = "no-room"
    GONE = "gone"
    """It was there a moment before: only when it was to be opened, it was not."""


@dataclass(slots=True)
class ImageCheck:
    """What is known of the images of one bucket. Checks of different keys merge.

    Attributes:
        checked: Images of which it is known whether they exist.
        missing: Keys without object, rising.
        found: What is notable of those that exist, by key: empty, large or archived.
        unchecked: Keys whose existence is not known, by cause.
        no_bucket: The bucket does not exist; nothing else is stated then.
        untouched: Why no key was looked at, if none was; nothing else but the refusal is stated then.
        refusal: What was said where the look at keys was refused.
    """

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    found: dict[str, Found] = field(default_factory=dict)
    unchecked: dict[Cause, list[str]] = field(default_factory=dict)
    no_bucket: bool = False
    untouched: Cause | None = None
    refusal: str = ""

    def merge(self, other: ImageCheck) -> None:
        """Adds what is known of other keys of the bucket."""
        self.checked += other.checked
        self.missing = sorted(self.missing + other.missing)
        self.found |= other.found
        for cause, keys in other.unchecked.items():
            self.leave(cause, keys)
        self.no_bucket |= other.no_bucket
        self.refusal = self.refusal or other.refusal

    def leave(self, cause: Cause, keys: Sequence[str]) -> None:
        """Notes keys that stay unchecked."""
        if keys:
            self.unchecked.setdefault(cause, []).extend(keys)

    def answer(self, key: str, answer: Found | NotFound, largest: int | None) -> None:
        """Notes the answer for one key; images over `largest` bytes are notable."""
        if isinstance(answer, Found):
            self.checked += 1
            if answer.archived or answer.size == 0 or (largest is not None and answer.size > largest):
                self.found[key] = answer
        elif answer is NotFound.MISSING:
            self.checked += 1
            self.missing.append(key)
        else:
            self.leave(Cause.DENIED if answer is NotFound.DENIED else Cause.ENCRYPTED, [key])


def check_images(
    bucket: str, keys: Iterable[str], store: ImageStore, *, largest: int | None, out_of_time: Callable[[], bool]
) -> ImageCheck:
    """Finds out which keys exist.

    Args:
        bucket: The images' bucket.
        keys: Wanted keys, each once, in any order.
        store: Where they lie.
        largest: The consumer's limit for an image, in bytes.
        out_of_time: Tells that no further request may begin.
    """
    search = _Search(bucket, sorted(keys), store, largest)
    while search.left:
        if out_of_time():
            search.leave(Cause.OUT_OF_TIME)
            break
        try:
            search.go_on()
        except NoSuchBucketError:
            return ImageCheck(no_bucket=True)
        except RetryableError:
            search.leave(Cause.THROTTLED)
            break
        except RefusedError as error:
            search.leave(Cause.REFUSED)
            search.check.refusal = str(error)
            break
    search.check.missing.sort()
    return search.check


class _Search:
    """The wanted keys of one bucket, rising, and how far they are answered."""

    def __init__(self, bucket: str, wanted: list[str], store: ImageStore, largest: int | None) -> None:
        self.wanted = wanted
        self.check = ImageCheck()
        self._bucket = bucket
        self._store = store
        self._largest = largest
        self._position = 0
        self._listed_to = ""
        self._listing = lists_in_order(bucket)
        self._look_until = 0
        self._batch = FIRST_BATCH
        self._answered: set[str] = set()

    @property
    def left(self) -> int:
        """Keys that are not answered yet."""
        return len(self.wanted) - self._position

    def go_on(self) -> None:
        """Asks for a page of the listing, or looks at some keys singly, whichever is cheaper."""
        if not self._listing or self.left <= PAGE_WORTH:
            self._look(len(self.wanted))
        elif self._position < self._look_until:
            self._look(self._look_until)
        else:
            self._list()

    def leave(self, cause: Cause) -> None:
        """Notes all keys that are not answered as unchecked."""
        self.check.leave(cause, [key for key in self.wanted[self._position :] if key not in self._answered])

    def _list(self) -> None:
        start = max(self._listed_to, just_before(self.wanted[self._position]))
        try:
            page = self._store.list_after(self._bucket, start)
        except AccessDeniedError:
            self._listing = False
            return
        if not _in_order(start, page):
            self._listing = False
            return
        end = self._join(page)
        if end - self._position < PAGE_WORTH:
            self._look_until, self._batch = end + self._batch, min(2 * self._batch, LARGEST_BATCH)
        else:
            self._batch = FIRST_BATCH
        self._position = end
        if page.objects:
            self._listed_to = page.objects[-1][0]

    def _join(self, page: Page) -> int:
        """Answers the wanted keys that a page covers; returns the position of the first that it does not."""
        if page.last:
            end = len(self.wanted)
        elif page.objects:
            end = bisect_right(self.wanted, page.objects[-1][0], self._position)
        else:
            end = self._position
        found = dict(page.objects)
        for key in self.wanted[self._position : end]:
            self.check.answer(key, found.get(key, NotFound.MISSING), self._largest)
        return end

    def _look(self, until: int) -> None:
        end = min(self._position + _AT_ONCE, until)
        for key, answer in self._store.head(self._bucket, self.wanted[self._position : end]):
            self._answered.add(key)
            self.check.answer(key, answer, self._largest)
        self._position = end
        self._answered.clear()


def lists_in_order(bucket: str) -> bool:
    """Whether a listing rises: that of a directory bucket has no order."""
    return not bucket.endswith("--x-s3")


def just_before(key: str) -> str:
    """A text right before a key in the order of UTF-8 bytes, to start a listing after; no key of use lies between."""
    last = ord(key[-1])
    if last == 0 or len(key.encode()) > MAX_KEY_BYTES - len(_LAST_CHARACTER.encode()):
        return key[:-1]  # further before it, where nearer is impossible or too long a key
    previous = _SURROGATES.start - 1 if last == _SURROGATES.stop else last - 1
    return key[:-1] + chr(previous) + _LAST_CHARACTER


def _in_order(start: str, page: Page) -> bool:
    """Whether a page is what the join relies on: rising, and after its start."""
    keys = [start, *(key for key, _ in page.objects)]
    return all(earlier < later for earlier, later in pairwise(keys))
