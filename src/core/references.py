"""Which images the lines name: buckets, repeats, conflicts, and the keys to look for. References merge."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from core.finding import Finding
from core.inspection import Entry
from core.policy import Policy
from core.source_ref import SourceRef


@dataclass(slots=True)
class BucketReferences:
    """The images named in one bucket.

    Attributes:
        count: Lines that name the bucket.
        first_line: The first of them.
        lines: For each key the first line that names it.
        repeats: For each key that is named again, the later lines.
    """

    count: int = 0
    first_line: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    repeats: dict[str, list[int]] = field(default_factory=dict)

    def add(self, key: str, line: int) -> None:
        """Notes a key on a line; lines come in rising order."""
        first = self.lines.setdefault(key, line)
        if first != line:
            self.repeats.setdefault(key, []).append(line)

    def lines_of(self, key: str) -> Iterator[int]:
        """All lines that name a key, rising."""
        yield self.lines[key]
        yield from self.repeats.get(key, ())

    def lines_of_all(self, keys: Iterable[str]) -> list[int]:
        """All lines that name any of some keys, rising."""
        return sorted(line for key in keys for line in self.lines_of(key))


@dataclass(slots=True)
class References:
    """The images of a stretch of lines.

    Attributes:
        buckets: By name, in the order of first sight.
        class_ids: Numbers of the classes, from 1.
        classes: For each line, from line 1, the number of the class written there; 0 for none.
    """

    buckets: dict[str, BucketReferences] = field(default_factory=dict)
    class_ids: dict[str, int] = field(default_factory=dict)
    classes: array[int] = field(default_factory=lambda: array("I"))

    def add(self, entry: Entry | None) -> None:
        """Notes the next line; lines that hold no entry count too."""
        name = entry.class_name if entry else None
        self.classes.append(0 if name is None else self.class_ids.setdefault(name, len(self.class_ids) + 1))
        if entry is None or entry.ref is None:
            return
        bucket = self.buckets.get(entry.ref.bucket)
        if bucket is None:
            bucket = self.buckets[entry.ref.bucket] = BucketReferences(first_line=entry.line)
        bucket.count += 1
        bucket.add(entry.ref.key, entry.line)

    def merge(self, after: References) -> None:
        """Adds the references of the stretch that follows."""
        shift = len(self.classes)
        ids = [0, *(self.class_ids.setdefault(name, len(self.class_ids) + 1) for name in after.class_ids)]
        self.classes.extend(ids[number] for number in after.classes)
        for name, theirs in after.buckets.items():
            mine = self.buckets.setdefault(name, BucketReferences(first_line=theirs.first_line + shift))
            mine.count += theirs.count
            for key in theirs.lines:
                for line in theirs.lines_of(key):
                    mine.add(key, line + shift)

    def images_bucket(self, configured: str | None) -> str | None:
        """The dataset's bucket: the configured one, else the one most lines name; the first seen wins a tie."""
        return configured or max(self.buckets, key=lambda name: self.buckets[name].count, default=None)

    def judge(self, policy: Policy) -> Iterator[Finding]:
        """Findings about images in other buckets, and about repeated ones; each rule in the order of lines."""
        dataset = self.images_bucket(policy.images_bucket)
        yield from self._judge_buckets(dataset, policy)
        yield from self._judge_repeats(policy)

    def _judge_buckets(self, dataset: str | None, policy: Policy) -> Iterator[Finding]:
        first_of_equals = dataset is not None and not policy.images_bucket and self._most_named(dataset) > 1
        source = "is configured" if policy.images_bucket else "is named first" if first_of_equals else "most lines name"
        others = [
            (line, name, key)
            for name, bucket in self.buckets.items()
            if name != dataset
            for key in bucket.lines
            for line in bucket.lines_of(key)
        ]
        for line, name, key in sorted(others):
            message = f"The image lies in bucket {name!r}; the dataset's bucket, which {source}, is {dataset!r}."
            value = str(SourceRef(name, key))
            yield from policy.finding(
                "source-ref-other-bucket", message, kind=name, line=line, field="source-ref", value=value
            )

    def _most_named(self, bucket: str) -> int:
        """How many buckets are named on as many lines."""
        return sum(other.count == self.buckets[bucket].count for other in self.buckets.values())

    def _judge_repeats(self, policy: Policy) -> Iterator[Finding]:
        """Each repeat against the first line that names the image, and against the first one that labels it."""
        names = ["", *self.class_ids]
        for line, first, ref in sorted(self._repeats(), key=itemgetter(0)):
            mine, theirs = names[self._class_on(line)], names[self._class_on(first)]
            if self._conflict(line, first):
                slug, message = (
                    "source-ref-conflicting",
                    f"The image is {theirs!r} on line {first}, {mine!r} on this one.",
                )
            else:
                slug, message = "source-ref-duplicate", f"The same image stands on line {first}."
            yield from policy.finding(slug, message, line=line, field="source-ref", value=str(ref), first_line=first)

    def _repeats(self) -> Iterator[tuple[int, int, SourceRef]]:
        """Each line that repeats an image, and the line that it is to be compared with."""
        for name, bucket in self.buckets.items():
            for key in bucket.repeats:
                first, *later = bucket.lines_of(key)
                labelled = next(filter(self._class_on, (first, *later)), first)
                for line in later:
                    yield line, labelled if self._conflict(line, labelled) else first, SourceRef(name, key)

    def _class_on(self, line: int) -> int:
        return self.classes[line - 1]

    def _conflict(self, line: int, other: int) -> bool:
        """Whether two lines about one image name different classes."""
        mine, theirs = self._class_on(line), self._class_on(other)
        return mine != theirs and bool(mine and theirs)
