"""Which lines are clean beyond doubt, told many times faster than by judging each in full.

This only ever proves lines clean; what it does not prove is judged in full (`core.inspection`), so that nothing but
speed hangs on it. msgspec reads a whole block of lines and judges their fields; it keeps the last of repeated keys in
silence, and takes several objects on one line or one on several, so that all this is ruled out by counting. What labels
say is not judged here at all: of lines that are alike in that, the first is judged in full, and speaks for the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import compress
from types import ModuleType
from typing import Annotated, Any, Final, Literal, NamedTuple

from core.entry import Label
from core.inspection import inspect_line
from core.labels import SUFFIX
from core.lines import MAX_LINE_BYTES, Line, LineBlock
from core.policy import Policy
from core.source_ref import (
    IMAGE_EXTENSIONS,
    MAX_KEY_BYTES,
    SourceRef,
    is_image_name,
    is_visible,
    parse,
    suspicions,
)

_REF: Final = "source-ref"
_SCHEME: Final = "s3://"
_QUOTES: Final = {"confidence": 2, "creation_date": 4, "job_name": 4}
"""Quotation marks that the optional fields of metadata bring, those of a text included."""
_REQUIRED: Final = ("class_name", "human_annotated", "type")
"""The others; each brings four."""
_MOST_READERS: Final = 8
_MOST_KINDS: Final = 10_000
_MOST_SHAPES: Final = 1_000
_AHEAD: Final = 20
"""Bytes of the second line that others are first taken to begin with, too."""
_USUAL_BUCKET: Final = re.compile(r"[a-z0-9.-]{3,255}")
_USUAL_REF: Final = re.compile(r"s3://[a-z0-9.-]{3,255}+(?:/(?![/.])[ -$&-.0-~]*+)++")
_ODD_FOLDER: Final = re.compile(r"/[/.]")
_EXTENSIONS: Final = frozenset({*IMAGE_EXTENSIONS, *map(str.upper, IMAGE_EXTENSIONS)})

Row = Mapping[str, Any]
"""A line as msgspec reads it: texts, integers and metadata by key."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What lines that are alike say of their images.

    Attributes:
        labels: The judged labels.
        labeled: Any of them labels the image.
    """

    labels: tuple[Label, ...]
    labeled: bool


class Sight(NamedTuple):
    """Something that proven lines have in common.

    Attributes:
        line: The first that has it.
        of: A kind of line, or the name of a bucket.
        times: How many have it.
    """

    line: int
    of: Kind | str
    times: int


@dataclass(frozen=True, slots=True)
class Proven:
    """Lines that are clean, alike in all but what is told here.

    Attributes:
        lines: Their numbers, rising.
        kinds: For each line what it says.
        buckets: The buckets of their images; for each the lines that name it, and the keys that they name.
    """

    lines: Sequence[int]
    kinds: Sequence[Kind]
    buckets: Mapping[str, tuple[Sequence[int], Sequence[str]]]

    def sights(self) -> Iterator[Sight]:
        """The kinds and buckets, each with the first line that has it."""
        firsts = dict(zip(reversed(self.kinds), reversed(self.lines), strict=True))
        for kind, count in Counter(self.kinds).items():
            yield Sight(firsts[kind], kind, count)
        for bucket, (lines, keys) in self.buckets.items():
            yield Sight(lines[0], bucket, len(keys))


class CleanLines:
    """Proves lines clean. It learns from the lines that it meets; one for each judgement.

    Args:
        policy: By what they are judged.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        limits = (policy.consumer.line_characters, policy.consumer.value_characters, MAX_LINE_BYTES)
        self._longest = min(filter(None, limits))
        self._readers: list[_Reader] = []
        self._shapes: dict[tuple[object, ...], _Shape | None] = {}

    def prove(self, block: LineBlock) -> tuple[list[Proven], list[Line]]:
        """Finds out which lines of a block are clean.

        Returns:
            Those that are, and those that have to be judged in full.
        """
        if block.dropped:
            return [], list(block)
        together = self._prove_together(block)
        proven, others = self._prove_singly(block) if together is None else together
        return proven, block.at(sorted(others))

    def _prove_together(self, block: LineBlock) -> _Result | None:
        """All lines at once; None where they are not alike."""
        content, faults = block.content, _faults()
        if not self._readers and self._learn(content.partition(b"\n")[0]) is None:
            return None
        if b"\\" in content or not _is_one_a_line(content, block.count) or not _all_shorter(content, self._longest):
            return None
        try:
            rows = self._readers[0].decode_lines(content)
        except faults:
            return None
        shape = self._shape(self._readers[0], rows[0]) if len(rows) == block.count else None
        if shape is None or content.count(b'"') != len(rows) * shape.quotes:
            return None
        columns = shape.columns(rows)
        return columns and self._conclude(block, range(block.count), shape, *columns)

    def _prove_singly(self, block: LineBlock) -> _Result:
        """Line by line, as far as that is needed to tell them apart."""
        faults, lines = _faults(), block.lines
        groups: dict[tuple[_Reader, tuple[str, ...]], tuple[list[int], list[Row]]] = {}
        others: list[int] = []
        for position, content in enumerate(lines):
            for reader in self._readers:
                try:
                    row = reader.decode(content)
                except faults:
                    continue
                break
            else:
                learnt = self._learn(content)
                if learnt is None:
                    others.append(position)
                    continue
                reader, row = learnt, learnt.decode(content)
            positions, rows = groups.setdefault((reader, tuple(row)), ([], []))
            positions.append(position)
            rows.append(row)
        proven: list[Proven] = []
        for (reader, _), (positions, rows) in groups.items():
            found, left = self._prove_alike(block, lines, positions, rows, reader)
            proven += found
            others += left
        return proven, others

    def _prove_alike(
        self, block: LineBlock, lines: Sequence[bytes], positions: Sequence[int], rows: Sequence[Row], reader: _Reader
    ) -> _Result:
        """Lines with the same keys."""
        shape = self._shape(reader, rows[0])
        columns = shape.columns(rows) if shape else None
        if shape is None or columns is None:
            by_types: dict[tuple[type, ...], list[int]] = {}
            for place, row in enumerate(rows):
                by_types.setdefault(tuple(map(type, row.values())), []).append(place)
            if len(by_types) == 1:
                return [], positions
            parts = [
                self._prove_alike(block, lines, [positions[at] for at in part], [rows[at] for at in part], reader)
                for part in by_types.values()
            ]
            return [each for found, _ in parts for each in found], [each for _, left in parts for each in left]
        refs, labels = columns
        contents = [lines[position] for position in positions]
        together = b"\n".join(contents)
        if (
            b"\\" in together
            or together.count(b'"') != len(rows) * shape.quotes
            or max(map(len, contents)) > self._longest
        ):
            sound = [
                b"\\" not in each and each.count(b'"') == shape.quotes and len(each) <= self._longest
                for each in contents
            ]
            refs, labels, kept = (
                list(compress(refs, sound)),
                list(compress(labels, sound)),
                list(compress(positions, sound)),
            )
            found, others = self._conclude(block, kept, shape, refs, labels)
            return found, [*_without(positions, kept), *others]
        return self._conclude(block, positions, shape, refs, labels)

    def _conclude(
        self, block: LineBlock, positions: Sequence[int], shape: _Shape, refs: Sequence[str], labels: Sequence[_Said]
    ) -> _Result:
        """Looks at references and labels, where all else is proven."""
        if not positions:
            return [], []
        kept = positions
        bucket = _common_bucket(refs)
        if bucket is None:
            found = [_sound_ref(ref) for ref in refs]
            owners = [ref.bucket for ref in found if ref]
            keys = [ref.key for ref in found if ref]
            kept, labels = list(compress(kept, found)), list(compress(labels, found))
        else:
            start = len(_SCHEME) + len(bucket) + 1
            owners, keys = [], [ref[start:] for ref in refs]
        kinds = self._kinds(block, kept, shape, labels)
        if None in kinds:
            kept, keys, owners = list(compress(kept, kinds)), list(compress(keys, kinds)), list(compress(owners, kinds))
        numbers = _numbers(block.first, kept)
        buckets = {bucket: (numbers, keys)} if bucket is not None else _by_bucket(owners, numbers, keys)
        proven = [Proven(numbers, [kind for kind in kinds if kind], buckets)] if kept else []
        return proven, _without(positions, kept)

    def _kinds(
        self, block: LineBlock, positions: Sequence[int], shape: _Shape, labels: Sequence[_Said]
    ) -> list[Kind | None]:
        """What kind each line is of; None for one whose labels are at fault."""
        if len(shape.kinds) > _MOST_KINDS:
            shape.kinds.clear()
        for said in set(labels).difference(shape.kinds):
            [line] = block.at([positions[labels.index(said)]])
            inspected = inspect_line(line, self._policy)
            entry = inspected.entry
            shape.kinds[said] = (
                Kind(entry.labels, entry.labeled) if entry is not None and not inspected.findings else None
            )
        return list(map(shape.kinds.__getitem__, labels))

    def _shape(self, reader: _Reader, row: Row) -> _Shape | None:
        place = (reader, *row, *map(type, row.values()))
        if place not in self._shapes:
            if len(self._shapes) > _MOST_SHAPES:
                self._shapes.clear()
            self._shapes[place] = _Shape.of(row, reader)
        return self._shapes[place]

    def _learn(self, content: bytes) -> _Reader | None:
        """Makes a reader for lines like one, if that is possible."""
        if len(self._readers) == _MOST_READERS:
            return None
        try:
            row = _any_decoder().decode(content)
        except _faults():
            return None
        present = {_present(each) for each in row.values() if not isinstance(each, str | int)}
        if len(present) != 1:
            return None
        [reader] = map(_reader, present)
        self._readers.append(reader)
        return reader


_Result = tuple[list[Proven], Sequence[int]]
"""Proven lines, and the places within the block of those that are not."""
_Said = tuple[Hashable, ...]
"""What a line's labels say: value and class of each."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys of lines that are alike.

    Attributes:
        types: The types of values that are no metadata, by key.
        labels: Names of labels, in the line's order.
        quotes: Quotation marks that a line has if no key stands twice.
        kinds: What lines of this shape say, by values and classes; None for what is at fault.
    """

    types: Mapping[str, type]
    labels: Sequence[str]
    quotes: int
    kinds: dict[_Said, Kind | None] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Row, reader: _Reader) -> _Shape | None:
        """The shape of a line; None where it is not one that a clean line can have."""
        types = {key: type(value) for key, value in row.items() if isinstance(value, str | int)}
        metadata = [key for key in row if key not in types]
        labels = [key.removesuffix(SUFFIX) for key in metadata]
        named = all(label in types and label + SUFFIX == key for label, key in zip(labels, metadata, strict=True))
        if not metadata or not named or types.get(_REF) is not str:
            return None
        texts = sum(each is str for each in types.values())
        return cls(types, labels, 2 * (len(row) + texts) + reader.quotes * len(labels))

    def columns(self, rows: Sequence[Row]) -> tuple[list[str], list[_Said]] | None:
        """The references of lines, and what their labels say; None if not all lines are of this shape."""
        keys = tuple(rows[0])
        alike = {len(keys)} == set(map(len, rows)) if len(self.labels) == 1 else {keys} == set(map(tuple, rows))
        if not alike:
            return None
        said: list[list[Hashable]] = []
        try:
            plain = {key: [row[key] for row in rows] for key in self.types}
            for label in self.labels:
                field = label + SUFFIX
                said += [plain[label], [row[field].class_name for row in rows]]
        except (KeyError, AttributeError):  # another key, or no metadata
            return None
        if any(set(map(type, plain[key])) != {kind} for key, kind in self.types.items()):
            return None
        return plain[_REF], list(zip(*said, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """Reads lines whose metadata have just the required fields and some of the others.

    Attributes:
        decode: Reads one line.
        decode_lines: Reads lines, as many objects as there are.
        quotes: Quotation marks that the fields of metadata have, without repeats.
    """

    decode: Callable[[bytes], Row]
    decode_lines: Callable[[bytes], list[Row]]
    quotes: int


@cache
def _faults() -> tuple[type[Exception], ...]:
    """What is raised of a line that is not taken."""
    return (_msgspec().DecodeError, UnicodeDecodeError)


def _msgspec() -> ModuleType:
    import msgspec  # noqa: PLC0415 - loaded only where lines are read

    return msgspec


@cache
def _reader(present: frozenset[str]) -> _Reader:
    decoder = _decoder([(name, kind) for name, kind in _optional().items() if name in present])
    return _Reader(decoder.decode, decoder.decode_lines, 4 * len(_REQUIRED) + sum(_QUOTES[name] for name in present))


@cache
def _any_decoder() -> Any:  # noqa: ANN401 - a decoder of msgspec
    unset = _msgspec().UNSET
    return _decoder([(name, kind | _msgspec().UnsetType, unset) for name, kind in _optional().items()])


def _optional() -> dict[str, Any]:
    return {
        "confidence": Annotated[float, _msgspec().Meta(ge=0, le=1)],
        "creation_date": datetime,
        "job_name": str,
    }


def _decoder(optional: Sequence[tuple[Any, ...]]) -> Any:  # noqa: ANN401 - a decoder of msgspec
    """Reads lines strictly: metadata with just these fields, all other values texts or integers."""
    msgspec = _msgspec()
    kinds = (str, Literal["yes", "no"], Literal["groundtruth/image-classification"])
    required = zip(_REQUIRED, kinds, strict=True)
    metadata: Any = msgspec.defstruct(
        "Metadata", [*required, *optional], rename="kebab", forbid_unknown_fields=True, gc=False
    )
    # A longer reference may have too long a key; and where it has not, it is judged in full.
    text = Annotated[str, msgspec.Meta(max_length=MAX_KEY_BYTES // 4)]
    return msgspec.json.Decoder(dict[str, text | int | metadata])


def _present(metadata: object) -> frozenset[str]:
    """Which of the optional fields metadata have."""
    return frozenset(name for name in _QUOTES if getattr(metadata, name) is not _msgspec().UNSET)


def _is_one_a_line(content: bytes, lines: int) -> bool:
    """Whether each of as many objects as lines stands on a line of its own.

    A line break between a closing and an opening brace lies within no object: JSON wants a comma there. So all breaks
    have to be such. Those with the same beginning of the next line are found many times faster.
    """
    at = content.find(b"\n")
    last = at - 1 if content[at - 1 : at] == b"\r" else at
    if lines == 1 or content[last - 1 : last] != b"}" or content[at + 1 : at + 2] != b"{":
        return lines == 1
    return any(content.count(content[last - 1 : at + 1 + ahead]) == lines - 1 for ahead in (_AHEAD, 1))


def _all_shorter(content: bytes, longest: int) -> bool:
    """Whether no line can be longer: there is a line break in every half of that length."""
    half = longest // 2
    return all(content.find(b"\n", start, start + half) >= 0 for start in range(0, len(content) - half + 1, half))


def _common_bucket(refs: Sequence[str]) -> str | None:
    """The bucket of references, if it is one, and all of them are sound beyond doubt."""
    bucket, _, _ = refs[0].removeprefix(_SCHEME).partition("/")
    extension = refs[0][refs[0].rfind(".") :]
    before = f"{_SCHEME}{bucket}/"
    together = "\n".join(refs)
    between = f"{extension}\n{before}"
    if (
        extension not in _EXTENSIONS
        or not _USUAL_BUCKET.fullmatch(bucket)
        or not together.startswith(before)
        or not together.endswith(extension)
        or together.count(between) != len(refs) - 1
    ):
        return None
    # Each line now is what stands between the bucket and the extension, with the slash before it.
    keys = together[len(before) - 1 : -len(extension)].replace(between, "\n/")
    visible = "\x7f" not in keys if keys.isascii() else is_visible(keys.replace("\n", ""))
    return bucket if visible and "%" not in keys and not _ODD_FOLDER.search(keys) else None


def _sound_ref(ref: str) -> SourceRef | None:
    """A reference about which there is nothing to say, else None."""
    if _USUAL_REF.fullmatch(ref) and is_image_name(ref):
        bucket, _, key = ref.removeprefix(_SCHEME).partition("/")
        return SourceRef(bucket, key)
    parsed = parse(ref)
    sound = isinstance(parsed, SourceRef) and is_image_name(parsed.key) and not any(suspicions(parsed))
    return parsed if isinstance(parsed, SourceRef) and sound else None


def _numbers(first: int, positions: Sequence[int]) -> Sequence[int]:
    if isinstance(positions, range):
        return range(first + positions.start, first + positions.stop)
    return [first + position for position in positions]


def _without(positions: Sequence[int], kept: Sequence[int]) -> Sequence[int]:
    return () if len(kept) == len(positions) else sorted(set(positions).difference(kept))


def _by_bucket(
    owners: Sequence[str], numbers: Sequence[int], keys: Sequence[str]
) -> dict[str, tuple[Sequence[int], Sequence[str]]]:
    buckets: dict[str, tuple[list[int], list[str]]] = {}
    for owner, number, key in zip(owners, numbers, keys, strict=True):
        lines, theirs = buckets.setdefault(owner, ([], []))
        lines.append(number)
        theirs.append(key)
    return dict(buckets)
