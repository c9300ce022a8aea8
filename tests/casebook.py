"""The cases of `tests/cases`: manifests with what the gate must say of them.

`<rule>/<what>.fail.manifest` breaks the rule, `<what>.pass.manifest` keeps it, and `near-<what>.pass.manifest` keeps it
though it looks as if it did not. Beside each stand its golden report, written by `tools.update_cases`, and, by hand, a
`.world.json`: how the manifest is judged, what S3 answers, and what is expected (`World`).
"""

import json
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from aws.s3_listing import read_page
from core.catalogue import RULES
from core.choices import choose
from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Role
from core.errors import RetryableError
from core.finding import Finding
from core.lines import split_lines
from core.manifest import ManifestObject, OpenManifest
from core.policy import Inspect, Policy
from core.ports import Found, NotFound
from core.report import build_report, list_findings
from core.rule_choices import read_rule_choices
from core.second_read import LineTexts
from core.validate import Judgement, validate
from tests.fakes import MemoryImages, Sink, times

CASES: Final = Path(__file__).parent / "cases"
LEDGER: Final = CASES / "slugs.txt"
"""Every slug that ever was. One that left the rules is marked ` removed` and never comes back."""
IMAGE_BYTES: Final = 100_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TOLD_ELSEWHERE: Final = ("tool", "looked_at", "seconds", "requests", "run", "files")
"""Parts of a report that change with the release, the clock or the planner of requests."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ManifestItself(_Part):
    """The manifest as an object of S3. Size: of its bytes, unless told."""

    bucket: str | None = "manifests"
    key: str = "train/my.manifest"
    size: int | None = None
    archived: bool = False
    metadata: dict[str, str] = Field(default_factory=dict)
    choices_allowed: bool = False


class Copies(_Part):
    """A line that is written many times; `{n}` in it becomes the copy's number, from 1."""

    line: int
    times: int


class Repeat(_Part):
    """A text that stands on a line once, and is written many times there."""

    line: int
    text: str
    times: int


class Images(_Part):
    """What S3 answers. Every image and mask that is named exists, unless told.

    Keys stand for themselves in every bucket; `s3://BUCKET/KEY` is that one object.

    Attributes:
        denied: Cannot be opened; a listing names them all the same.
        encrypted: Ditto, for want of the customer's key.
        extra: Exist, too.
        storage: S3's class of an object, and ` restored` or ` restoring` where that is under way.
        starts: What an opened object holds, as `image_start` reads it; else a PNG or JPEG of 640 x 480 by its name.
    """

    missing: list[str] = Field(default_factory=list)
    sizes: dict[str, int] = Field(default_factory=dict)
    archived: list[str] = Field(default_factory=list)
    storage: dict[str, str] = Field(default_factory=dict)
    denied: list[str] = Field(default_factory=list)
    encrypted: list[str] = Field(default_factory=list)
    extra: list[str] = Field(default_factory=list)
    bucket_missing: bool = False
    listing_denied: bool = False
    throttled: bool = False
    regions: dict[str, str] = Field(default_factory=dict)
    starts: dict[str, str] = Field(default_factory=dict)


class Expect(_Part):
    """What must be found; written by hand.

    Attributes:
        lines: All lines that findings of the rule name.
        total: How many findings of the rule there are; unless told, one a line, or one.
        fields: The fields that they name, where that is told.
        severities: Their severities, where those are told.
        also: All other rules that are broken.
    """

    lines: list[int] = Field(default_factory=list)
    total: int | None = None
    fields: list[str] | None = None
    severities: list[str] | None = None
    also: list[str] = Field(default_factory=list)


class World(_Part):
    """How a case is judged, what S3 answers, and what is expected.

    Attributes:
        ignore_rules: As IGNORE_RULES is written.
        rule_severities: As RULE_SEVERITIES is written.
        object: The manifest itself.
        out_of_time_after: The clock says so at the call after this many.
        copies: Makes many lines of one.
        repeat: Make long lines of short ones; before `copies`.
        train: The train manifest, in the same folder, whose test manifest this one is.
    """

    consumer: str = DEFAULT_CONSUMER.name
    role: str | None = None
    label_attribute: str | None = None
    images_bucket: str | None = None
    check_images: bool = True
    inspect: str = Inspect.NONE.value
    ignore_rules: str = ""
    rule_severities: str = ""
    object: ManifestItself = ManifestItself()
    out_of_time_after: int | None = None
    copies: Copies | None = None
    repeat: list[Repeat] = Field(default_factory=list)
    images: Images = Images()
    train: str | None = None
    expect: Expect = Expect()

    def policy(self) -> Policy:
        """By what is judged."""
        role = Role.TEST if self.train else None
        return Policy(
            consumer=CONSUMERS[self.consumer],
            role=Role(self.role) if self.role else role,
            label_attribute=self.label_attribute,
            images_bucket=self.images_bucket,
            check_images=self.check_images,
            inspect=Inspect(self.inspect),
            severities=read_rule_choices(self.ignore_rules, self.rule_severities),
        )


@dataclass(frozen=True)
class Outcome:
    """What the gate says of a case."""

    body: bytes
    judgement: Judgement
    findings: Sequence[Finding]

    @property
    def golden(self) -> str:
        """The report, without what is told elsewhere, as it is kept beside the manifest."""
        listing = list_findings(self.judgement)
        texts = LineTexts(listing.lines)
        texts.read(split_lines([self.body]))
        report = build_report(
            self.judgement,
            listing,
            texts=texts.contents,
            run="",
            looked_at=datetime(2026, 1, 1, tzinfo=UTC),
            seconds=0,
            requests={},
            files={},
        )
        content = report.model_dump(mode="json")
        kept = {key: value for key, value in content.items() if key not in _TOLD_ELSEWHERE}
        return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True)
class Case:
    """One manifest of the book."""

    path: Path

    @property
    def name(self) -> str:
        """`rule/what.pass` or `rule/what.fail`."""
        return f"{self.rule}/{self.path.stem}"

    @property
    def rule(self) -> str:
        return self.path.parent.name

    @property
    def fails(self) -> bool:
        return self.path.stem.endswith(".fail")

    @property
    def near(self) -> bool:
        """It keeps the rule, and looks as if it did not."""
        return not self.fails and self.path.name.startswith("near-")

    @property
    def golden(self) -> Path:
        return self.path.with_suffix(".report.json")

    @property
    def world_file(self) -> Path:
        return self.path.with_suffix(".world.json")

    @cached_property
    def world(self) -> World:
        file = self.world_file
        return World.model_validate_json(file.read_bytes()) if file.exists() else World()

    @property
    def body(self) -> bytes:
        """The manifest, copies and repeats written out; not kept, for some are large."""
        lines = self.path.read_bytes().split(b"\n")
        for repeat in self.world.repeat:
            text = repeat.text.encode()
            assert lines[repeat.line - 1].count(text) == 1, f"line {repeat.line} holds {repeat.text!r} not once"
            lines[repeat.line - 1] = lines[repeat.line - 1].replace(text, text * repeat.times)
        if copies := self.world.copies:
            line = lines[copies.line - 1]
            numbered = (line.replace(b"{n}", str(number).encode()) for number in range(1, copies.times + 1))
            lines[copies.line - 1 : copies.line] = numbered
        return b"\n".join(lines)

    @property
    def lines(self) -> int:
        """How many there are."""
        body = self.body
        return body.count(b"\n") + (not body.endswith(b"\n"))

    @property
    def train(self) -> Path | None:
        return self.path.parent / self.world.train if self.world.train else None

    def judge(self) -> Outcome:
        """Judges the manifest in its world."""
        world, item, body = self.world, self.world.object, self.body
        policy = world.policy()
        sink = Sink()
        opened = OpenManifest(
            ManifestObject(item.bucket, item.key, size=len(body) if item.size is None else item.size),
            () if item.archived else [body],
            archived=item.archived,
            metadata=item.metadata,
        )
        chosen = choose(item.metadata, policy)[0] if item.choices_allowed else policy
        judgement = validate(
            opened,
            policy,
            self._images([body], chosen.images_bucket),
            sink,
            out_of_time=(lambda: False) if world.out_of_time_after is None else times(world.out_of_time_after),
            choices_allowed=item.choices_allowed,
            train=self._judge_train(self.train, policy) if self.train else None,
        )
        return Outcome(body, judgement, sink)

    def faults(self, outcome: Outcome) -> Iterator[str]:
        """In what an outcome differs from what is expected, in words."""
        expect = self.world.expect
        mine = [finding for finding in outcome.findings if finding.rule == self.rule]
        lines = sorted({line for finding in mine for line in (finding.line, *finding.lines) if line is not None})
        also = sorted({finding.rule for finding in outcome.findings} - {self.rule})
        total = (len(expect.lines) or 1 if self.fails else 0) if expect.total is None else expect.total
        told = {
            "lines": (lines, expect.lines),
            "total": (len(mine), total),
            "fields": (sorted({finding.field or "" for finding in mine}), expect.fields and sorted(expect.fields)),
            "severities": (sorted({finding.severity.value for finding in mine}), expect.severities),
            "also": (also, sorted(expect.also)),
        }
        for what, (found, expected) in told.items():
            if expected is not None and found != expected:
                yield f"{self.name}: {what} {found}, expected {expected}"

    def _judge_train(self, file: Path, policy: Policy) -> Judgement:
        body = file.read_bytes()
        opened = OpenManifest(ManifestObject("manifests", file.name, size=len(body)), [body])
        images = self._images([body], policy.images_bucket)
        return validate(opened, replace(policy, role=Role.TRAIN), images, Sink())

    def _images(self, bodies: Iterable[bytes], configured: str | None) -> "CaseImages":
        return CaseImages(self.world.images, [ref for body in bodies for ref in named(body)], configured, self.world)


class CaseImages(MemoryImages):
    """What S3 answers in the world of a case."""

    def __init__(self, images: Images, refs: Sequence[tuple[str, str]], configured: str | None, world: World) -> None:
        self._images = images
        counts = Counter(bucket for bucket, _ in refs)
        self._bucket = configured or max(counts, key=lambda bucket: counts[bucket], default="")
        buckets: dict[str, dict[str, Found]] = {bucket: {} for bucket in (self._bucket, world.object.bucket) if bucket}
        for bucket, key in [*refs, *map(self._split, images.extra)]:
            if not self._told(images.missing, bucket, key):
                buckets.setdefault(bucket, {})[key] = self._found(bucket, key)
        if images.bucket_missing:
            del buckets[self._bucket]
        super().__init__(buckets, regions=images.regions, listing_denied=images.listing_denied)

    def head(
        self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
    ) -> Iterator[tuple[str, Found | NotFound]]:
        """A missing object is denied to those who may not list: so S3 hides what there is."""
        for key, found in super().head(bucket, keys, out_of_time):
            hidden = found is NotFound.MISSING and self._images.listing_denied
            yield key, self._closed(bucket, key) or (NotFound.DENIED if hidden else found)

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterator[tuple[str, bytes | NotFound]]:
        for key in keys:
            self._count("get")
            there = key in self.buckets.get(bucket, {})
            yield key, self._closed(bucket, key) or (self._start(bucket, key)[:size] if there else NotFound.MISSING)

    def _count(self, operation: str) -> None:
        super()._count(operation)
        if self._images.throttled:
            raise RetryableError("Please reduce your request rate.")

    def _closed(self, bucket: str, key: str) -> NotFound | None:
        if self._told(self._images.denied, bucket, key):
            return NotFound.DENIED
        return NotFound.ENCRYPTED if self._told(self._images.encrypted, bucket, key) else None

    def _found(self, bucket: str, key: str) -> Found:
        sizes = self._images.sizes
        size = sizes.get(f"s3://{bucket}/{key}", sizes.get(key, IMAGE_BYTES))
        storage = self._images.storage
        if stored := storage.get(f"s3://{bucket}/{key}", storage.get(key)):
            return listed(size, stored)
        return Found(size, archived=self._told(self._images.archived, bucket, key))

    def _start(self, bucket: str, key: str) -> bytes:
        starts = self._images.starts
        usual = "jpeg 640x480" if key.lower().endswith((".jpg", ".jpeg")) else "png 640x480"
        return image_start(starts.get(f"s3://{bucket}/{key}", starts.get(key, usual)))

    def _split(self, ref: str) -> tuple[str, str]:
        bucket, _, key = ref.removeprefix("s3://").partition("/")
        return (bucket, key) if ref.startswith("s3://") else (self._bucket, ref)

    @staticmethod
    def _told(refs: list[str], bucket: str, key: str) -> bool:
        return key in refs or f"s3://{bucket}/{key}" in refs


def cases() -> list[Case]:
    """All cases, by name."""
    trains = {case.train for case in map(Case, CASES.glob("*/*.manifest")) if case.train}
    return [Case(path) for path in sorted(CASES.glob("*/*.manifest")) if path not in trains]


def named(body: bytes) -> Iterator[tuple[str, str]]:
    """Bucket and key of every image and mask that a manifest names, as far as it can be read."""
    found: list[tuple[str, str]] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        for name, value in pairs:
            if name.endswith("-ref") and isinstance(value, str) and value.startswith("s3://"):
                bucket, _, key = value.removeprefix("s3://").partition("/")
                if bucket and key and not _SURROGATE.search(key):
                    found.append((bucket, key))

    for line in body.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        try:
            json.loads(line, object_pairs_hook=note)
        except (ValueError, RecursionError):
            continue
    yield from found


def listed(size: int, stored: str) -> Found:
    """An object as the adapter reads it in a listing: `GLACIER`, `GLACIER restoring`, `GLACIER restored`."""
    storage_class, _, how = stored.partition(" ")
    restore = f"<IsRestoreInProgress>{str(how == 'restoring').lower()}</IsRestoreInProgress>" if how else ""
    if how == "restored":
        restore += "<RestoreExpiryDate>2026-01-08T00:00:00.000Z</RestoreExpiryDate>"
    entry = f"<Key>k</Key><Size>{size}</Size><StorageClass>{storage_class}</StorageClass>"
    contents = f"<Contents>{entry}<RestoreStatus>{restore}</RestoreStatus></Contents>"
    page = read_page(f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>".encode(), "")
    return page.objects[0][1]


def image_start(told: str) -> bytes:
    """The first bytes of an object.

    `png 640x480`, `jpeg 640x480`, `jpeg 640x480 after 90000` (so many bytes of other segments before its size),
    `gif 10x10`, `bmp 10x10`, `webp 10x10`, `text` (a page that a web server sent), or `hex 89504e47`.
    """
    kind, _, rest = told.partition(" ")
    if kind == "hex":
        return bytes.fromhex(rest)
    if kind == "text":
        return b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
    size, _, after = rest.partition(" after ")
    width, height = map(int, size.split("x"))
    return {
        "png": lambda: _png(width, height),
        "jpeg": lambda: _jpeg(width, height, int(after or 0)),
        "gif": lambda: b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(16),
        "bmp": lambda: b"BM" + struct.pack("<IHHIIiiHH", 100, 0, 0, 54, 40, width, height, 1, 24) + bytes(40),
        "webp": lambda: (
            b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<II", 10, 0)
            + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        ),
    }[kind]()  # fmt: skip


def _png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + bytes(64)


def _jpeg(width: int, height: int, before: int) -> bytes:
    segments = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    while before > 0:
        length = min(before, 65_000)
        segments += b"\xff\xe1" + struct.pack(">H", length + 2) + bytes(length)
        before -= length
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    return b"\xff\xd8" + segments + frame + bytes(64)


def ledger() -> dict[str, bool]:
    """For each slug that ever was whether it still is one."""
    rows = [row.partition(" ") for row in LEDGER.read_text(encoding="utf-8").splitlines()]
    return {slug: mark != "removed" for slug, _, mark in rows}


def stray() -> list[str]:
    """Files of the book that belong to no case and no rule."""
    mine = {LEDGER}
    for case in cases():
        if case.rule in RULES and case.path.stem.rpartition(".")[2] in ("pass", "fail"):
            mine |= {case.path, case.golden, case.world_file}
            mine |= {case.train} if case.train else set()
    return [str(path.relative_to(CASES)) for path in sorted(CASES.rglob("*")) if path.is_file() and path not in mine]
