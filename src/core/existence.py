"""Whether the images exist, with as few requests as possible.

A page of a listing answers up to a thousand keys but costs as much as 12.5 single looks. So the wanted keys,
sorted, are joined with the listing, which starts right before the next wanted key; where a page answers too few, the
next keys are looked at singly, in doubling batches, before a page is tried again. Ranges of keys are searched at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, islice
from operator import itemgetter, lt
from threading import Lock
from typing import Final

from core.errors import AccessDeniedError, GateError, NoSuchBucketError, RefusedError, RetryableError
from core.ports import UNWATCHED, Found, ImageStore, NotFound, Page, Watcher
from core.source_ref import MAX_KEY_BYTES

PAGE_WORTH: Final = 12.5
"""Single looks that cost as much as one page of a listing (S3 list prices: LIST $0.005, HEAD $0.0004 per 1,000)."""
FIRST_BATCH: Final = 64
LARGEST_BATCH: Final = 4_096
"""Single looks between two pages, as long as pages are not worth it."""
RANGE_KEYS: Final = 10_000
"""Keys of a range. It begins right before its first key, so that a multiple of a page wastes no part of one."""
RANGES_AT_ONCE: Final = 16
"""Ranges that are searched at once: a page takes S3 far longer than it takes us."""
_HOPELESS: Final = 3
"""Ranges in a row that the store failed; what is left is then not asked for."""
_PAGE_ATTEMPTS: Final = 3
"""How often a page is asked for that is out of order, or repeats an earlier one."""
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
        rising = not self.missing or not other.missing or self.missing[-1] < other.missing[0]
        self.missing += other.missing
        if not rising:
            self.missing.sort()
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


def ranges_of(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cuts rising keys into the ranges that `check_images` takes."""
    return (keys[start : start + RANGE_KEYS] for start in range(0, len(keys), RANGE_KEYS))


def check_images(
    bucket: str,
    ranges: Iterable[Sequence[str]],
    store: ImageStore,
    *,
    largest: int | None,
    out_of_time: Callable[[], bool],
    watcher: Watcher = UNWATCHED,
) -> ImageCheck:
    """Finds out which keys exist.

    Several ranges are searched at once, and no more are held than that. Where the store fails in one of them, the
    others go on.

    Args:
        bucket: The images' bucket.
        ranges: The wanted keys, each once: rising within each range, and from range to range.
        store: Where they lie.
        largest: The consumer's limit for an image, in bytes.
        out_of_time: Tells that no further request may begin.
        watcher: Hears of the keys that are answered.

    Returns:
        What is known of each key; or only that there is no bucket.

    Raises:
        PermanentError: A person must act before anything can be known.
    """
    numbered = enumerate(ranges)
    first = list(islice(numbered, 2))
    searches = _Searches(bucket, chain(first, numbered), store, largest, out_of_time, watcher)
    try:
        if len(first) < 2:  # noqa: PLR2004 - a single range needs no threads
            searches.run()
        else:
            with ThreadPoolExecutor(RANGES_AT_ONCE) as pool:
                runs = [pool.submit(searches.run) for _ in range(RANGES_AT_ONCE)]
            for run in runs:
                run.result()
    except NoSuchBucketError:
        return ImageCheck(no_bucket=True)
    return searches.merged()


class _Searches:
    """The searches of all ranges of one bucket, and what each has to know of the others; for several threads.

    Attributes:
        bucket: The bucket.
        store: Where it is.
        largest: The limit for an image, in bytes.
        out_of_time: Tells that no further request may begin.
        watcher: Hears of the keys that are answered.
        listing: The bucket can be listed, in order.
        refusal: What was said where the look at keys was refused.
        over: One of them ended all.
    """

    def __init__(
        self,
        bucket: str,
        ranges: Iterator[tuple[int, Sequence[str]]],
        store: ImageStore,
        largest: int | None,
        out_of_time: Callable[[], bool],
        watcher: Watcher,
    ) -> None:
        self.bucket = bucket
        self.store = store
        self.largest = largest
        self.out_of_time = out_of_time
        self.watcher = watcher
        self.listing = lists_in_order(bucket)
        self.refusal = ""
        self.over = False
        self._ranges = ranges
        self._taking = Lock()
        self._given_up = 0
        self._checks: list[tuple[int, ImageCheck]] = []

    def run(self) -> None:
        """Searches one range after the other, as long as there are any.

        Raises:
            NoSuchBucketError: The bucket does not exist.
            PermanentError: A person must act.
        """
        while not self.over and (taken := self._next()) is not None:
            number, wanted = taken
            search = _Search(wanted, self)
            try:
                whole = search.run()
            except GateError:
                self.over = True
                raise
            self._given_up = 0 if whole else self._given_up + 1
            self._checks.append((number, search.check))

    def hindrance(self) -> Cause | None:
        """Why no further request is of use, if so."""
        if self.out_of_time():
            return Cause.OUT_OF_TIME
        if self.refusal:
            return Cause.REFUSED
        return Cause.THROTTLED if self._given_up >= _HOPELESS else None

    def merged(self) -> ImageCheck:
        """What is known of all ranges."""
        whole = ImageCheck(refusal=self.refusal)
        for _, check in sorted(self._checks, key=itemgetter(0)):
            whole.merge(check)
        return whole

    def _next(self) -> tuple[int, Sequence[str]] | None:
        with self._taking:
            return next(self._ranges, None)


class _Search:
    """The wanted keys of one range, rising, and how far they are answered."""

    def __init__(self, wanted: Sequence[str], searches: _Searches) -> None:
        self.check = ImageCheck()
        self._wanted = wanted
        self._searches = searches
        self._position = 0
        self._listed_to = ""
        self._listing = True
        self._look_until = 0
        self._batch = FIRST_BATCH
        self._answered: dict[str, Found | NotFound] = {}

    def run(self) -> bool:
        """Answers the keys as far as that is possible; returns whether it is not the store that hinders it."""
        while self._left and not self._searches.over:
            if cause := self._searches.hindrance():
                return self._leave(cause)
            try:
                self._go_on()
            except RetryableError:
                return self._leave(self._searches.hindrance() or Cause.THROTTLED)
            except RefusedError as error:
                self._searches.refusal = str(error)
                return self._leave(Cause.REFUSED)
        return True

    @property
    def _left(self) -> int:
        """Keys that are not answered yet."""
        return len(self._wanted) - self._position

    def _go_on(self) -> None:
        """Asks for a page of the listing, or looks at some keys singly, whichever is cheaper."""
        if not (self._listing and self._searches.listing) or self._left <= PAGE_WORTH:
            self._look(len(self._wanted))
        elif self._position < self._look_until:
            self._look(self._look_until)
        else:
            self._list()

    def _leave(self, cause: Cause) -> bool:
        """Notes all keys that are not answered as unchecked; returns whether the store is sound."""
        self.check.leave(cause, [key for key in self._wanted[self._position :] if key not in self._answered])
        return cause is not Cause.THROTTLED

    def _list(self) -> None:
        start = max(self._listed_to, just_before(self._wanted[self._position]))
        try:
            page = self._page_after(start)
        except AccessDeniedError:
            self._searches.listing = False
            return
        if page is None:
            self._listing = False
            return
        end = self._join(page)
        if end - self._position < PAGE_WORTH:
            self._look_until = min(end + self._batch, len(self._wanted))
            self._batch = min(2 * self._batch, LARGEST_BATCH)
        else:
            self._batch = FIRST_BATCH
        self._go_to(end)
        if page.objects:
            self._listed_to = page.objects[-1][0]

    def _page_after(self, start: str) -> Page | None:
        """A page that can be believed; None where it is out of order however often it is asked for."""
        for _ in range(_PAGE_ATTEMPTS):
            page = self._searches.store.list_after(self._searches.bucket, start, self._searches.out_of_time)
            if _in_order(start, page):
                return page
        return None

    def _join(self, page: Page) -> int:
        """Answers the wanted keys that a page covers; returns the position of the first that it does not."""
        if page.last:
            end = len(self._wanted)
        elif page.objects:
            end = bisect_right(self._wanted, page.objects[-1][0], self._position)
        else:
            end = self._position
        found = dict(page.objects)
        for key in self._wanted[self._position : end]:
            self.check.answer(key, found.get(key, NotFound.MISSING), self._searches.largest)
        return end

    def _look(self, until: int) -> None:
        end, searches = min(self._position + _AT_ONCE, until), self._searches
        keys, answers = self._wanted[self._position : end], self._answered
        try:
            # One by one, so that what came before an error stays.
            answers.update(searches.store.head(searches.bucket, keys, searches.out_of_time))
        finally:
            for key in filter(answers.__contains__, keys):
                self.check.answer(key, answers[key], searches.largest)
        self._go_to(end)
        answers.clear()

    def _go_to(self, position: int) -> None:
        self._searches.watcher.done(position - self._position)
        self._position = position


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
    """Whether a page is what the join relies on: the one that was asked for, rising, and after its start."""
    keys = [start, *(key for key, _ in page.objects)]
    return not page.strayed and all(map(lt, keys, keys[1:]))
