"""A stretch of a manifest, read and judged line by line. Two stretches that follow each other merge into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from itertools import compress
from operator import attrgetter
from typing import Final

from core.catalogue import RULES
from core.clean_lines import CleanLines, Kind, Proven, Sight
from core.entry import Value, values_of
from core.finding import Finding, Severity
from core.inspection import Inspected, inspect_line
from core.lines import LineBlock
from core.policy import Policy
from core.references import References
from core.sightings import Sightings
from core.tally import Tally


class LineState(IntFlag):
    """What is known of one line; one byte a line."""

    BLANK = 1
    INVALID = 2
    UNCHECKED = 4
    UNLABELED = 8
    """An object without a class that labels its image."""
    WARNED = 16
    """Named by a warning."""


@dataclass(slots=True)
class Stretch:
    """What was read.

    Attributes:
        states: A `LineState` for each line.
        tally: The findings.
        objects: Lines that hold an object.
        references: The images named.
        values: Lines by label, class and value, where the line has no fault of its own.
    """

    states: bytearray = field(default_factory=bytearray)
    tally: Tally = field(default_factory=Tally)
    objects: int = 0
    references: References = field(default_factory=References)
    values: Sightings[Value] = field(default_factory=Sightings)

    def read(self, block: LineBlock, policy: Policy, clean: CleanLines | None = None) -> Iterator[Finding]:
        """Judges the next lines, as their findings are taken.

        Args:
            block: The lines.
            policy: How to judge.
            clean: Finds out which of them are clean; without, each is judged in full.

        Yields:
            Their findings, in the order of lines; they are counted already.

        Raises:
            NoRoomError: There is no room for more keys.
        """
        proven, others = clean.prove(block) if clean else ([], dict.fromkeys(range(block.count)))
        self.states.extend(bytes(block.count))
        self.references.begin(block.count)
        sights = sorted((sight for each in proven for sight in each.sights()), key=attrgetter("line"), reverse=True)
        lines = block.at(place for place, told in others.items() if told is None)
        numbers: dict[Kind, int] = {}
        for place, told in others.items():
            # Whatever is seen first is noted first, whichever way a line was judged.
            while sights and sights[-1].line < block.first + place:
                self._note_sight(sights.pop(), numbers)
            inspected = told or inspect_line(next(lines), policy)
            self._note(inspected, block.first + place)
            self.tally.add(inspected.findings)
            yield from inspected.findings
        for sight in reversed(sights):
            self._note_sight(sight, numbers)
        for each in proven:
            self._note_proven(each, numbers)

    def mark(self, lines: Iterable[int], state: int) -> None:
        """Adds to what is known of some lines."""
        for line in lines:
            self.states[line - 1] |= state

    def record(self, findings: Sequence[Finding]) -> None:
        """Counts findings that came after reading, and marks the lines that they name."""
        self.tally.add(findings)
        for finding in findings:
            lines = [finding.line, finding.first_line if RULES[finding.rule].blames_first_line else None]
            self.mark(filter(None, lines), _STATES[finding.severity])

    def merge(self, after: Stretch) -> None:
        """Adds the stretch that follows; its lines were numbered from 1."""
        shift = len(self.states)
        self.states += after.states
        self.tally.merge(after.tally, shift)
        self.objects += after.objects
        self.references.merge(after.references)
        self.values.merge(after.values, shift)

    def count(self, state: LineState, *, every: bool = False) -> int:
        """Lines of which something is known; of several things any, or every one."""
        return sum(
            self.states.count(value) for value in range(32) if (value & state == state if every else value & state)
        )

    def usable(self) -> dict[str, int]:
        """Lines that can be trained on, by class: no error names them."""
        numbers = Counter({way.number: way.count for way in self.references.ways.values()})
        if self.count(LineState.INVALID | LineState.UNLABELED):
            numbers = Counter(compress(self.references.labellings, self.states.translate(_USABLE)))
        counts: Counter[str] = Counter()
        for number, classes in enumerate(self.references.classes()):
            counts.update(dict.fromkeys(sorted(classes), numbers[number]))
        return {name: count for name, count in counts.items() if count}

    def _note(self, inspected: Inspected, number: int) -> None:
        state, entry = _state_of(inspected), inspected.entry
        self.states[number - 1] = state
        if entry is not None:
            self.references.add(entry)
            self.objects += 1
            if not state & ~_WARNED:
                for each in values_of(entry.labels):
                    self.values.add(each, number)

    def _note_sight(self, sight: Sight, numbers: dict[Kind, int]) -> None:
        """Notes what some proven lines have in common, and the number of their labelling."""
        if isinstance(sight.of, str):
            self.references.images(sight.of, sight.line)
        else:
            numbers[sight.of] = self.references.see(sight.of.labelling, sight.line, sight.times)
            for each in sight.of.values:
                self.values.add(each, sight.line, sight.times)

    def _note_proven(self, proven: Proven, numbers: Mapping[Kind, int]) -> None:
        """Notes each of some proven lines, by the numbers of their labellings."""
        self.objects += len(proven.lines)
        self.references.label(proven.lines, map(numbers.__getitem__, proven.kinds))
        for images in proven.images:
            self.references.images(images.bucket, images.lines[0]).extend(images.refs, images.lines, images.together)
        if not all(kind.labeled for kind in proven.counts):
            unlabeled = (line for line, kind in zip(proven.lines, proven.kinds, strict=True) if not kind.labeled)
            self.mark(unlabeled, LineState.UNLABELED)


def _state_of(inspected: Inspected) -> int:
    state = _BLANK if inspected.blank else _CLEAN
    if inspected.entry is not None and not inspected.entry.labeled:
        state |= _UNLABELED
    for finding in inspected.findings:
        state |= _STATES[finding.severity]
    return state


# As plain numbers: flags take ten times as long.
_CLEAN: Final = 0
_BLANK: Final = LineState.BLANK.value
_UNLABELED: Final = LineState.UNLABELED.value
_WARNED: Final = LineState.WARNED.value
_USABLE: Final = bytes(not state & (LineState.INVALID | LineState.UNLABELED) for state in range(256))
_STATES: Final = {
    Severity.ERROR: LineState.INVALID.value,
    Severity.UNCHECKED: LineState.UNCHECKED.value,
    Severity.WARNING: _WARNED,
}
