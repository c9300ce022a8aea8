"""Which lines are clean beyond doubt, told many times faster than by judging each in full.

This only ever proves lines clean; what it does not prove is judged in full (`core.inspection`), so that nothing but
speed hangs on it. msgspec reads a whole block of lines and judges their fields; it keeps the last of repeated keys in
silence, and takes several objects on one line or one on several, so that all this is ruled out by counting. What labels
say is not judged here at all: of lines that are alike in that, the first is judged in full, and speaks for the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
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
_MOST_KINDS: Final = 10_000
_MOST_SHAPES: Final = 1_000
_AHEAD: Final = 20
"""Bytes of the second line that others are first taken to begin with, too."""
_USUAL_BUCKET: Final = re.compile(r"[a-z0-9.-]{3,255}")
_USUAL_REF: Final = re.compile(
    r"s3://[a-z0-9.-]{3,255}+(?:/(?![/.])[ -$&-.0-~]*+)++(?:(?<=\.png)|(?<=\.jpg)|(?<=\.jpeg)|(?<=\.PNG)|(?<=\.JPG))"
)
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


@dataclass(frozen=True, slots=True)
class Images:
    r"""The images that proven lines name in one bucket.

    Attributes:
        bucket: The bucket.
        lines: Which lines name it, rising.
        refs: For each the reference.
        together: The references joined by `\n`, if they are so.
    """

    bucket: str
    lines: Sequence[int]
    refs: Sequence[str]
    together: str | None = None


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
    """Lines that are clean.

    Attributes:
        lines: Their numbers, rising.
        kinds: For each line what it says.
        images: By bucket.
    """

    lines: Sequence[int]
    kinds: Sequence[Kind]
    images: Sequence[Images]

    def sights(self) -> Iterator[Sight]:
        """The kinds and buckets, each with the first line that has it."""
        place = 0
        for kind, count in Counter(self.kinds).items():  # in the order of first sight
            place = self.kinds.index(kind, place)
            yield Sight(self.lines[place], kind, count)
        for images in self.images:
            yield Sight(images.lines[0], images.bucket, len(images.refs))


class CleanLines:
    """Proves lines clean. It learns from the lines that it meets; one for each judgement.

    Args:
        policy: By what they are judged.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        limits = (policy.consumer.line_characters, policy.consumer.value_characters, MAX_LINE_BYTES)
        self._longest = min(filter(None, limits))
        self._shapes: dict[tuple[object, ...], _Shape | None] = {}
        self._usual: _Shape | None = None

    def prove(self, block: LineBlock) -> tuple[list[Proven], Sequence[int]]:
        """Finds out which lines of a block are clean.

        Returns:
            Those that are, and the places within the block of those that have to be judged in full, rising.
        """
        if block.dropped:
            return [], range(block.count)
        if self._usual is None:
            self._prefer(self._shape_of(block.content.partition(b"\n")[0])[0])
        proven, others = self._prove_together(block) or self._prove_singly(block)
        return proven, sorted(others)

    def _prove_together(self, block: LineBlock) -> _Result | None:
        """All lines at once; None where they are not alike."""
        shape, content = self._usual, block.content
        if shape is None or not block.ended or not _all_shorter(content, self._longest):
            return None
        try:
            rows = shape.decoder.decode_lines(content)
        except _faults():
            return None
        # There are never fewer quotation marks, nor line breaks if they stand one a line: the sum tells of all three.
        marks = len(content) - len(content.translate(None, b'"\\\n'))
        if marks != len(rows) * (shape.quotes + 1) or not _is_one_a_line(content, len(rows)):
            return None
        block.known = len(rows)
        return self._conclude(block, range(len(rows)), shape, *shape.columns(rows))

    def _prove_singly(self, block: LineBlock) -> _Result:
        """Line by line, as far as that is needed to tell them apart."""
        lines, usual = block.lines, self._usual
        unusual: Sequence[int] = range(len(lines))
        results: list[_Result] = []
        if usual is not None:
            places, rows, unusual = _read_each(lines, usual)
            results.append(self._prove_alike(block, lines, places, usual, *usual.columns(rows)))
        alike: dict[_Shape, tuple[list[int], list[Row]]] = {}
        others: list[int] = []
        for place in unusual:
            shape, row = self._shape_of(lines[place])
            if shape is None:
                others.append(place)
            else:
                places, rows = alike.setdefault(shape, ([], []))
                places.append(place)
                rows.append(row)
        for shape, (places, rows) in alike.items():
            results.append(self._prove_alike(block, lines, places, shape, *shape.columns_of(rows)))
            if 2 * len(places) > len(lines):
                self._prefer(shape)
        return [each for found, _ in results for each in found], [
            *others,
            *(place for _, left in results for place in left),
        ]

    def _prefer(self, shape: _Shape | None) -> None:
        """Reads lines as if they were of a shape, from now on. The order of several labels would be lost so."""
        if shape is not None and len(shape.labels) == 1:
            self._usual = shape

    def _prove_alike(
        self,
        block: LineBlock,
        lines: Sequence[bytes],
        places: Sequence[int],
        shape: _Shape,
        refs: Sequence[str],
        said: Sequence[_Said],
    ) -> _Result:
        """Lines of one shape."""
        contents = [lines[place] for place in places]
        together = b"".join(contents)
        kept, quotes = places, shape.quotes
        if together.count(b'"') != len(refs) * quotes:
            sound = [content.count(b'"') == quotes for content in contents]
            kept, refs, said, contents = _where(sound, kept, refs, said, contents)
        if b"\\" in together or max(map(len, contents), default=0) > self._longest:
            sound = [b"\\" not in content and len(content) <= self._longest for content in contents]
            kept, refs, said = _where(sound, kept, refs, said)
        found, left = self._conclude(block, kept, shape, refs, said)
        return found, [*_without(places, kept), *left]

    def _conclude(
        self, block: LineBlock, places: Sequence[int], shape: _Shape, refs: Sequence[str], said: Sequence[_Said]
    ) -> _Result:
        """Looks at references and labels, where all else is proven."""
        if not places:
            return [], []
        kept, together = places, "\n".join(refs)
        bucket = _common_bucket(refs, together)
        if bucket is None:
            sound = [_USUAL_REF.fullmatch(ref) or _is_sound(ref) for ref in refs]
            kept, refs, said = _where(sound, kept, refs, said)
        found = self._kinds(block, kept, shape, said)
        kinds = [kind for kind in found if kind is not None]
        if len(kinds) < len(found):
            kept, refs = _where(found, kept, refs)
        if not kept:
            return [], places
        numbers = _numbers(block.first, kept)
        whole = len(kept) == len(places)
        images = [Images(bucket, numbers, refs, together)] if bucket and whole else _by_bucket(numbers, refs)
        return [Proven(numbers, kinds, images)], _without(places, kept)

    def _kinds(
        self, block: LineBlock, places: Sequence[int], shape: _Shape, said: Sequence[_Said]
    ) -> list[Kind | None]:
        """What kind each line is of; None for one whose labels are at fault."""
        if len(shape.kinds) > _MOST_KINDS:
            shape.kinds.clear()
        try:
            return list(map(shape.kinds.__getitem__, said))
        except KeyError:
            for each in dict.fromkeys(said):
                if each not in shape.kinds:
                    [line] = block.at([places[said.index(each)]])
                    shape.kinds[each] = self._kind(line)
        return list(map(shape.kinds.__getitem__, said))

    def _kind(self, line: Line) -> Kind | None:
        inspected = inspect_line(line, self._policy)
        entry = inspected.entry
        return None if entry is None or inspected.findings else Kind(entry.labels, entry.labeled)

    def _shape_of(self, content: bytes) -> tuple[_Shape | None, Row]:
        """The shape of a line, and the line; no shape where it is not one that a clean line can have."""
        if b"\\" in content:
            return None, {}
        try:
            row: Row = _any_decoder().decode(content)
        except _faults():
            return None, {}
        metadata = {key: _present(value) for key, value in row.items() if not isinstance(value, str | int)}
        place = (*row, *map(type, row.values()), *metadata.values())
        if place not in self._shapes:
            if len(self._shapes) > _MOST_SHAPES:
                self._shapes.clear()
            self._shapes[place] = _Shape.of(row, metadata)
        return self._shapes[place], row


_Result = tuple[list[Proven], Sequence[int]]
"""Proven lines, and the places within the block of those that are not."""
_Said = tuple[Hashable, ...]
"""What a line's labels say: value and class of each."""


@dataclass(frozen=True, eq=False)
class _Shape:
    """Lines with the same keys and types of values, and with the same fields of metadata.

    Attributes:
        types: What msgspec is to read, by key.
        labels: Names of labels, in the line's order.
        quotes: Quotation marks that a line has if no key stands twice; it never has fewer.
        kinds: What lines of this shape say, by values and classes; None for what is at fault.
    """

    types: Mapping[str, Any]
    labels: Sequence[str]
    quotes: int
    kinds: dict[_Said, Kind | None] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Row, metadata: Mapping[str, frozenset[str]]) -> _Shape | None:
        """Makes it from a line, and from the optional fields that its metadata have."""
        labels = [key.removesuffix(SUFFIX) for key in metadata]
        named = all(label + SUFFIX in metadata and isinstance(row.get(label), str | int) for label in labels)
        if not labels or not named or not isinstance(row.get(_REF), str):
            return None
        types = {key: _metadata(metadata[key]) if key in metadata else type(value) for key, value in row.items()}
        quotes = sum(4 if kind is str else 2 for kind in types.values())
        fields = sum(4 * len(_REQUIRED) + sum(map(_QUOTES.__getitem__, present)) for present in metadata.values())
        return cls(types, labels, quotes + fields)

    @cached_property
    def decoder(self) -> Any:  # noqa: ANN401 - a decoder of msgspec
        """Reads lines of one label as objects with `ref`, `value` and `metadata`."""
        [label] = self.labels
        names = {_REF: "ref", label: "value", label + SUFFIX: "metadata"}
        fields = [
            (names.get(key, f"other_{number}"), _limited(kind)) for number, (key, kind) in enumerate(self.types.items())
        ]
        rename = {name: key for (name, _), key in zip(fields, self.types, strict=True)}
        line = _msgspec().defstruct("Line", fields, rename=rename, forbid_unknown_fields=True, gc=False)
        return _msgspec().json.Decoder(line)

    def columns(self, lines: Sequence[Any]) -> tuple[list[str], list[_Said]]:
        """The references of lines as the decoder reads them, and what their labels say."""
        return [line.ref for line in lines], [(line.value, line.metadata.class_name) for line in lines]

    def columns_of(self, rows: Sequence[Row]) -> tuple[list[str], list[_Said]]:
        """The references of rows, and what their labels say."""
        said: list[list[Hashable]] = []
        for label in self.labels:
            said += [[row[label] for row in rows], [row[label + SUFFIX].class_name for row in rows]]
        return [row[_REF] for row in rows], list(zip(*said, strict=True))


def _read_each(lines: Sequence[bytes], shape: _Shape) -> tuple[list[int], list[Any], list[int]]:
    """Reads lines; returns the places of those of a shape, these lines, and the places of the others."""
    read, faults = shape.decoder.decode, _faults()
    places, rows, others = list[int](), list[Any](), list[int]()
    for place, content in enumerate(lines):
        try:
            rows.append(read(content))
        except faults:
            others.append(place)
        else:
            places.append(place)
    return places, rows, others


@cache
def _faults() -> tuple[type[Exception], ...]:
    """What is raised of a line that is not taken."""
    return (_msgspec().DecodeError, UnicodeDecodeError)


def _msgspec() -> ModuleType:
    import msgspec  # noqa: PLC0415 - loaded only where lines are read

    return msgspec


@cache
def _any_decoder() -> Any:  # noqa: ANN401 - a decoder of msgspec
    """Reads lines with metadata that have any of the optional fields; all other values are texts or integers."""
    unset = _msgspec().UNSET
    metadata: Any = _metadata_of([(name, kind | _msgspec().UnsetType, unset) for name, kind in _optional().items()])
    text: Any = _limited(str)
    return _msgspec().json.Decoder(dict[str, text | int | metadata])


@cache
def _metadata(present: frozenset[str]) -> type:
    """Metadata with just these of the optional fields."""
    return _metadata_of([(name, kind) for name, kind in _optional().items() if name in present])


def _metadata_of(optional: Sequence[tuple[Any, ...]]) -> type:
    kinds = (str, Literal["yes", "no"], Literal["groundtruth/image-classification"])
    fields = [*zip(_REQUIRED, kinds, strict=True), *optional]
    made: type = _msgspec().defstruct("Metadata", fields, rename="kebab", forbid_unknown_fields=True, gc=False)
    return made


def _optional() -> dict[str, Any]:
    confidence = Annotated[float, _msgspec().Meta(ge=0, le=1)]
    return {"confidence": confidence, "creation_date": datetime, "job_name": str}


def _limited(kind: Any) -> Any:  # noqa: ANN401 - types as msgspec takes them
    """Texts of no more characters than a key surely may have: a longer reference is judged in full."""
    return Annotated[str, _msgspec().Meta(max_length=MAX_KEY_BYTES // 4)] if kind is str else kind


def _present(metadata: object) -> frozenset[str]:
    """Which of the optional fields metadata have."""
    return frozenset(name for name in _QUOTES if getattr(metadata, name) is not _msgspec().UNSET)


def _is_one_a_line(content: bytes, lines: int) -> bool:
    """Whether each of as many objects as line breaks stands on a line of its own.

    A line break between a closing and an opening brace lies within no object: JSON wants a comma there. So all breaks
    but the last have to be such. Those with the same beginning of the next line are found many times faster.
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


def _common_bucket(refs: Sequence[str], together: str) -> str | None:
    """The bucket of references, if it is one, and all of them are sound beyond doubt."""
    bucket, _, _ = refs[0].removeprefix(_SCHEME).partition("/")
    extension = refs[0][refs[0].rfind(".") :]
    before = f"{_SCHEME}{bucket}/"
    if (
        extension not in _EXTENSIONS
        or not _USUAL_BUCKET.fullmatch(bucket)
        or not together.startswith(before)
        or not together.endswith(extension)
        or together.count(f"{extension}\n{before}") != len(refs) - 1
    ):
        return None
    visible = "\x7f" not in together if together.isascii() else is_visible(together.replace("\n", ""))
    # No folder begins with a dot, which is quickest told where there are no other dots.
    dots = len(refs) * (1 + bucket.count("."))
    plain = together.count(".") == dots or "/." not in together
    return bucket if visible and plain and "%" not in together and together.count("//") == len(refs) else None


def _is_sound(ref: str) -> bool:
    """Whether there is nothing to say about a reference, however unusual."""
    parsed = parse(ref)
    return isinstance(parsed, SourceRef) and is_image_name(parsed.key) and not any(suspicions(parsed))


def _where(flags: Sequence[object], *columns: Sequence[Any]) -> Iterator[list[Any]]:
    """Those of each column whose flag is set."""
    return (list(compress(column, flags)) for column in columns)


def _numbers(first: int, places: Sequence[int]) -> Sequence[int]:
    if isinstance(places, range):
        return range(first + places.start, first + places.stop)
    return [first + place for place in places]


def _without(places: Sequence[int], kept: Sequence[int]) -> Sequence[int]:
    return () if len(kept) == len(places) else sorted(set(places).difference(kept))


def _by_bucket(numbers: Sequence[int], refs: Sequence[str]) -> list[Images]:
    owners = [ref.split("/", 3)[2] for ref in refs]
    buckets = list(dict.fromkeys(owners))
    if len(buckets) == 1:
        return [Images(buckets[0], numbers, refs)]
    found: list[Images] = []
    for bucket in buckets:
        lines, theirs = _where([owner == bucket for owner in owners], numbers, refs)
        found.append(Images(bucket, lines, theirs))
    return found
