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
from itertools import islice, pairwise
from urllib.parse import unquote, unquote_plus

from core.errors import AccessDeniedError, NoSuchBucketError, RetryableError
from core.finding import Finding
from core.policy import Policy
from core.ports import Found, ImageStore, NotFound, Page
from core.references import BucketReferences
from core.source_ref import SourceRef
from core.tally import LINES_NAMED

PAGE_WORTH = 12.5
"""Single looks that cost as much as one page of a listing (S3 list prices: LIST $0.005, HEAD $0.0004 per 1,000)."""
FIRST_BATCH, LARGEST_BATCH = 64, 4_096
_AT_ONCE = 512
"""Keys that are looked at between two glances at the clock."""
_HINTED = 1_000
"""Missing keys for which a similar one is looked for."""
_LAST_CHARACTER = "\U0010ffff"


class Cause(StrEnum):
    """Why images were not checked."""

    THROTTLED = "throttled"
    OUT_OF_TIME = "out-of-time"
    ENCRYPTED = "encrypted"
    DENIED = "denied"


@dataclass(slots=True)
class ImageCheck:
    """What is known of the images of one bucket. Checks of different keys merge.

    Attributes:
        checked: Images of which it is known whether they exist.
        missing: Keys without object, rising.
        found: What is notable of those that exist, by key: empty, large or archived.
        unchecked: Keys whose existence is not known, by cause.
        no_bucket: The bucket does not exist.
    """

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    found: dict[str, Found] = field(default_factory=dict)
    unchecked: dict[Cause, list[str]] = field(default_factory=dict)
    no_bucket: bool = False

    def merge(self, other: ImageCheck) -> None:
        """Adds what is known of other keys of the bucket."""
        self.checked += other.checked
        self.missing = sorted(self.missing + other.missing)
        self.found |= other.found
        for cause, keys in other.unchecked.items():
            self.leave(cause, keys)
        self.no_bucket |= other.no_bucket

    def leave(self, cause: Cause, keys: Iterable[str]) -> None:
        """Notes keys that stay unchecked."""
        self.unchecked.setdefault(cause, []).extend(keys)

    def answer(self, key: str, answer: Found | NotFound, largest: int | None) -> None:
        """Notes the answer for one key; images over `largest` bytes are notable."""
        match answer:
            case Found(size=size, archived=archived):
                self.checked += 1
                if archived or size == 0 or (largest is not None and size > largest):
                    self.found[key] = answer
            case NotFound.MISSING:
                self.checked += 1
                self.missing.append(key)
            case NotFound.DENIED:
                self.leave(Cause.DENIED, [key])
            case NotFound.ENCRYPTED:
                self.leave(Cause.ENCRYPTED, [key])


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
    wanted = sorted(keys)
    check = ImageCheck()
    may_list = not bucket.endswith("--x-s3")  # directory buckets list in no order
    position, look_until, batch, after = 0, 0, FIRST_BATCH, ""
    answered: set[str] = set()
    while position < len(wanted):
        if out_of_time():
            check.leave(Cause.OUT_OF_TIME, wanted[position:])
            break
        worth_listing = may_list and len(wanted) - position > PAGE_WORTH
        try:
            if worth_listing and position >= look_until:
                start = max(after, just_before(wanted[position]))
                page = store.list_after(bucket, start)
                if not _in_order(start, page):
                    may_list = False
                    continue
                end = _join(wanted, position, page, check, largest)
                if end - position >= PAGE_WORTH:
                    batch = FIRST_BATCH
                else:
                    look_until, batch = end + batch, min(2 * batch, LARGEST_BATCH)
                position, after = end, page.objects[-1][0] if page.objects else after
            else:
                end = min(position + _AT_ONCE, look_until if worth_listing else len(wanted))
                answered.clear()
                for key, answer in store.head(bucket, wanted[position:end]):
                    answered.add(key)
                    check.answer(key, answer, largest)
                position = end
        except AccessDeniedError:
            may_list = False
        except NoSuchBucketError:
            return ImageCheck(checked=len(wanted), missing=wanted, no_bucket=True)
        except RetryableError:
            check.leave(Cause.THROTTLED, (key for key in wanted[position:] if key not in answered))
            break
    check.missing.sort()
    return check


def just_before(key: str) -> str:
    """A text right before a key in the order of UTF-8 bytes, to start a listing after; no key of use lies between."""
    last = ord(key[-1])
    if last == 0:
        return key[:-1]
    # U+DFFF and the half characters before it are no characters.
    previous = 0xD7FF if last == 0xE000 else last - 1
    return key[:-1] + chr(previous) + _LAST_CHARACTER


def _in_order(start: str, page: Page) -> bool:
    """Whether a page is what the join relies on: rising, and after its start."""
    keys = [start, *(key for key, _ in page.objects)]
    return all(earlier < later for earlier, later in pairwise(keys))


def _join(wanted: Sequence[str], position: int, page: Page, check: ImageCheck, largest: int | None) -> int:
    """Answers the wanted keys that a page covers; returns the position of the first that it does not."""
    found = dict(page.objects)
    if page.last:
        end = len(wanted)
    else:
        end = bisect_right(wanted, page.objects[-1][0], position) if page.objects else position
    for key in wanted[position:end]:
        check.answer(key, found.get(key, NotFound.MISSING), largest)
    return end


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
        lines = tuple(islice(_rising(references, check.missing), LINES_NAMED))
        yield from policy.finding("image-bucket-not-found", message, field="source-ref", value=bucket, count=references.count, lines=lines)  # fmt: skip
        return
    for line, key in _by_line(references, check.missing):
        near = similar.get(key)
        message = "The image does not exist" + (f", but {near!r} does." if near else ".")
        fix = f"Write {SourceRef(bucket, near)}" if near else None
        yield from policy.finding("image-not-found", message, kind="near" if near else "", line=line, field="source-ref", value=str(SourceRef(bucket, key)), fix=fix)  # fmt: skip
    for line, key in _by_line(references, check.found):
        yield from _judge_found(check.found[key], line, SourceRef(bucket, key), policy)
    for cause, keys in check.unchecked.items():
        yield from _judge_unchecked(cause, keys, bucket, references, policy)


def similar_keys(check: ImageCheck, bucket: str, store: ImageStore, *, out_of_time: Callable[[], bool]) -> dict[str, str]:
    """Looks for keys that were probably meant by missing ones: url-decoded, trimmed or NFC-normalised.

    Costs one more check of at most a thousand missing keys, and nothing where a key has no other form.

    Returns:
        For a missing key the similar one that exists.
    """
    if check.no_bucket:
        return {}
    forms = {key: _other_forms(key) for key in check.missing[:_HINTED]}
    candidates = {form for others in forms.values() for form in others}
    answers = check_images(bucket, candidates, store, largest=None, out_of_time=out_of_time)
    unknown = set(answers.missing).union(*answers.unchecked.values())
    existing = candidates - unknown
    return {key: form for key, others in forms.items() for form in others[::-1] if form in existing}


def _other_forms(key: str) -> list[str]:
    forms = (unquote(key), unquote_plus(key), key.strip(), unicodedata.normalize("NFC", key))
    return [form for form in dict.fromkeys(forms) if form and form != key and "\ufffd" not in form]


def _judge_found(found: Found, line: int, ref: SourceRef, policy: Policy) -> Iterator[Finding]:
    if found.size == 0:
        yield from policy.finding("image-empty", "The image has 0 bytes.", line=line, field="source-ref", value=str(ref))
    limit = policy.consumer.image_bytes
    if limit is not None and found.size > limit:
        message = f"The image has {found.size:,} bytes; {policy.consumer.name} takes {limit:,}."
        yield from policy.finding("image-too-large", message, line=line, field="source-ref", value=str(ref))
    if found.archived:
        yield from policy.finding("image-archived", "The image lies in an archive storage class and is not restored.", line=line, field="source-ref", value=str(ref))  # fmt: skip


def _judge_unchecked(cause: Cause, keys: list[str], bucket: str, references: BucketReferences, policy: Policy) -> list[Finding]:
    slug, reason, fix = _UNCHECKED[cause]
    first = keys[0]
    message = f"{len(keys):,} images of bucket {bucket!r} were not checked: {reason}. The first is {str(SourceRef(bucket, first))!r}."
    lines = tuple(islice(_rising(references, keys), LINES_NAMED))
    count = sum(1 + len(references.repeats.get(key, ())) for key in keys)
    return policy.finding(slug, message, kind=cause.value, field="source-ref", value=bucket, fix=fix.format(bucket=bucket), count=count, lines=lines)  # fmt: skip


_UNCHECKED = {
    Cause.THROTTLED: ("images-unchecked", "S3 throttled or failed past every retry", "Drop the manifest again in a few minutes."),
    Cause.OUT_OF_TIME: ("images-unchecked", "time ran out", "Give the function a longer timeout, then drop the manifest again."),
    Cause.ENCRYPTED: ("images-unchecked", "they are encrypted with a key that a customer provides", "Store the images with SSE-S3 or SSE-KMS."),
    Cause.DENIED: (
        "image-access-denied",
        "S3 answers 403",
        "Grant the gate s3:ListBucket on arn:aws:s3:::{bucket} and s3:GetObject on arn:aws:s3:::{bucket}/*, in its role and in the bucket's policy.",
    ),
}  # fmt: skip


def _by_line(references: BucketReferences, keys: Iterable[str]) -> list[tuple[int, str]]:
    return sorted((line, key) for key in keys for line in references.lines_of(key))


def _rising(references: BucketReferences, keys: Iterable[str]) -> Iterator[int]:
    return iter(sorted(line for key in keys for line in references.lines_of(key)))
