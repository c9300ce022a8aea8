"""Which lines are clean beyond doubt, told many times faster than by judging each in full.

It proves lines clean, and tells of others what an alike line was found to have; whatever it does not know is judged in
full (`core.inspection`), with which it must agree to the letter. msgspec reads each line of a block and judges its
fields; it keeps the last of repeated keys in silence, so that these are ruled out by counting. What labels say is not
judged here at all: of lines that are alike in that, the first is judged in full, and speaks for the others. That is
exact because what is said of labels depends only on which of them stand together (and on their order, where a kind
keeps it), on the name, value and class of each, and on the fields of their metadata; names that mean more than that
have no shape. Where all is proven but what a reference or labels say, nothing else needs to be judged.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from io import BytesIO
from operator import attrgetter
from types import ModuleType
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic_core import SchemaValidator, core_schema

from core.entry import Entry, Label, Value, values_of
from core.finding import Finding
from core.inspection import Inspected, inspect_line, judge_ref
from core.labels import SUFFIX
from core.lines import MAX_LINE_BYTES, Line, LineBlock
from core.policy import Policy
from core.references import Labelling, labelling_of
from core.source_ref import (
    BLANK_LETTERS,
    IMAGE_EXTENSIONS,
    MAX_KEY_BYTES,
    SourceRef,
    is_visible,
)

_REF: Final = "source-ref"
_JUDGED: Final = ("-ref", SUFFIX)
"""How keys end that are masks or metadata to a full judgement: no label or other key of a shape is called so."""
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
_LARGEST: Final = 2**60
_MOST_KEYS: Final = 150
"""Keys of a line that is not judged in full: msgspec looks for each among all, and shapes are kept."""
_MOST_LABELS: Final = 50
"""Labels that lines are read with at once."""
_USUAL_BUCKET: Final = re.compile(r"[a-z0-9.-]{3,255}")
_ENDINGS: Final = (*IMAGE_EXTENSIONS, *map(str.upper, IMAGE_EXTENSIONS))
_EXTENSIONS: Final = frozenset(_ENDINGS)
_has_odd_signs: Final = SchemaValidator(
    core_schema.str_schema(pattern=rf"//|/\.|%|\x7f|[{BLANK_LETTERS}]")
).isinstance_python
"""Whether paths hold an empty folder, one that begins with a dot, or a sign that is seldom meant.

Pydantic looks for all of these at once, in less time than Python takes for one of two characters.
"""

Row = Mapping[str, Any]
"""A line as msgspec reads it: texts, integers and metadata by key."""


@dataclass(slots=True, eq=False)
class Kind:
    """What lines that are alike say of their images; known once the first of them was judged.

    Attributes:
        said: Name, value and class of each label.
        quotes: Quotation marks that such a line has if no key stands twice; it never has fewer. 0 where what such lines
            say cannot be told from that.
        ordered: The labels stand in the order of each line.
        judged: Names of the labels that are judged where just these stand together, once that is known.
        known: What follows is.
        labels: The judged labels.
        labelling: How they label an image.
        values: Their values, where they label it.
        labeled: Any of them labels the image.
        findings: What is wrong with the labels, as told of the first such line; None where each has to be asked.
    """

    said: Sequence[_Said]
    quotes: int
    ordered: bool
    judged: list[str]
    known: bool = False
    labels: tuple[Label, ...] = ()
    labelling: Labelling = ()
    values: tuple[Value, ...] = ()
    labeled: bool = False
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
        self._in_any_order = _in_any_order(policy)
        self._shapes: dict[tuple[object, ...], _Shape | None] = {}
        self._form: _Form | None = None
        self._kinds = _Kinds(lambda said: said[0].kind(said[1:]))
        self._labels: dict[_Said, Label] = {}
        self._bucket = ""

    def prove(self, block: LineBlock) -> tuple[list[Proven], Others]:
        """Finds out which lines of a block are clean.

        Returns:
            Those that are, and the others by their places within the block, rising: what a full judgement says of
            each, or None where it has to be asked.
        """
        if block.dropped:
            return [], dict.fromkeys(range(block.count))
        if self._form is None:
            self._prefer(self._shape_of(block.content.partition(b"\n")[0])[0])
        else:
            self._form.bound()
        self._kinds.bound()
        proven, others = self._prove_together(block) or self._prove_singly(block)
        return proven, dict(sorted(others.items()))

    def _prove_together(self, block: LineBlock) -> _Result | None:
        """All lines at once; None where they cannot all be read so."""
        form, content = self._form, block.content
        if form is None or b"\\" in content or not _all_shorter(content, self._longest):
            return None
        try:
            rows = list(map(form.decoder.decode, BytesIO(content)))
        except _faults():
            return None
        kinds = form.kinds_of(rows)
        # No line has fewer quotation marks than its kind: the sum tells of each.
        if content.count(b'"') != sum(kind.quotes * count for kind, count in Counter(kinds).items()):
            return None
        block.known = len(rows)
        return self._conclude(block, range(len(rows)), [line.ref for line in rows], kinds)

    def _prove_singly(self, block: LineBlock) -> _Result:
        """Line by line, as far as that is needed to tell them apart."""
        results, left = list[_Result](), range(block.count)
        unread = left if self._form is None else self._prove_form(block, self._form, results)
        others = self._prove_mixed(block, unread, results)
        return _together([*results, ([], dict.fromkeys(others))])

    def _prove_form(self, block: LineBlock, form: _Form, results: list[_Result]) -> Sequence[int]:
        """Lines as far as they are of a form; returns the places of those that are not."""
        places, contents = list(range(block.count)), list(block.lines)
        rows, unread = _read_each(contents, form)
        others, _ = _taken_out(unread, places, contents)
        refs, kinds = [line.ref for line in rows], form.kinds_of(rows)
        unsound = {at for at, content in enumerate(contents) if content.count(b'"') != kinds[at].quotes}
        if b"\\" in block.content:
            unsound.update([at for at, content in enumerate(contents) if b"\\" in content])
        if not _all_shorter(block.content, longest := self._longest):
            unsound.update([at for at, each in enumerate(contents) if len(each.removesuffix(b"\n")) > longest])
        others += _taken_out(sorted(unsound), places, refs, kinds)[0]
        results.append(self._conclude(block, places, refs, kinds))
        return sorted(others)

    def _prove_mixed(self, block: LineBlock, among: Sequence[int], results: list[_Result]) -> list[int]:
        """Lines of any shapes; returns the places of those that are of none."""
        places, refs, kinds, others = list[int](), list[str](), list[Kind](), list[int]()
        shapes: Counter[_Shape] = Counter()
        for place in among:
            content = block.lines[place].removesuffix(b"\n")
            shape, row = self._shape_of(content)
            if shape is None or content.count(b'"') != shape.quotes:
                others.append(place)
                continue
            places.append(place)
            refs.append(row[_REF])
            kinds.append(self._kinds[shape, *shape.said(row)])
            shapes[shape] += 1
        for shape, count in shapes.most_common():
            self._prefer(shape, most=2 * count > block.count)
        results.append(self._conclude(block, places, refs, kinds))
        return others

    def _prefer(self, shape: _Shape | None, *, most: bool = False) -> None:
        """Reads lines as if they were of a shape, too, from now on; if most are, rather than as before."""
        form = self._form
        if shape is None or len(shape.labels) > self._in_any_order:
            return
        if form is None or (most and not form.agrees(shape)):
            self._form = _Form(shape.labels, shape.others, self._in_any_order)
        elif form.agrees(shape):
            self._form = form.widened(shape)

    def _conclude(self, block: LineBlock, places: Sequence[int], refs: Sequence[str], kinds: Sequence[Kind]) -> _Result:
        """Looks at references and labels, where all else is proven."""
        if not places:
            return [], {}
        together = "\n".join(refs)
        self._bucket = self._bucket or _bucket_of(refs[0])
        odd = _odd(refs, together, self._bucket)
        if 2 * len(odd) > len(refs):
            bucket = max(self._bucket, _bucket_of(refs[0]), key=lambda name: together.count(f"{_SCHEME}{name}/"))
            self._bucket, odd = bucket, _odd(refs, together, bucket)
        if not odd:
            return self._sum_up(block, places, refs, kinds, self._bucket, together)
        places, refs, kinds = list(places), list(refs), list(kinds)
        others, their_refs, their_kinds = _taken_out(odd, places, refs, kinds)
        numbers = _numbers(block.first, others)
        judged = [judge_ref(ref, number, self._policy) for ref, number in zip(their_refs, numbers, strict=True)]
        unsound = [at for at, (ref, findings) in enumerate(judged) if ref is None or findings]
        left, _, left_kinds = _taken_out(unsound, others, their_refs, their_kinds)
        results = [
            self._sum_up(block, places, refs, kinds, self._bucket),
            self._sum_up(block, others, their_refs, their_kinds),
        ]
        told = Others()
        for at, place, kind in zip(unsound, left, left_kinds, strict=True):
            told[place] = _told(block.first + place, *judged[at], kind)
        return _together([*results, ([], told)])

    def _sum_up(
        self,
        block: LineBlock,
        places: Sequence[int],
        refs: Sequence[str],
        kinds: Sequence[Kind],
        bucket: str | None = None,
        together: str | None = None,
    ) -> _Result:
        """Looks at labels, where all else is proven. The bucket is given if it is one, the text if refs are joined."""
        counts, others = Counter(kinds), Others()
        if not all(kind.known for kind in counts):
            for place, kind in zip(places, kinds, strict=True):
                if not kind.known:
                    self._learn(kind, block.first + place, block.lines[place].removesuffix(b"\n"))
        if faulty := [kind for kind in counts if kind.findings != ()]:
            places, refs, kinds, together = list(places), list(refs), list(kinds), None
            at = sorted(place for kind in faulty for place in _places_of(kind, kinds, counts.pop(kind)))
            for place, ref, kind in zip(*_taken_out(at, places, refs, kinds), strict=True):
                number = block.first + place
                others[place] = _told(number, *judge_ref(ref, number, self._policy), kind)
        if not kinds:
            return [], others
        numbers = _numbers(block.first, places)
        images = [Images(bucket, numbers, refs, together)] if bucket else _by_bucket(numbers, refs)
        return [Proven(numbers, kinds, counts, images)], others

    def _learn(self, kind: Kind, number: int, content: bytes) -> None:
        """Judges labels that have not been seen together, by the first line that has them.

        Each label is judged by itself. So once a line with the same labels was judged in full, labels that were on any
        such line need not be judged again.
        """
        kind.known = True
        parts = {part[0]: part for part in kind.said}
        known = [self._labels.get(parts[name]) for name in kind.judged]
        labels = tuple(label for label in known if label is not None)
        if not kind.judged or len(labels) < len(known):
            entry, findings, _ = inspect_line(Line(number, 0, content, len(content)), self._policy)
            if entry is None or findings:
                kind.labels, kind.findings = entry.labels if entry else (), findings if entry and kind.ordered else None
                return
            labels = entry.labels
            kind.judged[:] = [label.name for label in labels]
            if len(self._labels) > _MOST_KINDS:
                self._labels.clear()
            self._labels.update((parts[label.name], label) for label in labels)
        kind.labels, kind.labelling, kind.values = labels, labelling_of(labels), values_of(labels)
        kind.labeled = any(label.known for label in labels)

    def _shape_of(self, content: bytes) -> tuple[_Shape | None, Row]:
        """The shape of a line, and the line; no shape where it is not one that a clean line can have."""
        if b"\\" in content or len(content) > self._longest:
            return None, {}
        try:
            row: Row = _any_decoder().decode(content)
        except _faults():
            return None, {}
        if len(row) > _MOST_KEYS:
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
_Said = tuple[str, Any, Any]
"""Name, value and class of a label."""


class _Kinds(dict[tuple[Any, ...], Kind]):
    """Kinds of lines by what the lines say, made as they are met.

    Args:
        make: Makes one.
    """

    def __init__(self, make: Callable[[tuple[Any, ...]], Kind]) -> None:
        self._make = make

    def __missing__(self, said: tuple[Any, ...]) -> Kind:
        kind = self[said] = self._make(said)
        return kind

    def bound(self) -> None:
        """Forgets them if there are too many."""
        if len(self) > _MOST_KINDS:
            self.clear()


@dataclass(frozen=True, eq=False)
class _Shape:
    """Lines with the same keys in the same order and types of values, and with the same fields of metadata.

    Attributes:
        labels: The fields of each label's metadata, in the line's order.
        others: The types of the other values, but for the reference, by key.
        quotes: Quotation marks that a line has if no key stands twice; it never has fewer.
        judged: Names of the labels that are judged, once that is known.
    """

    labels: Mapping[str, tuple[str, ...]]
    others: Mapping[str, type]
    quotes: int
    judged: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, row: Row, content: bytes) -> _Shape | None:
        """Makes it from a line."""
        fields = {key: tuple(value) for key, value in json.loads(content).items() if isinstance(value, dict)}
        labels = {key.removesuffix(SUFFIX): names for key, names in fields.items()}
        named = all(isinstance(row.get(label), str | int) for label in labels)
        others = {key: type(row[key]) for key in row.keys() - fields.keys() - labels.keys() - {_REF}}
        # What masks and labels without sound metadata say is told by a full judgement alone.
        odd = any(key.endswith(_JUDGED) for key in (*labels, *others))
        if not named or odd or not isinstance(row.get(_REF), str):
            return None
        texts = sum(isinstance(value, str) for value in row.values())
        metadata = sum(_QUOTES[name] for names in fields.values() for name in names)
        return cls(labels, others, 2 * len(row) + 2 * texts + metadata)

    def said(self, row: Row) -> tuple[Any, ...]:
        """What the labels of a row say: value and class of each."""
        return tuple(each for label in self.labels for each in (row[label], row[label + SUFFIX].class_name))

    def kind(self, said: tuple[Any, ...]) -> Kind:
        """Lines whose labels say something."""
        return Kind(
            [*zip(self.labels, said[::2], said[1::2], strict=True)], self.quotes, ordered=True, judged=self.judged
        )


class _Form:
    """Lines with any of some labels, in any order, as msgspec reads them at once.

    Args:
        labels: The fields of each label's metadata.
        others: The types of the other values, but for the reference, by key; each is there.
        most: Labels of a line that are judged alike in any order.
    """

    def __init__(self, labels: Mapping[str, tuple[str, ...]], others: Mapping[str, type], most: int) -> None:
        self._labels = labels
        self._others = others
        self._most = most
        self._judged: dict[tuple[str, ...], list[str]] = {}
        self._quotes = 2 * (2 + len(others) + sum(kind is str for kind in others.values()))
        self._quotes_of = {name: 4 + sum(map(_QUOTES.__getitem__, names)) for name, names in self._labels.items()}
        self.kinds = _Kinds(self._kind)

    def agrees(self, shape: _Shape) -> bool:
        """Whether lines of a shape can be read so, but for labels that are not known."""
        mine = self._labels
        return self._others == shape.others and all(mine.get(name, has) == has for name, has in shape.labels.items())

    def widened(self, shape: _Shape) -> _Form:
        """Reads a shape's labels, too, if that are not too many."""
        labels = {**self._labels, **shape.labels}
        return _Form(labels, self._others, self._most) if len(self._labels) < len(labels) <= _MOST_LABELS else self

    def bound(self) -> None:
        """Forgets what lines say if that is too much."""
        self.kinds.bound()
        if not self.kinds:
            self._judged.clear()

    @cached_property
    def decoder(self) -> Any:  # noqa: ANN401 - a decoder of msgspec
        """Reads lines as objects with `ref`, and for each label `value_N` and `metadata_N`, from 0."""
        unset, absent = _msgspec().UNSET, _absent()
        value: Any = _limited(str) | _limited(int) | _msgspec().UnsetType
        fields: list[tuple[Any, ...]] = [("ref", _limited(str))]
        fields += [(f"other_{at}", _limited(kind)) for at, kind in enumerate(self._others.values())]
        rename = {"ref": _REF} | {f"other_{at}": key for at, key in enumerate(self._others)}
        for at, (name, names) in enumerate(self._labels.items()):
            fields += [(f"value_{at}", value, unset), (f"metadata_{at}", _metadata(names), absent)]
            rename |= {f"value_{at}": name, f"metadata_{at}": name + SUFFIX}
        line = _msgspec().defstruct("Line", fields, rename=rename, forbid_unknown_fields=True, gc=False)
        return _msgspec().json.Decoder(line)

    @cached_property
    def _said(self) -> Callable[[Any], tuple[Any, ...]]:
        """What the labels of a line say: value and class of each."""
        names = (f"{name}_{at}" for at in range(len(self._labels)) for name in ("value", "metadata"))
        return attrgetter(*(f"{name}.class_name" if name.startswith("metadata") else name for name in names))

    def kinds_of(self, lines: Sequence[Any]) -> list[Kind]:
        """What kind each line is of that was read."""
        kinds = self.kinds
        if not self._labels:
            return [kinds[()]] * len(lines)
        if len(self._labels) == 1:
            return [kinds[line.value_0, line.metadata_0.class_name] for line in lines]  # quicker
        return list(map(kinds.__getitem__, map(self._said, lines)))

    def _kind(self, said: tuple[Any, ...]) -> Kind:
        unset, there, quotes, whole = _msgspec().UNSET, list[_Said](), self._quotes, True
        for (name, more), value, class_name in zip(self._quotes_of.items(), said[::2], said[1::2], strict=True):
            whole = whole and (value is unset) == (class_name is unset)
            if value is not unset:
                there.append((name, value, class_name))
                quotes += more + 2 * isinstance(value, str)
        judged = self._judged.setdefault(tuple(name for name, _, _ in there), [])
        return Kind(there, quotes if whole and len(there) <= self._most else 0, ordered=len(there) <= 1, judged=judged)


def _in_any_order(policy: Policy) -> int:
    """How many labels of a line are judged alike in any order: of more, some are chosen by their order."""
    if policy.consumer.pairs is not None:
        return min(policy.consumer.pairs, _MOST_LABELS)
    return 1 if policy.label_attribute is None else _MOST_LABELS


def _read_each(lines: Sequence[bytes], form: _Form) -> tuple[list[Any], list[int]]:
    """Reads lines; returns those of a form, and the places of the others."""
    rows, others, faults = list[Any](), list[int](), _faults()
    pending = map(form.decoder.decode, lines)
    while True:
        try:
            rows.extend(pending)
        except faults:  # what was read before stays, and the next line is read next
            others.append(len(rows) + len(others))
        else:
            return rows, others


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
    integer: Any = _limited(int)
    metadata: Any = _metadata_of(fields)
    return _msgspec().json.Decoder(dict[text, text | integer | metadata])


@cache
def _absent() -> Any:  # noqa: ANN401 - a structure of msgspec
    """What stands for metadata that are not there."""
    unset = _msgspec().UNSET
    return _msgspec().defstruct("Absent", [("class_name", Any, unset)], frozen=True, gc=False)()


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
    """Values that are kept.

    Texts have no more characters than a key of S3 surely may have, nor than are kept of a label's name. Integers are
    smaller than those of which Python hashes many alike.
    """
    if kind is str:
        return Annotated[str, _msgspec().Meta(max_length=MAX_KEY_BYTES // 4)]
    return Annotated[int, _msgspec().Meta(ge=-_LARGEST, le=_LARGEST)]


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
        and not _has_odd_signs(paths := "\n".join([ref.removeprefix(before) for ref in refs]))
        and (paths.isascii() or paths.replace("\n", "").isprintable())
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


def _told(number: int, ref: SourceRef | None, findings: list[Finding], kind: Kind) -> Inspected | None:
    """What a full judgement says of a line that is sound but for its reference and what its labels say."""
    if not kind.known or kind.findings is None:
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
