"""What images are inside: format, width and height, from as few bytes as tell them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.errors import NoSuchBucketError, RefusedError, RetryableError
from core.existence import Cause
from core.finding import Finding
from core.image_findings import Wanted, judge_unchecked
from core.image_start import TITLES, Flaw, Size, look_inside
from core.key_lines import KeyLines
from core.policy import Inspect, Policy
from core.ports import UNWATCHED, ImageStore, NotFound, Watcher
from core.source_ref import IMAGE_EXTENSIONS, SourceRef

SAMPLE_IMAGES: Final = 200
"""Images that are opened where a sample is to be."""

_FIELD: Final = "source-ref"
_KIB: Final = 1_024
_STEPS: Final = ((64 * _KIB, 256), (1_024 * _KIB, 32), (16 * 1_024 * _KIB, 4))
"""First bytes that are read of an image, and of how many images between two glances at the clock.

Nearly all tell their size in the first. A JPEG may have any amount of other segments before it (EXIF, ICC, the history
that editors keep), so that those that do not tell are read further, the last time beyond the largest image that any
consumer of such images takes.
"""
_LARGEST: Final = _STEPS[-1][0]
_ERROR_PAGE: Final = "was an error page saved as an image?"
_CUT: Final = "but its header is cut off or broken: width and height cannot be told"
_MESSAGES: Final = {
    Flaw.EMPTY: "The object has no bytes any more.",
    Flaw.HTML: f"The object is an HTML page; {_ERROR_PAGE}",
    Flaw.XML: f"The object is XML; {_ERROR_PAGE}",
    Flaw.JSON: f"The object is JSON; {_ERROR_PAGE}",
    Flaw.GIT_LFS: "The object is a pointer of Git LFS, not the image that it stands for.",
    Flaw.TEXT: "The object is text, no image.",
    Flaw.UNKNOWN: "The object does not begin as images of any known format do.",
    Flaw.BROKEN_PNG: f"The object begins as PNG, {_CUT}.",
    Flaw.BROKEN_JPEG: f"The object begins as JPEG, {_CUT}.",
}
_FIXES: Final = {Flaw.GIT_LFS: "Fetch the images (git lfs pull), then upload them again."}
_CAUSES: Final = {
    NotFound.MISSING: Cause.GONE,
    NotFound.DENIED: Cause.DENIED,
    NotFound.ENCRYPTED: Cause.ENCRYPTED,
}


@dataclass(slots=True)
class ImageFacts:
    """What was seen in the images of one bucket. Facts of different keys merge.

    Attributes:
        opened: Images that were read from.
        sizes: Keys of PNG and JPEG images by their size.
        formats: Keys of images of other formats, and which.
        flaws: Keys of objects that are no image, and why.
        archived: Keys that S3 does not give out before they are restored.
        unchecked: Keys that could not be opened, by cause.
        refusal: What was said where reading was refused.
    """

    opened: int = 0
    sizes: dict[Size, list[str]] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    flaws: dict[str, Flaw] = field(default_factory=dict)
    archived: list[str] = field(default_factory=list)
    unchecked: dict[Cause, list[str]] = field(default_factory=dict)
    refusal: str = ""

    def merge(self, other: ImageFacts) -> None:
        """Adds what was seen in other images of the bucket."""
        self.opened += other.opened
        for size, keys in other.sizes.items():
            self.sizes.setdefault(size, []).extend(keys)
        self.formats |= other.formats
        self.flaws |= other.flaws
        self.archived += other.archived
        for cause, keys in other.unchecked.items():
            self.leave(cause, keys)
        self.refusal = self.refusal or other.refusal

    def leave(self, cause: Cause, keys: Sequence[str]) -> None:
        """Notes keys that were not opened."""
        if keys:
            self.unchecked.setdefault(cause, []).extend(keys)

    def add(self, key: str, seen: Size | Flaw | str) -> None:
        """Notes what an opened object is: an image of some size, no image, or one of another format."""
        self.opened += 1
        if isinstance(seen, Size):
            self.sizes.setdefault(seen, []).append(key)
        elif isinstance(seen, Flaw):
            self.flaws[key] = seen
        else:
            self.formats[key] = seen

    def usual_size(self) -> Size | None:
        """The size that most images have; of equals, that of the first key."""
        return min(self.sizes, key=lambda size: (-len(self.sizes[size]), min(self.sizes[size])), default=None)


def inspect_images(
    bucket: str,
    keys: Sequence[str],
    store: ImageStore,
    policy: Policy,
    *,
    out_of_time: Callable[[], bool],
    watcher: Watcher = UNWATCHED,
) -> ImageFacts:
    """Opens images, all of them or a sample, as the policy says.

    Args:
        bucket: Their bucket.
        keys: Images that exist, are not empty and not archived, each once, rising.
        store: Where they lie.
        policy: How many are opened.
        out_of_time: Tells that no further request may begin.
        watcher: Hears of the images that were opened.
    """
    facts, waiting = ImageFacts(), dict.fromkeys(_chosen(keys, policy.inspect))
    watcher.begin("images opened", len(waiting))
    try:
        for key, start, size in _starts(bucket, waiting, store, out_of_time):
            if _note(facts, key, start, size):
                del waiting[key]
                watcher.done(1)
        facts.leave(Cause.OUT_OF_TIME, list(waiting))
    except RetryableError:
        facts.leave(Cause.THROTTLED, list(waiting))
    except NoSuchBucketError:
        facts.leave(Cause.GONE, list(waiting))
    except RefusedError as error:
        facts.leave(Cause.REFUSED, list(waiting))
        facts.refusal = str(error)
    return facts


def _chosen(keys: Sequence[str], inspect: Inspect) -> Sequence[str]:
    """The keys to open; a sample is spread evenly, and the same each time."""
    if inspect is Inspect.NONE:
        return ()
    if inspect is Inspect.ALL or len(keys) <= SAMPLE_IMAGES:
        return keys
    return [keys[number * (len(keys) - 1) // (SAMPLE_IMAGES - 1)] for number in range(SAMPLE_IMAGES)]


def _starts(
    bucket: str, waiting: Collection[str], store: ImageStore, out_of_time: Callable[[], bool]
) -> Iterator[tuple[str, bytes | NotFound, int]]:
    """Reads the first bytes of the keys that wait, then more of those that still do; tells how many were asked for."""
    for size, at_once in _STEPS:
        keys = list(waiting)
        for position in range(0, len(keys), at_once):
            if out_of_time():
                return
            for key, start in store.read_starts(bucket, keys[position : position + at_once], size):
                yield key, start, size


def _note(facts: ImageFacts, key: str, start: bytes | NotFound, size: int) -> bool:
    """Notes what the first bytes tell; returns False where more of them may tell more."""
    if start is NotFound.ARCHIVED:
        facts.archived.append(key)
    elif isinstance(start, NotFound):
        facts.leave(_CAUSES[start], [key])
    else:
        seen = look_inside(start)
        if seen is Flaw.BROKEN_JPEG and size == len(start) < _LARGEST:
            return False
        facts.add(key, seen)
    return True


def judge_facts(facts: ImageFacts, bucket: str, images: KeyLines, policy: Policy) -> Iterator[Finding]:
    """Judges by what was seen in the images of one bucket; each rule in the order of lines.

    Args:
        facts: What was seen.
        bucket: Their bucket.
        images: Which lines name them.
        policy: How to judge.
    """
    wanted = Wanted(bucket, {_FIELD: images})
    for line, value, _ in _named(wanted, facts.archived):
        message = "The image lies in an archive tier and is not restored: S3 does not give it out."
        yield from policy.finding("image-archived", message, kind="opened", line=line, field=_FIELD, value=value)
    for line, value, key in _named(wanted, facts.flaws):
        yield from _judge_flaw(facts.flaws[key], line, value, policy)
    for line, value, key in _named(wanted, facts.formats):
        yield from _judge_format(facts.formats[key], key, line, value, policy)
    yield from _judge_sides(facts, wanted, policy)
    yield from _judge_sizes(facts, wanted, policy)
    yield from _judge_aspects(facts, wanted, policy)
    for cause, keys in facts.unchecked.items():
        yield from judge_unchecked(cause, keys, facts.refusal, wanted, policy, "opened")


def _judge_flaw(flaw: Flaw, line: int, value: str, policy: Policy) -> list[Finding]:
    if flaw is Flaw.UNKNOWN and not policy.consumer.image_formats:
        return []  # a consumer that names no formats may read one that is not known here
    message, fix = _MESSAGES[flaw], _FIXES.get(flaw)
    return policy.finding("image-unreadable", message, kind=flaw.value, line=line, field=_FIELD, value=value, fix=fix)


def _judge_format(name: str, key: str, line: int, value: str, policy: Policy) -> list[Finding]:
    though = f", though its name ends in {key[key.rindex('.') :]}" if key.lower().endswith(IMAGE_EXTENSIONS) else ""
    takes = " and ".join(TITLES[taken] for taken in policy.consumer.image_formats or ())
    message = f"The image is {TITLES[name]}{though}; {policy.consumer.name} takes {takes}."
    return policy.finding("image-format-unsupported", message, kind=name, line=line, field=_FIELD, value=value)


def _judge_sides(facts: ImageFacts, wanted: Wanted, policy: Policy) -> Iterator[Finding]:
    if policy.consumer.image_sides is None:
        return
    fewest, most = policy.consumer.image_sides
    outside = {
        key: size for size, keys in facts.sizes.items() if min(size) < fewest or max(size) > most for key in keys
    }
    for line, value, key in _named(wanted, outside):
        size = outside[key]
        yield from policy.finding(
            "image-dimensions-out-of-range",
            f"The image measures {size} pixels; {policy.consumer.name} takes sides of {fewest:,} to {most:,}.",
            kind="too-small" if min(size) < fewest else "too-large",
            line=line,
            field=_FIELD,
            value=value,
        )


def _judge_sizes(facts: ImageFacts, wanted: Wanted, policy: Policy) -> Iterator[Finding]:
    usual = facts.usual_size()
    if usual is None or len(facts.sizes) == 1:
        return
    most, total = len(facts.sizes[usual]), sum(map(len, facts.sizes.values()))
    other = {key: size for size, keys in facts.sizes.items() if size != usual for key in keys}
    for line, value, key in _named(wanted, other):
        message = f"The image measures {other[key]} pixels; {most:,} of {total:,} that were opened measure {usual}."
        yield from policy.finding("image-dimensions-differ", message, line=line, field=_FIELD, value=value)


def _judge_aspects(facts: ImageFacts, wanted: Wanted, policy: Policy) -> Iterator[Finding]:
    most = policy.consumer.image_aspect
    if most is None:
        return
    long = {key: size for size, keys in facts.sizes.items() if max(size) > most * min(size) for key in keys}
    for line, value, key in _named(wanted, long):
        message = f"The image measures {long[key]} pixels; one side is more than {most} times as long as the other."
        yield from policy.finding("image-aspect-ratio", message, line=line, field=_FIELD, value=value)


def _named(wanted: Wanted, keys: Collection[str]) -> Iterator[tuple[int, str, str]]:
    """Line, reference and key wherever one of some images is named, in the order of lines."""
    return ((line, str(SourceRef(wanted.bucket, key)), key) for line, _, key in wanted.namings(keys))
