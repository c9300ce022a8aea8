"""Which lines are clean beyond doubt, told many times faster than by judging each in full.

This only ever proves lines clean; what it does not prove is judged in full (`core.inspection`), so that nothing but
speed hangs on it. msgspec reads each line of a block and judges its fields; it keeps the last of repeated keys in
silence, so that these are ruled out by counting. What labels say is not judged here at all: of lines that are alike in
that, the first is judged in full, and speaks for the others. Where all is proven but what a reference or labels say,
nothing else needs to be judged.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from io import BytesIO
from types import ModuleType
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic_core import SchemaValidator, core_schema

from core.entry import Entry, Label
from core.finding import Finding
from core.inspection import Inspected, inspect_line, judge_ref
from core.labels import SUFFIX
from core.lines import MAX_LINE_BYTES, Line, LineBlock
from core.policy import Policy
from core.source_ref import (
    IMAGE_EXTENSIONS,
    MAX_KEY_BYTES,
    SourceRef,
    is_visible,
)

_REF: Final = "source-ref"
_NAMED: Final = f'{SUFFIX}"'.encode()
_JUDGED: Final = ("-ref", SUFFIX)
"""How keys end whose values are judged, too: those of masks, and of metadata."""
_SCHEME: Final = "s3://"
_QUOTES: Final = {
    "class-name": 4,
    "human-annotated": 4,
    "type": 4,
    "confidence": 2,
    "creation-date": 4,
    "job-name": 4,
}
"""Quotation marks that the fields of metadata bring, those of a text included."""
_OPTIONAL: Final = ("confidence", "creation-date", "job-name")
_MOST_KINDS: Final = 10_000
_MOST_SHAPES: Final = 1_000
_MOST_NAMED: Final = 100
_USUAL_BUCKET: Final = re.compile(r"[a-z0-9.-]{3,255}")
_ENDINGS: Final = (*IMAGE_EXTENSIONS, *map(str.upper, IMAGE_EXTENSIONS))
_EXTENSIONS: Final = frozenset(_ENDINGS)
_has_odd_signs: Final = SchemaValidator(core_schema.str_schema(pattern=r"//|/\.|%|\x7f")).isinstance_python
"""Whether paths hold an empty folder, one that begins with a dot, or a sign that is seldom meant.

Pydantic looks for all of these at once, in less time than Python takes for one of two characters.
"""

Row = Mapping[str, Any]
"""A line as msgspec reads it: texts, integers and metadata by key."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What lines that are alike say of their images.

    Attributes:
        labels: The judged labels.
        labeled: Any of them labels the image.
        findings: What is wrong with the labels, as told of the first such line; None where each has to be asked.
    """

    labels: tuple[Label, ...]
    labeled: bool
    findings: Sequence[Finding] | None = ()


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
        counts: How many lines are of each kind, in the order of first sight.
        images: By bucket.
    """

    lines: Sequence[int]
    kinds: Sequence[Kind]
    counts: Mapping[Kind, int]
    images: Sequence[Images]

    def sights(self) -> Iterator[Sight]:
        """The kinds and buckets, each with the first line that has it."""
        place = 0
        for kind, count in self.counts.items():
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
        self._named: dict[bytes, _Shape] = {}
        self._kinds: dict[_Said, Kind] = {}
        self._labels: dict[tuple[Hashable, ...], Label] = {}
        self._bucket = ""

    def prove(self, block: LineBlock) -> tuple[list[Proven], Others]:
        """Finds out which lines of a block are clean.

        Returns:
            Those that are, and the others by their places within the block, rising: what a full judgement says of
            each, or None where it has to be asked.
        """
        if block.dropped:
            return [], dict.fromkeys(range(block.count))
        if self._usual is None:
            self._prefer(self._shape_of(block.content.partition(b"\n")[0])[0], most=True)
        proven, others = self._prove_together(block) or self._prove_singly(block)
        return proven, dict(sorted(others.items()))

    def _prove_together(self, block: LineBlock) -> _Result | None:
        """All lines at once; None where they are not alike."""
        shape, content = self._usual, block.content
        if shape is None or not _all_shorter(content, self._longest):
            return None
        try:
            rows = list(map(shape.decoder.decode, BytesIO(content)))
        except _faults():
            return None
        # No line has fewer quotation marks: the sum tells of each.
        if content.count(b'"') != len(rows) * shape.quotes or b"\\" in content:
            return None
        block.known = len(rows)
        return self._conclude(block, range(len(rows)), [line.ref for line in rows], rows, shape)

    def _prove_singly(self, block: LineBlock) -> _Result:
        """Line by line, as far as that is needed to tell them apart."""
        lines, results = block.lines, list[_Result]()
        left: Sequence[int] = range(len(lines))
        if self._usual is not None:
            left = self._prove_shape(block, left, self._usual, results)
        likely: dict[_Shape | None, list[int]] = {None: []}
        for place in left:
            known = self._named.get(_label_in(lines[place]))
            likely.setdefault(None if known is self._usual else known, []).append(place)
        unknown = likely.pop(None)
        for known, places in likely.items():
            unknown += self._prove_shape(block, places, known, results) if known else ()
        others = self._prove_mixed(block, sorted(unknown), results)
        return _together([*results, ([], dict.fromkeys(others))])

    def _prove_mixed(self, block: LineBlock, among: Sequence[int], results: list[_Result]) -> list[int]:
        """Lines of any shapes; returns the places of those that are of none."""
        places, refs, said, others = list[int](), list[str](), list[_Said](), list[int]()
        shapes: Counter[_Shape] = Counter()
        for place in among:
            content = block.lines[place].removesuffix(b"\n")
            shape, row = self._shape_of(content)
            if shape is None or content.count(b'"') != shape.quotes or len(content) > self._longest:
                others.append(place)
                continue
            places.append(place)
            refs.append(row[_REF])
            said.append(shape.said(row))
            shapes[shape] += 1
        for shape, count in shapes.most_common(_MOST_NAMED):
            self._prefer(shape, most=2 * count > block.count)
        results.append(self._conclude(block, places, refs, said))
        return others

    def _prove_shape(
        self, block: LineBlock, among: Sequence[int], shape: _Shape, results: list[_Result]
    ) -> Sequence[int]:
        """Lines that are of a shape; returns the places of those that are not."""
        places, contents = list(among), list(map(block.lines.__getitem__, among))
        rows, unread = _read_each(contents, shape)
        others, _ = _taken_out(unread, places, contents)
        refs = [line.ref for line in rows]
        unsound = {at for at, content in enumerate(contents) if content.count(b'"') != shape.quotes}
        if b"\\" in block.content:
            unsound.update([at for at, content in enumerate(contents) if b"\\" in content])
        if not _all_shorter(block.content, longest := self._longest):
            unsound.update([at for at, each in enumerate(contents) if len(each.removesuffix(b"\n")) > longest])
        left, _, _ = _taken_out(sorted(unsound), places, refs, rows)
        results += [([], dict.fromkeys(left)), self._conclude(block, places, refs, rows, shape)]
        return others

    def _prefer(self, shape: _Shape | None, *, most: bool) -> None:
        """Reads lines as if they were of a shape, from now on. The order of several labels would be lost so."""
        if shape is None or len(shape.labels) > 1:
            return
        if most:
            self._usual = shape
        if len(self._named) < _MOST_NAMED:
            self._named[shape.labels[0].encode()] = shape

    def _conclude(
        self,
        block: LineBlock,
        places: Sequence[int],
        refs: Sequence[str],
        rows: Sequence[Any],
        shape: _Shape | None = None,
    ) -> _Result:
        """Looks at references and labels, where all else is proven.

        The rows are what the shape's decoder read, or without a shape what the labels of each say.
        """
        if not places:
            return [], {}
        together = "\n".join(refs)
        self._bucket = self._bucket or _bucket_of(refs[0])
        odd = _odd(refs, together, self._bucket)
        if 2 * len(odd) > len(refs):
            bucket = max(self._bucket, _bucket_of(refs[0]), key=lambda name: together.count(f"{_SCHEME}{name}/"))
            self._bucket, odd = bucket, _odd(refs, together, bucket)
        if not odd:
            return self._sum_up(block, places, refs, rows, shape, self._bucket, together)
        places, refs, rows = list(places), list(refs), list(rows)
        others, their_refs, their_rows = _taken_out(odd, places, refs, rows)
        numbers = _numbers(block.first, others)
        judged = [judge_ref(ref, number, self._policy) for ref, number in zip(their_refs, numbers, strict=True)]
        unsound = [at for at, (ref, findings) in enumerate(judged) if ref is None or findings]
        left, _, left_rows = _taken_out(unsound, others, their_refs, their_rows)
        results = [
            self._sum_up(block, places, refs, rows, shape, self._bucket),
            self._sum_up(block, others, their_refs, their_rows, shape),
        ]
        told = Others()
        for at, place, row in zip(unsound, left, left_rows, strict=True):
            told[place] = _told(block.first + place, *judged[at], self._kinds.get(_said(row, shape)))
        return _together([*results, ([], told)])

    def _sum_up(
        self,
        block: LineBlock,
        places: Sequence[int],
        refs: Sequence[str],
        rows: Sequence[Any],
        shape: _Shape | None,
        bucket: str | None = None,
        together: str | None = None,
    ) -> _Result:
        """Looks at labels, where all else is proven. The bucket is given if it is one, the text if refs are joined."""
        kinds, others = self._kinds_of(block, places, rows, shape), Others()
        counts = Counter(kinds)
        if faulty := [kind for kind in counts if kind.findings != ()]:
            places, refs, together = list(places), list(refs), None
            at = sorted(place for kind in faulty for place in _places_of(kind, kinds, counts.pop(kind)))
            for place, ref, kind in zip(*_taken_out(at, places, refs, kinds), strict=True):
                number = block.first + place
                others[place] = _told(number, *judge_ref(ref, number, self._policy), kind)
        if not kinds:
            return [], others
        numbers = _numbers(block.first, places)
        images = [Images(bucket, numbers, refs, together)] if bucket else _by_bucket(numbers, refs)
        return [Proven(numbers, kinds, counts, images)], others

    def _kinds_of(
        self, block: LineBlock, places: Sequence[int], rows: Sequence[Any], shape: _Shape | None
    ) -> list[Kind]:
        """What kind each line is of."""
        if len(self._kinds) > _MOST_KINDS:
            self._kinds.clear()
        try:
            return self._known_kinds(rows, shape)
        except KeyError:
            for place, row in zip(places, rows, strict=True):
                if (said := _said(row, shape)) not in self._kinds:
                    content = block.lines[place].removesuffix(b"\n")
                    self._kinds[said] = self._kind(said, block.first + place, content)
        return self._known_kinds(rows, shape)

    def _known_kinds(self, rows: Sequence[Any], shape: _Shape | None) -> list[Kind]:
        kinds = self._kinds
        if shape is None:
            return list(map(kinds.__getitem__, rows))
        return [kinds[shape, line.value, line.metadata.class_name] for line in rows]  # as `_said`, in a third less time

    def _kind(self, said: _Said, number: int, content: bytes) -> Kind:
        """What a line is whose labels have not been seen together.

        Each label is judged by itself. So once a line of the shape was judged in full, labels that were on any such
        line need not be judged again.
        """
        shape, *values = said
        parts = {name: (name, *values[2 * place : 2 * place + 2]) for place, name in enumerate(shape.labels)}
        known = [self._labels.get(parts[name]) for name in shape.judged]
        labels = tuple(label for label in known if label is not None)
        if not shape.judged or len(labels) < len(known):
            entry, findings, _ = inspect_line(Line(number, 0, content, len(content)), self._policy)
            if entry is None or findings:
                return Kind(entry.labels if entry else (), labeled=False, findings=findings if entry else None)
            labels = entry.labels
            shape.judged[:] = [label.name for label in labels]
            if len(self._labels) > _MOST_KINDS:
                self._labels.clear()
            self._labels.update((parts[label.name], label) for label in labels)
        return Kind(labels, any(label.known for label in labels))

    def _shape_of(self, content: bytes) -> tuple[_Shape | None, Row]:
        """The shape of a line, and the line; no shape where it is not one that a clean line can have."""
        if b"\\" in content:
            return None, {}
        try:
            row: Row = _any_decoder().decode(content)
        except _faults():
            return None, {}
        place = (*row, *map(_sort, row.values()))
        if place not in self._shapes:
            if len(self._shapes) > _MOST_SHAPES:
                self._shapes.clear()
            self._shapes[place] = _Shape.of(row, content)
        return self._shapes[place], row


Others = dict[int, Inspected | None]
"""Lines that are not proven, by their places within the block, and what is known of them."""
_Result = tuple[list[Proven], Others]
_Said = tuple[Any, ...]
"""The shape of a line, and what its labels say: value and class of each."""


@dataclass(frozen=True, eq=False)
class _Shape:
    """Lines with the same keys and types of values, and with the same fields of metadata.

    Attributes:
        types: What msgspec is to read, by key.
        labels: Names of labels, in the line's order.
        quotes: Quotation marks that a line has if no key stands twice; it never has fewer.
        judged: Names of the labels that are judged, once that is known.
    """

    types: Mapping[str, Any]
    labels: Sequence[str]
    quotes: int
    judged: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, row: Row, content: bytes) -> _Shape | None:
        """Makes it from a line."""
        # In the line's own order, in which msgspec finds fields at once.
        metadata = {key: tuple(value) for key, value in json.loads(content).items() if isinstance(value, dict)}
        labels = [key.removesuffix(SUFFIX) for key in metadata]
        named = all(isinstance(row.get(label), str | int) for label in labels)
        # What masks and labels without sound metadata say is told by a full judgement alone.
        odd = _REF in labels or any(key.endswith(_JUDGED) for key in row.keys() - metadata.keys() - {_REF})
        if not labels or not named or odd or not isinstance(row.get(_REF), str):
            return None
        types = {key: _metadata(metadata[key]) if key in metadata else type(value) for key, value in row.items()}
        quotes = sum(4 if kind is str else 2 for kind in types.values())
        fields = sum(_QUOTES[name] for names in metadata.values() for name in names)
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

    def said(self, row: Row) -> _Said:
        """What the labels of a row say."""
        return (self, *(each for label in self.labels for each in (row[label], row[label + SUFFIX].class_name)))


def _said(row: Any, shape: _Shape | None) -> _Said:  # noqa: ANN401 - a line as msgspec reads it
    """What the labels of a row say that a shape's decoder read; without a shape, the row is that already."""
    return row if shape is None else (shape, row.value, row.metadata.class_name)


def _read_each(lines: Sequence[bytes], shape: _Shape) -> tuple[list[Any], list[int]]:
    """Reads lines; returns those of a shape, and the places of the others."""
    rows, others, faults = list[Any](), list[int](), _faults()
    pending = map(shape.decoder.decode, lines)
    while True:
        try:
            rows.extend(pending)
        except faults:  # what was read before stays, and the next line is read next
            others.append(len(rows) + len(others))
        else:
            return rows, others


def _label_in(content: bytes) -> bytes:
    """The name of a label that a line may have."""
    end = content.find(_NAMED)
    return content[content.rfind(b'"', 0, end) + 1 : end]


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
    fields: list[tuple[Any, ...]] = [(key, kind) for key, kind in _fields().items() if key not in _OPTIONAL]
    fields += [(key, _fields()[key] | _msgspec().UnsetType, unset) for key in _OPTIONAL]
    text: Any = _limited(str)
    metadata: Any = _metadata_of(fields)
    return _msgspec().json.Decoder(dict[text, text | int | metadata])


@cache
def _metadata(keys: tuple[str, ...]) -> type:
    """Metadata with just these fields."""
    return _metadata_of([(key, _fields()[key]) for key in keys])


def _metadata_of(fields: Iterable[tuple[Any, ...]]) -> type:
    named = [(key.replace("-", "_"), *rest) for key, *rest in fields]
    made: type = _msgspec().defstruct("Metadata", named, rename="kebab", forbid_unknown_fields=True, gc=False)
    return made


@cache
def _fields() -> dict[str, Any]:
    """What the fields of metadata hold, by key."""
    return {
        "class-name": str,
        "human-annotated": Literal["yes", "no"],
        "type": Literal["groundtruth/image-classification"],
        "confidence": Annotated[float, _msgspec().Meta(ge=0, le=1)],
        "creation-date": datetime,
        "job-name": str,
    }


def _limited(kind: Any) -> Any:  # noqa: ANN401 - types as msgspec takes them
    """Texts of no more characters than a key of S3 surely may have, nor than are kept of a label's name."""
    return Annotated[str, _msgspec().Meta(max_length=MAX_KEY_BYTES // 4)] if kind is str else kind


def _sort(value: Any) -> object:  # noqa: ANN401 - a value of a row
    """What tells lines of different shapes apart: the type of a value, or which of the optional fields it has."""
    if isinstance(value, str | int):
        return type(value)
    return type(value.confidence), type(value.creation_date), type(value.job_name)


def _all_shorter(content: bytes, longest: int) -> bool:
    """Whether no line can be longer: there is a line break in every half of that length."""
    half = longest // 2
    return all(content.find(b"\n", start, start + half) >= 0 for start in range(0, len(content) - half + 1, half))


def _bucket_of(ref: str) -> str:
    return ref.removeprefix(_SCHEME).partition("/")[0]


def _are_usual(refs: Sequence[str], together: str, bucket: str) -> bool:
    """Whether references lie in one bucket, have one extension, and are sound beyond doubt: looked at as one text."""
    before, extension = f"{_SCHEME}{bucket}", refs[0][refs[0].rfind(".") :]
    return (
        extension in _EXTENSIONS
        and together.startswith(f"{before}/")
        and together.endswith(extension)
        and together.count(f"{extension}\n{before}/") == len(refs) - 1
        and not _has_odd_signs("\n".join([ref.removeprefix(before) for ref in refs]))
        and (together.isascii() or is_visible(together.replace("\n", "")))
    )


def _odd(refs: Sequence[str], together: str, bucket: str) -> Sequence[int]:
    """The places of references that do not lie in a bucket, or are not sound beyond doubt, rising."""
    if not _USUAL_BUCKET.fullmatch(bucket):
        return range(len(refs))
    if _are_usual(refs, together, bucket):
        return ()
    before = f"{_SCHEME}{bucket}"
    odd = {
        at
        for at, ref in enumerate(refs)
        if (path := ref.removeprefix(before)) == ref
        or path[:1] != "/"
        or "//" in path
        or "/." in path
        or not path.endswith(_ENDINGS)
    }
    for sign in ("%", "\x7f"):
        if sign in together:
            odd.update([at for at, ref in enumerate(refs) if sign in ref])
    if not together.isascii():
        odd.update([at for at, ref in enumerate(refs) if not ref.isascii() and not is_visible(ref)])
    return sorted(odd)


def _told(number: int, ref: SourceRef | None, findings: list[Finding], kind: Kind | None) -> Inspected | None:
    """What a full judgement says of a line that is sound but for its reference and what its labels say."""
    if kind is None or kind.findings is None:
        return None
    return Inspected(Entry(number, ref, kind.labels), findings + [finding.on(number) for finding in kind.findings])


def _together(results: Sequence[_Result]) -> _Result:
    """Several results in one."""
    others = Others()
    for _, more in results:
        others |= more
    return [each for proven, _ in results for each in proven], others


def _taken_out(at: Sequence[int], *columns: list[Any]) -> list[list[Any]]:
    """Takes what stands at some places, rising, out of lists; quick where they are few."""
    taken = [[column[place] for place in at] for column in columns]
    for column in columns:
        for place in reversed(at):
            del column[place]
    return taken


def _places_of(kind: Kind, kinds: Sequence[Kind], count: int) -> Iterator[int]:
    """Where a kind stands that stands so often."""
    at = -1
    for _ in range(count):
        at = kinds.index(kind, at + 1)
        yield at


def _numbers(first: int, places: Sequence[int]) -> Sequence[int]:
    if isinstance(places, range):
        return range(first + places.start, first + places.stop)
    return [first + place for place in places]


def _by_bucket(numbers: Sequence[int], refs: Sequence[str]) -> list[Images]:
    """Takes the images apart by bucket."""
    buckets: dict[str, tuple[list[int], list[str]]] = {}
    for number, ref in zip(numbers, refs, strict=True):
        lines, theirs = buckets.setdefault(_bucket_of(ref), ([], []))
        lines.append(number)
        theirs.append(ref)
    return [Images(bucket, lines, theirs) for bucket, (lines, theirs) in buckets.items()]
