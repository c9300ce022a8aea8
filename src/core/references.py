"""Which images the lines name: buckets, repeats, conflicts, and the keys to look for. References merge."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from core.entry import Entry, Label
from core.finding import Finding
from core.key_lines import KeyLines
from core.policy import Policy
from core.shelf import Shelf
from core.source_ref import SourceRef


@dataclass(slots=True)
class BucketReferences:
    """The images named in one bucket.

    Attributes:
        first_line: The first line that names the bucket.
        images: Their keys.
    """

    first_line: int
    images: KeyLines

    @property
    def count(self) -> int:
        """Lines that name the bucket."""
        return len(self.images)


Labelling = tuple[tuple[str, str | None], ...]
"""The judged labels of a line: names and classes, in the order of names."""


@dataclass(slots=True)
class Way:
    """A way in which lines are labelled.

    Attributes:
        number: It stands for the way, from 1.
        first_line: The first line that is labelled so.
        count: How many lines are.
    """

    number: int
    first_line: int
    count: int = 0


@dataclass(slots=True)
class References:
    """The images of a stretch of lines, and how they are labelled.

    Attributes:
        buckets: By name, in the order of first sight.
        masks: By bucket and name of the mask's key in the line.
        ways: The ways in which lines are labelled, in the order of first sight.
        labellings: For each line, from line 1, the number of its labelling; 0 for none.
        shelf: Where keys lie.
    """

    buckets: dict[str, BucketReferences] = field(default_factory=dict)
    masks: dict[tuple[str, str], KeyLines] = field(default_factory=dict)
    ways: dict[Labelling, Way] = field(default_factory=dict)
    labellings: array[int] = field(default_factory=lambda: array("I"))
    shelf: Shelf = field(default_factory=Shelf, repr=False, compare=False)

    def begin(self, lines: int) -> None:
        """Makes room for the next lines; what is not added of them holds no entry."""
        self.labellings.frombytes(bytes(lines * self.labellings.itemsize))

    def add(self, entry: Entry) -> None:
        """Notes a line."""
        self.labellings[entry.line - 1] = self.see(labelling_of(entry.labels), entry.line)
        for name, mask in entry.masks:
            self._masks(mask.bucket, name).add(mask.key, entry.line)
        if entry.ref is not None:
            self.images(entry.ref.bucket, entry.line).add(entry.ref.key, entry.line)

    def label(self, lines: Sequence[int], numbers: Iterable[int]) -> None:
        """Notes how some lines are labelled, by the numbers of their labellings."""
        if isinstance(lines, range):
            self.labellings[lines[0] - 1 : lines[-1]] = array("I", numbers)
            return
        for line, number in zip(lines, numbers, strict=True):
            self.labellings[line - 1] = number

    def images(self, bucket: str, line: int) -> KeyLines:
        """The images of a bucket, which a line names."""
        if bucket not in self.buckets:
            self.buckets[bucket] = BucketReferences(line, KeyLines(bucket, self.shelf))
        return self.buckets[bucket].images

    def _masks(self, bucket: str, name: str) -> KeyLines:
        place = (bucket, name)
        if place not in self.masks:
            self.masks[place] = KeyLines(bucket, self.shelf)
        return self.masks[place]

    def merge(self, after: References) -> None:
        """Adds the references of the stretch that follows."""
        shift = len(self.labellings)
        ids = [0, *(self.see(way, seen.first_line + shift, seen.count) for way, seen in after.ways.items())]
        self.labellings.extend(ids[number] for number in after.labellings)
        for bucket, theirs in after.buckets.items():
            self.images(bucket, theirs.first_line + shift).merge(theirs.images, shift)
        for (bucket, name), masks in after.masks.items():
            self._masks(bucket, name).merge(masks, shift)

    def see(self, labelling: Labelling, line: int, count: int = 1) -> int:
        """Counts lines that are labelled alike, the first of them given; returns the number of their labelling."""
        if not labelling:
            return 0
        way = self.ways.get(labelling)
        if way is None:
            way = self.ways[labelling] = Way(len(self.ways) + 1, line)
        way.count += count
        return way.number

    def names(self) -> dict[str, tuple[int, int]]:
        """For each name of a judged label how many lines have it, and which one first; in the order of first sight."""
        names: dict[str, tuple[int, int]] = {}
        for labelling, way in self.ways.items():
            for name in dict.fromkeys(name for name, _ in labelling):
                count, first = names.get(name, (0, way.first_line))
                names[name] = (count + way.count, first)
        return names

    def lines_named(self, names: Collection[str]) -> Iterator[int]:
        """The lines of which a judged label has one of some names."""
        ids = {way.number for labelling, way in self.ways.items() if any(name in names for name, _ in labelling)}
        return (line for line, number in enumerate(self.labellings, start=1) if number in ids)

    def masks_in(self, bucket: str) -> dict[str, KeyLines]:
        """The masks of one bucket, by the name of their key in the line."""
        return {name: masks for (place, name), masks in self.masks.items() if place == bucket}

    def images_bucket(self, configured: str | None) -> str | None:
        """The dataset's bucket: the configured one, else the one most lines name; the first seen wins a tie."""
        return configured or max(self.buckets, key=lambda name: self.buckets[name].count, default=None)

    def judge(self, policy: Policy) -> Iterator[Finding]:
        """Findings about images in other buckets, and about repeated ones; each rule in the order of lines."""
        dataset = self.images_bucket(policy.images_bucket)
        yield from self._judge_buckets(dataset, policy)
        yield from self._judge_masks(dataset, policy)
        yield from self._judge_repeats(policy)

    def _judge_buckets(self, dataset: str | None, policy: Policy) -> Iterator[Finding]:
        first_of_equals = dataset is not None and not policy.images_bucket and self._most_named(dataset) > 1
        source = "is configured" if policy.images_bucket else "is named first" if first_of_equals else "most lines name"
        others = [
            (line, name, key) for name, bucket in self.buckets.items() if name != dataset for line, key in bucket.images
        ]
        for line, name, key in sorted(others):
            count = self.buckets[name].count
            named = f"{count:,} lines name" if count > 1 else "no other line names"
            message = (
                f"The image lies in bucket {name!r}, which {named}; "
                f"the dataset's bucket, which {source}, is {dataset!r}."
            )
            value = str(SourceRef(name, key))
            yield from policy.finding(
                "source-ref-other-bucket", message, kind=name, line=line, field="source-ref", value=value
            )

    def _most_named(self, bucket: str) -> int:
        """How many buckets are named on as many lines."""
        return sum(other.count == self.buckets[bucket].count for other in self.buckets.values())

    def _judge_masks(self, dataset: str | None, policy: Policy) -> Iterator[Finding]:
        """Masks in another bucket than the images; unless no image has one."""
        others = [
            (line, name, str(SourceRef(bucket, key)), bucket)
            for (bucket, name), masks in self.masks.items()
            if dataset not in (None, bucket)
            for line, key in masks
        ]
        for line, name, value, bucket in sorted(others):
            message = f"The mask lies in bucket {bucket!r}, the images in {dataset!r}."
            yield from policy.finding(
                "mask-ref-malformed", message, kind=f"bucket {bucket}", line=line, field=name, value=value
            )

    def _judge_repeats(self, policy: Policy) -> Iterator[Finding]:
        """Each repeat against the first line that names the image, and against the first one that labels it."""
        classes = self.classes()
        for line, first, ref in sorted(self._repeats(classes), key=itemgetter(0)):
            mine, theirs = classes[self.labellings[line - 1]], classes[self.labellings[first - 1]]
            if _conflict(mine, theirs):
                slug, message = (
                    "source-ref-conflicting",
                    f"The image is {_named(theirs)} on line {first}, {_named(mine)} on this one.",
                )
            else:
                slug, message = "source-ref-duplicate", f"The same image stands on line {first}."
            yield from policy.finding(slug, message, line=line, field="source-ref", value=str(ref), first_line=first)

    def classes(self) -> list[frozenset[str]]:
        """The classes of each labelling, by its number."""
        return [frozenset(), *(frozenset(name for _, name in way if name is not None) for way in self.ways)]

    def _repeats(self, classes: list[frozenset[str]]) -> Iterator[tuple[int, int, SourceRef]]:
        """Each line that repeats an image, and the line that it is to be compared with."""
        for name, bucket in self.buckets.items():
            for key, (first, *later) in bucket.images.repeated().items():
                on = {line: classes[self.labellings[line - 1]] for line in (first, *later)}
                labelled = next((line for line in on if on[line]), first)
                for line in later:
                    yield line, labelled if _conflict(on[line], on[labelled]) else first, SourceRef(name, key)


def labelling_of(labels: Iterable[Label]) -> Labelling:
    """How a line with some judged labels is labelled."""
    return tuple((label.name, label.class_name) for label in labels)


def _conflict(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two lines about one image name different classes."""
    return mine != theirs and bool(mine and theirs)


def _named(classes: frozenset[str]) -> str:
    return " and ".join(map(repr, sorted(classes)))
