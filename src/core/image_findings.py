"""Findings about the images and masks of one bucket, from what was seen of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from core.existence import Cause, ImageCheck
from core.finding import Finding
from core.key_lines import KeyLines, different
from core.policy import Policy
from core.ports import Found
from core.references import References
from core.similar_keys import Similar
from core.source_ref import SourceRef
from core.tally import LINES_NAMED

MORE_ROOM: Final = (
    "Give the function more ephemeral storage (parameter EphemeralStorageMegabytes), or split the manifest. "
    "Drop it again."
)
_IMAGE: Final = "source-ref"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What lines name in one bucket.

    Attributes:
        bucket: The bucket.
        fields: For each key of a line that names objects there, the keys named and by which lines.
    """

    bucket: str
    fields: Mapping[str, KeyLines]

    @classmethod
    def of(cls, references: References, bucket: str) -> Wanted:
        """The images and masks of one bucket."""
        return cls(bucket, {_IMAGE: references.buckets[bucket].images} | references.masks_in(bucket))

    @property
    def images(self) -> KeyLines:
        """The images alone."""
        return self.fields[_IMAGE]

    def keys(self) -> Iterator[list[str]]:
        """All keys, some at a time, as often as they are named."""
        return (keys for named in self.fields.values() for keys in named.pieces())

    def lines(self) -> list[int]:
        """All lines that name anything here, rising, each once."""
        return sorted({line for named in self.fields.values() for line, _ in named})

    def lines_of_all(self, keys: Collection[str]) -> list[int]:
        """All lines that name any of some keys, rising, each once."""
        return sorted({line for named in self.fields.values() for line in named.lines_of_all(keys)})

    def namings(self, keys: Collection[str]) -> list[tuple[int, str, str]]:
        """Line, field and key wherever one of some keys is named, in the order of lines."""
        return sorted((line, field, key) for field, named in self.fields.items() for line, key in named.on(keys))

    def first(self) -> str:
        """The key that is named first."""
        return min((line, field, key) for field, named in self.fields.items() for line, key in named)[-1]

    def counted(self, keys: Collection[str] | None) -> tuple[int, str]:
        """How many keys, all for None, and of what: `image`, `masks`, `images and masks`."""
        count = different(self.fields.values()) if keys is None else len(keys)
        images = self.images.count() if keys is None else len({key for _, key in self.images.on(keys)})
        what = "image" if images == count else "images and mask" if images else "mask"
        return count, what if count == 1 else f"{what}s"


def judge_images(
    check: ImageCheck, wanted: Wanted, policy: Policy, similar: Mapping[str, Similar]
) -> Iterator[Finding]:
    """Judges by what is known of the images and masks; each rule in the order of lines.

    Args:
        check: What is known of them.
        wanted: What they are called, and by which lines.
        policy: How to judge.
        similar: For missing keys, one that exists and was probably meant.
    """
    bucket = wanted.bucket
    if check.no_bucket:
        lines = wanted.lines()
        message = f"The bucket {bucket!r} does not exist; {len(lines):,} lines name it."
        yield from policy.finding(
            "image-bucket-not-found",
            message,
            field=_IMAGE,
            value=bucket,
            count=len(lines),
            lines=tuple(lines[:LINES_NAMED]),
        )
        return
    for line, field, key in wanted.namings(check.missing):
        yield from _judge_missing(SourceRef(bucket, key), similar.get(key), line, field, policy)
    for line, field, key in wanted.namings(check.found):
        yield from _judge_found(check.found[key], SourceRef(bucket, key), line, field, policy)
    for cause, keys in check.unchecked.items():
        yield from judge_unchecked(cause, keys, check.refusal, wanted, policy)
    if check.untouched:
        yield from judge_unchecked(check.untouched, None, check.refusal, wanted, policy)


def _judge_missing(ref: SourceRef, near: Similar | None, line: int, field: str, policy: Policy) -> list[Finding]:
    slug, what = ("image-not-found", "image") if field == _IMAGE else ("mask-not-found", "mask")
    return policy.finding(
        slug,
        f"The {what} does not exist" + (f", but {near.key!r} does ({near.how})." if near else "."),
        kind=near.how if near else "",
        line=line,
        field=field,
        value=str(ref),
        fix=f"Write {SourceRef(ref.bucket, near.key)}" if near else None,
    )


def _judge_found(found: Found, ref: SourceRef, line: int, field: str, policy: Policy) -> Iterator[Finding]:
    value, limit, what = str(ref), policy.consumer.image_bytes, "image" if field == _IMAGE else "mask"
    if found.size == 0:
        yield from policy.finding("image-empty", f"The {what} has 0 bytes.", line=line, field=field, value=value)
    if limit is not None and found.size > limit and field == _IMAGE:
        message = f"The image has {found.size:,} bytes; {policy.consumer.name} takes {limit:,}."
        yield from policy.finding("image-too-large", message, line=line, field=field, value=value)
    if found.archived:
        message = f"The {what} lies in an archive storage class and is not restored."
        yield from policy.finding("image-archived", message, line=line, field=field, value=value)


def judge_unchecked(
    cause: Cause, keys: Collection[str] | None, refusal: str, wanted: Wanted, policy: Policy, doing: str = "checked"
) -> list[Finding]:
    """One finding for all keys that stayed unchecked for one cause.

    Args:
        cause: Why.
        keys: Which; None for all.
        refusal: What was said, where the look was refused.
        wanted: Which lines name them.
        policy: How to judge.
        doing: What was not done: `checked`, or `opened`.
    """
    slug, reason, fix = _UNCHECKED[cause]
    if cause is Cause.REFUSED:
        reason = f"{reason} ({refusal})"
    lines = wanted.lines() if keys is None else wanted.lines_of_all(keys)
    first = str(SourceRef(wanted.bucket, wanted.first() if keys is None else wanted.namings(keys)[0][-1]))
    count, what = wanted.counted(keys)
    were = "was" if count == 1 else "were"
    return policy.finding(
        slug,
        f"{count:,} {what} of bucket {wanted.bucket!r} {were} not {doing}: {reason}. The first is {first!r}.",
        kind=cause.value,
        field=_IMAGE,
        value=wanted.bucket,
        fix=fix.format(bucket=wanted.bucket),
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
    Cause.NO_ROOM: (
        "images-unchecked",
        "there was no room to sort their keys",
        MORE_ROOM,
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
    Cause.GONE: (
        "images-unchecked",
        "they were removed while the gate looked at them",
        "Wait until nobody changes the images, then drop the manifest again.",
    ),
    Cause.DENIED: (
        "image-access-denied",
        "S3 answers 403",
        (
            "Grant s3:ListBucket on arn:aws:s3:::{bucket} and s3:GetObject on arn:aws:s3:::{bucket}/*: to the deployed "
            "gate by its parameter ImagesBucketArns and, if another account owns the bucket, in the bucket's policy. "
            "To open images that are encrypted with a KMS key, grant kms:Decrypt on the key, too (KmsKeyArn)."
        ),
    ),
}
