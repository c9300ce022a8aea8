"""The whole way: bytes, lines, references, images, dataset. Every step yields values that merge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from core.choices import choose
from core.clean_lines import CleanLines
from core.dataset import judge_dataset, usual_name
from core.errors import NoRoomError, NoSuchBucketError, RefusedError, RetryableError
from core.existence import RANGE_KEYS, Cause, ImageCheck, check_images
from core.file_shape import HEAD_BYTES, judge_shape
from core.finding import Finding, Severity, Verdict, verdict
from core.image_facts import ImageFacts, inspect_images, judge_facts
from core.image_findings import MORE_ROOM, Wanted
from core.image_findings import judge_images as image_findings
from core.lines import BYTE_ORDER_MARK, MAX_LINE_BYTES, split_lines
from core.manifest import ManifestObject, OpenManifest
from core.overlapped_hash import OverlappedHash
from core.policy import Inspect, Policy
from core.ports import UNWATCHED, FindingSink, ImageStore, Watcher
from core.references import References
from core.shelf import Shelf
from core.similar_keys import Similar, similar_keys
from core.stretch import LineState, Stretch
from core.tally import Tally
from core.train_test import judge_common_classes, judge_common_images
from core.wanted_keys import rising

_BATCH: Final = 1_000
"""Findings that are handed on together."""


@dataclass(slots=True)
class Judgement:
    """What was found out about one manifest.

    Attributes:
        manifest: Which one.
        policy: By what it was judged.
        stretch: Its lines.
        check: Its images and masks; None where none were to be checked.
        facts: Its images that were opened; None where none were to be.
        images_bucket: The dataset's bucket, if any line names one.
        sha256: Of the whole manifest; None where it was not read to its end.
        bytes_read: How much of it was read.
    """

    manifest: ManifestObject
    policy: Policy
    stretch: Stretch = field(default_factory=Stretch)
    check: ImageCheck | None = None
    facts: ImageFacts | None = None
    images_bucket: str | None = None
    sha256: str | None = None
    bytes_read: int = 0

    @property
    def verdict(self) -> Verdict:
        """Whether the manifest can be trusted."""
        return verdict(self.stretch.tally.severities.keys())

    @property
    def throttled(self) -> bool:
        """Whether judging anew would answer more: images stayed unchecked for a passing cause."""
        looks = (look.unchecked for look in (self.check, self.facts) if look is not None)
        untouched = self.check is not None and self.check.untouched is Cause.THROTTLED
        return untouched or any(Cause.THROTTLED in unchecked for unchecked in looks)


def validate(  # noqa: PLR0913 - what is needed, most of it by name and optional
    opened: OpenManifest,
    policy: Policy,
    images: ImageStore,
    sink: FindingSink,
    *,
    out_of_time: Callable[[], bool] = lambda: False,
    choices_allowed: bool = False,
    keep: int = 100,
    train: Judgement | None = None,
    shelf: Shelf | None = None,
    watcher: Watcher = UNWATCHED,
) -> Judgement:
    """Judges one manifest.

    Args:
        opened: The manifest and its bytes.
        policy: How to judge.
        images: Where the images lie; not asked if the policy does not check images.
        sink: Takes every finding, in the order in which they are found.
        out_of_time: Tells that no further work may begin; what is left is then reported as unchecked.
        choices_allowed: The object's metadata may choose consumer, role and label.
        keep: Samples of findings to keep of each rule.
        train: The train manifest, where this one is its test manifest.
        shelf: Where keys of images are held.
        watcher: Hears how far the images are.

    Raises:
        GateError: The manifest could not be read, or the sink failed.
    """
    references = References(shelf=shelf or Shelf())
    judgement = Judgement(opened.manifest, policy, Stretch(tally=Tally(keep=keep), references=references))
    findings: list[Finding] = []
    if choices_allowed:
        judgement.policy, findings = choose(opened.metadata, policy)
    findings += _judge_object(opened, judgement.policy)
    _record(judgement, sink, findings)
    if opened.archived or _too_large(opened.manifest, judgement.policy):
        return judgement
    whole = _read(judgement, opened.chunks, sink, out_of_time)
    policy, stretch = judgement.policy, judgement.stretch
    _record(judgement, sink, stretch.references.judge(policy))
    judgement.images_bucket = stretch.references.images_bucket(policy.images_bucket)
    if policy.check_images and judgement.images_bucket in stretch.references.buckets:
        _judge_images(judgement, judgement.images_bucket, images, sink, out_of_time, watcher)
    if whole:
        _judge_whole(judgement, sink)
    if train is not None:
        _record(judgement, sink, judge_common_images(train.stretch, stretch, train.manifest.uri, policy))
        if train.sha256 is None:
            _record(judgement, sink, _judge_unread(train.manifest.uri, policy))
        elif whole:
            _record(judgement, sink, judge_common_classes(train.stretch, stretch, policy))
    return judgement


def _judge_unread(train: str, policy: Policy) -> list[Finding]:
    """A train manifest that was not read to its end may name any image."""
    message = f"The train manifest {train} was not read to its end: what the two have in common is not known."
    fix = "Mend the train manifest by its own findings, then judge the two again."
    return policy.finding("manifest-not-fully-read", message, kind="train", fix=fix)


def _judge_whole(judgement: Judgement, sink: FindingSink) -> None:
    """Judges by what all lines and images came to; where not all lines were read, nothing can be said of the whole."""
    policy, stretch = judgement.policy, judgement.stretch
    if policy.severity("label-name-inconsistent") is Severity.ERROR:
        names = stretch.references.names()
        stretch.mark(stretch.references.lines_named(names.keys() - {usual_name(names)}), LineState.INVALID)
    _record(judgement, sink, judge_dataset(stretch, policy))


def _record(judgement: Judgement, sink: FindingSink, findings: Iterable[Finding]) -> None:
    for batch in _batches(findings):
        judgement.stretch.record(batch)
        sink.write(batch)


def _batches(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    pending = iter(findings)
    while batch := list(islice(pending, _BATCH)):
        yield batch


def _judge_object(opened: OpenManifest, policy: Policy) -> Iterator[Finding]:
    manifest, consumer = opened.manifest, policy.consumer
    if manifest.bucket is not None and consumer.manifest_key and not consumer.manifest_key.fullmatch(manifest.key):
        message = f"The manifest's key {consumer.manifest_key_fault}: {consumer.name} does not take it."
        yield from policy.finding("manifest-key-unsupported", message, value=manifest.key)
    if opened.archived:
        message = "The manifest lies in an archive storage class and is not restored."
        yield from policy.finding("manifest-archived", message)
    if _too_large(manifest, policy):
        limit = f"{consumer.name} reads {consumer.manifest_bytes:,}"
        message = f"The manifest has {manifest.size:,} bytes; {limit}. It was not read."
        yield from policy.finding("manifest-too-large", message, value=manifest.size)


def _too_large(manifest: ManifestObject, policy: Policy) -> bool:
    limit = policy.consumer.manifest_bytes
    return limit is not None and (manifest.size or 0) > limit


def _read(judgement: Judgement, chunks: Iterable[bytes], sink: FindingSink, out_of_time: Callable[[], bool]) -> bool:
    """Reads and judges the lines; returns whether it came to the end of a file that is JSON Lines."""
    with closing(OverlappedHash()) as digest:
        stream = _Stream(chunks, digest, judgement.policy.consumer.manifest_bytes, out_of_time)
        whole = _read_lines(judgement, stream, sink, out_of_time)
        judgement.sha256 = digest.hexdigest() if whole else None
    return whole


def _read_lines(judgement: Judgement, stream: _Stream, sink: FindingSink, out_of_time: Callable[[], bool]) -> bool:
    policy, stretch = judgement.policy, judgement.stretch
    head, rest = _headed(iter(stream))
    judgement.bytes_read = stream.size
    offset = 0
    if head.startswith(BYTE_ORDER_MARK):
        offset = len(BYTE_ORDER_MARK)
        message = "The file begins with a byte order mark (EF BB BF)."
        _record(judgement, sink, policy.finding("manifest-byte-order-mark", message))
    if shape := judge_shape(head, policy):
        _record(judgement, sink, shape)
        return False
    clean, unsure = CleanLines(policy), 0
    for block in split_lines(rest, offset=offset):
        stream.since_block = 0
        cut = not block.ended and (stream.too_large or stream.late)
        stream.late = stream.late or out_of_time()
        if cut or stream.late:
            break
        for batch in _batches(_while_room(stretch.read(block, policy, clean), stream)):
            sink.write(batch)
        if stream.full:
            # Of these lines nobody can tell whose keys are noted.
            unsure = block.count
            stretch.mark(range(block.first, block.first + unsure), LineState.UNCHECKED)
            break
    judgement.bytes_read = stream.size
    _record(judgement, sink, _judge_end(stream, len(stretch.states) - unsure, policy))
    return not (stream.too_large or stream.late or stream.full)


def _while_room(findings: Iterator[Finding], stream: _Stream) -> Iterator[Finding]:
    """Findings on lines, up to where there is no room for the lines' keys: those before are not lost."""
    try:
        yield from findings
    except NoRoomError:
        stream.full = True


class _Stream:
    """The bytes of a manifest, counted and hashed. It ends early past the consumer's limit, or out of time.

    Attributes:
        size: Bytes so far.
        since_block: Bytes since the last whole lines: many only where a line is very long.
        too_large: It ended at the limit.
        late: It ended because time ran out.
        full: It ended because there was no room for the keys of more lines.
    """

    def __init__(
        self, chunks: Iterable[bytes], digest: OverlappedHash, limit: int | None, out_of_time: Callable[[], bool]
    ) -> None:
        self.size = 0
        self.since_block = 0
        self.too_large = False
        self.late = False
        self.full = False
        self._chunks = chunks
        self._digest = digest
        self._limit = limit
        self._out_of_time = out_of_time

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.late = self.since_block > MAX_LINE_BYTES and self._out_of_time()
            if self.late:
                return
            self.size += len(chunk)
            self.since_block += len(chunk)
            self._digest.update(chunk)
            self.too_large = self._limit is not None and self.size > self._limit
            if self.too_large:
                return
            yield chunk
        self._digest.end()


def _judge_end(stream: _Stream, lines: int, policy: Policy) -> list[Finding]:
    """Why the manifest was not read to its end, if it was not."""
    if stream.too_large:
        limit = f"{policy.consumer.name} reads {policy.consumer.manifest_bytes:,}"
        message = f"The manifest has at least {stream.size:,} bytes; {limit}."
        return policy.finding("manifest-too-large", message, value=stream.size)
    after = f"after line {lines:,}" if lines else "before the first line"
    if stream.late:
        message = f"Time ran out {after}; the lines that follow were not read."
        return policy.finding("manifest-not-fully-read", message)
    if stream.full:
        message = f"The room for the keys of images was full {after}; the lines that follow were not read."
        return policy.finding("manifest-not-fully-read", message, kind="room", fix=MORE_ROOM)
    return []


def _headed(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and the whole stream without byte order mark."""
    head = bytearray()
    while len(head) < HEAD_BYTES and (chunk := next(chunks, None)) is not None:
        head += chunk
    return bytes(head[:HEAD_BYTES]), chain([bytes(head.removeprefix(BYTE_ORDER_MARK))], chunks)


def _judge_images(
    judgement: Judgement,
    bucket: str,
    images: ImageStore,
    sink: FindingSink,
    out_of_time: Callable[[], bool],
    watcher: Watcher,
) -> None:
    policy, stretch = judgement.policy, judgement.stretch
    wanted = Wanted.of(stretch.references, bucket)
    wrong_region: list[Finding] = []
    watcher.begin("images", sum(map(len, wanted.fields.values())))
    try:
        if not out_of_time():
            wrong_region = _judge_region(judgement.manifest.bucket, bucket, images, policy)
        largest = policy.consumer.image_bytes
        keys = rising(wanted.keys(), stretch.references.shelf, RANGE_KEYS)
        check = check_images(bucket, keys, images, largest=largest, out_of_time=out_of_time, watcher=watcher)
    except NoSuchBucketError:
        check = ImageCheck(no_bucket=True)
    except RetryableError:
        check = ImageCheck(untouched=Cause.THROTTLED)
    except RefusedError as error:
        check = ImageCheck(untouched=Cause.REFUSED, refusal=str(error))
    except NoRoomError:
        check = ImageCheck(untouched=Cause.NO_ROOM)
    judgement.check = check
    _record(judgement, sink, wrong_region)
    similar: dict[str, Similar] = {}
    if not check.no_bucket and check.unchecked.keys().isdisjoint({Cause.THROTTLED, Cause.REFUSED}):
        similar = similar_keys(bucket, check.missing, images, out_of_time=out_of_time)
    _record(judgement, sink, image_findings(check, wanted, policy, similar))
    _mark_unchecked(stretch, check.unchecked, wanted)
    if check.no_bucket:
        stretch.mark(wanted.lines(), LineState.INVALID)
    elif check.untouched:
        stretch.mark(wanted.lines(), LineState.UNCHECKED)
    elif policy.inspect is not Inspect.NONE:
        _open_images(judgement, check, wanted, images, sink, out_of_time, watcher)


def _open_images(
    judgement: Judgement,
    check: ImageCheck,
    wanted: Wanted,
    images: ImageStore,
    sink: FindingSink,
    out_of_time: Callable[[], bool],
    watcher: Watcher,
) -> None:
    """Opens images that exist and can be read: their beginnings."""
    closed = {key for key, found in check.found.items() if found.archived or found.size == 0}
    closed.update(check.missing, *check.unchecked.values())
    keys = sorted({key for _, key in wanted.images}.difference(closed))
    facts = inspect_images(wanted.bucket, keys, images, judgement.policy, out_of_time=out_of_time, watcher=watcher)
    judgement.facts = facts
    _record(judgement, sink, judge_facts(facts, wanted.bucket, wanted.images, judgement.policy))
    _mark_unchecked(judgement.stretch, facts.unchecked, wanted)


def _mark_unchecked(stretch: Stretch, unchecked: Mapping[Cause, Sequence[str]], wanted: Wanted) -> None:
    """One finding speaks of many lines here, so that the lines are marked by their keys."""
    for keys in unchecked.values():
        stretch.mark(wanted.lines_of_all(keys), LineState.UNCHECKED)


def _judge_region(manifest_bucket: str | None, bucket: str, images: ImageStore, policy: Policy) -> list[Finding]:
    """Compares the regions; the look at the bucket also tells whether it exists."""
    if manifest_bucket == bucket:
        return []
    region, home = images.region(bucket), None
    if manifest_bucket is not None:
        with suppress(NoSuchBucketError):  # deleted since it was read; no fault of the images
            home = images.region(manifest_bucket)
    if not region or not home or region == home:
        return []
    message = f"The images' bucket {bucket!r} lies in {region}, the manifest's in {home}."
    return policy.finding("image-bucket-wrong-region", message, value=region)
