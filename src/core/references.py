"""Which images the lines name: buckets, repeats, conflicts, and the keys to look for. References merge."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from core.entry import Entry
from core.finding import Finding
from core.policy import Policy
from core.source_ref import SourceRef


@dataclass(slots=True)
class KeyLines:
    """Keys of one bucket, and the lines that name them.

    Attributes:
        lines: For each key the first line that names it.
        repeats: For each key that is named again, the later lines.
    """

    lines: dict[str, int] = field(default_factory=dict)
    repeats: dict[str, list[int]] = field(default_factory=dict)

    def add(self, key: str, line: int) -> None:
        """Notes a key on a line; lines come in rising order."""
        first = self.lines.setdefault(key, line)
        if first != line:
            self.repeats.setdefault(key, []).append(line)

    def merge(self, after: KeyLines, shift: int) -> None:
        """Adds the keys of a later stretch, whose lines begin `shift` further on."""
        for key in after.lines:
            for line in after.lines_of(key):
                self.add(key, line + shift)

    def lines_of(self, key: str) -> Iterator[int]:
        """All lines that name a key, rising; none, if none does."""
        if key in self.lines:
            yield self.lines[key]
            yield from self.repeats.get(key, ())

    def lines_of_all(self, keys: Iterable[str]) -> list[int]:
        """All lines that name any of some keys, rising."""
        return sorted(line for key in keys for line in self.lines_of(key))


@dataclass(slots=True)
class BucketReferences:
    """The images named in one bucket.

    Attributes:
        count: Lines that name the bucket.
        first_line: The first of them.
        images: Their keys.
    """

    count: int = 0
    first_line: int = 0
    images: KeyLines = field(default_factory=KeyLines)


Labelling = tuple[tuple[str, str | None], ...]
"""The judged labels of a line: names and classes."""


@dataclass(slots=True)
class References:
    """The images of a stretch of lines, and how they are labelled.

    Attributes:
        buckets: By name, in the order of first sight.
        masks: By bucket and name of the mask's key in the line.
        labelling_ids: Numbers of the ways in which lines are labelled, from 1.
        labellings: For each line, from line 1, the number of its labelling; 0 for none.
    """

    buckets: dict[str, BucketReferences] = field(default_factory=dict)
    masks: dict[tuple[str, str], KeyLines] = field(default_factory=dict)
    labelling_ids: dict[Labelling, int] = field(default_factory=dict)
    labellings: array[int] = field(default_factory=lambda: array("I"))

    def add(self, entry: Entry | None) -> None:
        """Notes the next line; lines that hold no entry count too."""
        labelling = tuple((label.name, label.class_name) for label in entry.labels) if entry else ()
        self.labellings.append(self._id(labelling))
        if entry is None:
            return
        for name, mask in entry.masks:
            self.masks.setdefault((mask.bucket, name), KeyLines()).add(mask.key, entry.line)
        if entry.ref is None:
            return
        bucket = self.buckets.get(entry.ref.bucket)
        if bucket is None:
            bucket = self.buckets[entry.ref.bucket] = BucketReferences(first_line=entry.line)
        bucket.count += 1
        bucket.images.add(entry.ref.key, entry.line)

    def merge(self, after: References) -> None:
        """Adds the references of the stretch that follows."""
        shift = len(self.labellings)
        ids = [0, *map(self._id, after.labelling_ids)]
        self.labellings.extend(ids[number] for number in after.labellings)
        for name, theirs in after.buckets.items():
            mine = self.buckets.setdefault(name, BucketReferences(first_line=theirs.first_line + shift))
            mine.count += theirs.count
            mine.images.merge(theirs.images, shift)
        for place, masks in after.masks.items():
            self.masks.setdefault(place, KeyLines()).merge(masks, shift)

    def _id(self, labelling: Labelling) -> int:
        return self.labelling_ids.setdefault(labelling, len(self.labelling_ids) + 1) if labelling else 0

    def names(self) -> dict[str, tuple[int, int]]:
        """For each name of a judged label how many lines have it, and which one first; in the order of first sight."""
        counts = Counter(self.labellings)
        firsts = dict[int, int]()
        for line, number in enumerate(self.labellings, start=1):
            firsts.setdefault(number, line)
        names: dict[str, tuple[int, int]] = {}
        for way, number in self.labelling_ids.items():
            for name in dict.fromkeys(name for name, _ in way):
                count, first = names.get(name, (0, firsts[number]))
                names[name] = (count + counts[number], min(first, firsts[number]))
        return names

    def lines_named(self, names: Collection[str]) -> Iterator[int]:
        """The lines of which a judged label has one of some names."""
        ids = {number for way, number in self.labelling_ids.items() if any(name in names for name, _ in way)}
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
            (line, name, key)
            for name, bucket in self.buckets.items()
            if name != dataset
            for key in bucket.images.lines
            for line in bucket.images.lines_of(key)
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
            for key in masks.lines
            for line in masks.lines_of(key)
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
        return [frozenset(), *(frozenset(name for _, name in way if name is not None) for way in self.labelling_ids)]

    def _repeats(self, classes: list[frozenset[str]]) -> Iterator[tuple[int, int, SourceRef]]:
        """Each line that repeats an image, and the line that it is to be compared with."""
        for name, bucket in self.buckets.items():
            for key in bucket.images.repeats:
                first, *later = bucket.images.lines_of(key)
                on = {line: classes[self.labellings[line - 1]] for line in (first, *later)}
                labelled = next((line for line in on if on[line]), first)
                for line in later:
                    yield line, labelled if _conflict(on[line], on[labelled]) else first, SourceRef(name, key)


def _conflict(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two lines about one image name different classes."""
    return mine != theirs and bool(mine and theirs)


def _named(classes: frozenset[str]) -> str:
    return " and ".join(map(repr, sorted(classes)))
