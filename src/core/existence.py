"""Whether the images exist, with as few requests as possible.

A page of a listing answers up to a thousand keys but costs as much as 12.5 single looks. So the wanted keys are sorted
and joined with the listing, which starts right before the next wanted key; where a page answers too few, the next keys
are looked at singly, in doubling batches, before a page is tried again.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final
from urllib.parse import unquote, unquote_plus

from core.errors import AccessDeniedError, NoSuchBucketError, RefusedError, RetryableError
from core.finding import Finding
from core.policy import Policy
from core.ports import Found, ImageStore, NotFound, Page
from core.references import BucketReferences
from core.source_ref import MAX_KEY_BYTES, SourceRef
from core.tally import LINES_NAMED

PAGE_WORTH: Final = 12.5
"""Single looks that cost as much as one page of a listing (S3 list prices: LIST $0.005, HEAD $0.0004 per 1,000)."""
FIRST_BATCH: Final = 64
LARGEST_BATCH: Final = 4_096
"""Single looks between two pages, as long as pages are not worth it."""
_AT_ONCE: Final = 512
"""Keys that are looked at between two glances at the clock."""
_HINTED: Final = 1_000
"""Missing keys for which a similar one is looked for."""
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


@dataclass(slots=True)
class ImageCheck:
    """What is known of the images of one bucket. Checks of different keys merge.

    Attributes:
        checked: Images of which it is known whether they exist.
        missing: Keys without object, rising.
        found: What is notable of those that exist, by key: empty, large or archived.
        unchecked: Keys whose existence is not known, by cause.
        no_bucket: The bucket does not exist.
        refusal: What was said where the look at keys was refused.
    """

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    found: dict[str, Found] = field(default_factory=dict)
    unchecked: dict[Cause, list[str]] = field(default_factory=dict)
    no_bucket: bool = False
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
            return ImageCheck(checked=len(search.wanted), missing=search.wanted, no_bucket=True)
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
        self._listing = not bucket.endswith("--x-s3")  # directory buckets list in no order
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


def judge_images(
    check: ImageCheck, bucket: str, references: BucketReferences, policy: Policy, similar: dict[str, str]
) -> Iterator[Finding]:
    """Findings about the images of one bucket, each rule in the order of lines.

    Args:
        check: What is known of them.
        bucket: Their bucket.
        references: Which lines name them.
        policy: How to judge.
        similar: For missing keys, one that exists and was probably meant.
    """
    if check.no_bucket:
        message = f"The bucket {bucket!r} does not exist; {references.count:,} lines name it."
        lines = references.lines_of_all(check.missing)
        yield from policy.finding(
            "image-bucket-not-found",
            message,
            field="source-ref",
            value=bucket,
            count=len(lines),
            lines=tuple(lines[:LINES_NAMED]),
        )
        return
    for line, key in _by_line(references, check.missing):
        yield from _judge_missing(SourceRef(bucket, key), similar.get(key), line, policy)
    for line, key in _by_line(references, check.found):
        yield from _judge_found(check.found[key], SourceRef(bucket, key), line, policy)
    for cause, keys in check.unchecked.items():
        yield from _judge_unchecked(cause, keys, check.refusal, bucket, references, policy)


def similar_keys(
    check: ImageCheck, bucket: str, store: ImageStore, *, out_of_time: Callable[[], bool]
) -> dict[str, str]:
    """Looks for keys that were probably meant by missing ones: url-decoded, trimmed or NFC-normalised.

    Costs one more check of at most a thousand missing keys, and nothing where a key has no other form.

    Returns:
        For a missing key the similar one that exists.
    """
    if check.no_bucket or not check.unchecked.keys().isdisjoint({Cause.THROTTLED, Cause.REFUSED}):
        return {}
    forms = {key: _other_forms(key) for key in check.missing[:_HINTED]}
    candidates = {form for others in forms.values() for form in others}
    answers = check_images(bucket, candidates, store, largest=None, out_of_time=out_of_time)
    existing = candidates.difference(answers.missing, *answers.unchecked.values())
    similar = {key: next(filter(existing.__contains__, others), None) for key, others in forms.items()}
    return {key: form for key, form in similar.items() if form is not None}


def _other_forms(key: str) -> list[str]:
    forms = (unquote(key), unquote_plus(key), key.strip(), unicodedata.normalize("NFC", key))
    return [form for form in dict.fromkeys(forms) if form not in ("", key) and _is_key(form)]


def _is_key(form: str) -> bool:
    return "\ufffd" not in form and len(form.encode()) <= MAX_KEY_BYTES


def _judge_missing(ref: SourceRef, near: str | None, line: int, policy: Policy) -> list[Finding]:
    message = "The image does not exist" + (f", but {near!r} does." if near else ".")
    return policy.finding(
        "image-not-found",
        message,
        kind="near" if near else "",
        line=line,
        field="source-ref",
        value=str(ref),
        fix=f"Write {SourceRef(ref.bucket, near)}" if near else None,
    )


def _judge_found(found: Found, ref: SourceRef, line: int, policy: Policy) -> Iterator[Finding]:
    field, value, limit = "source-ref", str(ref), policy.consumer.image_bytes
    if found.size == 0:
        yield from policy.finding("image-empty", "The image has 0 bytes.", line=line, field=field, value=value)
    if limit is not None and found.size > limit:
        message = f"The image has {found.size:,} bytes; {policy.consumer.name} takes {limit:,}."
        yield from policy.finding("image-too-large", message, line=line, field=field, value=value)
    if found.archived:
        message = "The image lies in an archive storage class and is not restored."
        yield from policy.finding("image-archived", message, line=line, field=field, value=value)


def _judge_unchecked(
    cause: Cause, keys: list[str], refusal: str, bucket: str, references: BucketReferences, policy: Policy
) -> list[Finding]:
    slug, reason, fix = _UNCHECKED[cause]
    if cause is Cause.REFUSED:
        reason = f"{reason} ({refusal})"
    first = str(SourceRef(bucket, min(keys, key=references.lines.__getitem__)))
    lines = references.lines_of_all(keys)
    return policy.finding(
        slug,
        f"{len(keys):,} images of bucket {bucket!r} were not checked: {reason}. The first is {first!r}.",
        kind=cause.value,
        field="source-ref",
        value=bucket,
        fix=fix.format(bucket=bucket),
        count=len(lines),
        lines=tuple(lines[:LINES_NAMED]),
    )


_UNCHECKED: Final = {
    Cause.THROTTLED: (
        "images-unchecked",
        "S3 throttled or failed past every retry",
        "Drop the manifest again in a few minutes.",
    ),
    Cause.OUT_OF_TIME: (
        "images-unchecked",
        "time ran out",
        "Give the function a longer timeout, then drop the manifest again.",
    ),
    Cause.ENCRYPTED: (
        "images-unchecked",
        "they are encrypted with a key that a customer provides",
        "Store the images with SSE-S3 or SSE-KMS.",
    ),
    Cause.REFUSED: (
        "images-unchecked",
        "S3 refuses to look at them",
        "Correct the bucket and the keys in the source-refs.",
    ),
    Cause.DENIED: (
        "image-access-denied",
        "S3 answers 403",
        (
            "Grant s3:ListBucket on arn:aws:s3:::{bucket} and s3:GetObject on arn:aws:s3:::{bucket}/*: to the deployed "
            "gate by its parameter ImagesBucketArns and, if another account owns the bucket, in the bucket's policy."
        ),
    ),
}


def _by_line(references: BucketReferences, keys: Iterable[str]) -> list[tuple[int, str]]:
    return sorted((line, key) for key in keys for line in references.lines_of(key))
