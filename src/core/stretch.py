"""A stretch of a manifest, read and judged line by line. Two stretches that follow each other merge into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Final

from core.catalogue import RULES
from core.entry import Entry
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
    values: Sightings[tuple[str, str, str]] = field(default_factory=Sightings)

    def read(self, block: LineBlock, policy: Policy) -> list[Finding]:
        """Judges the next lines.

        Returns:
            Their findings, in the order of lines; they are counted already.
        """
        findings: list[Finding] = []
        for line in block:
            inspected = inspect_line(line, policy)
            state = _state_of(inspected)
            self.states.append(state)
            self._note(inspected.entry, state)
            findings += inspected.findings
        self.tally.add(findings)
        return findings

    def mark(self, lines: Iterable[int], state: LineState) -> None:
        """Adds to what is known of some lines."""
        for line in lines:
            self.states[line - 1] |= state

    def record(self, findings: Sequence[Finding]) -> None:
        """Counts findings that came after reading, and marks the lines that they name."""
        self.tally.add(findings)
        for finding in findings:
            lines = [finding.line, finding.first_line if RULES[finding.rule].blames_first_line else None]
            self.mark(filter(None, lines), _STATES.get(finding.severity, _CLEAN))

    def merge(self, after: Stretch) -> None:
        """Adds the stretch that follows; its lines were numbered from 1."""
        shift = len(self.states)
        self.states += after.states
        self.tally.merge(after.tally, shift)
        self.objects += after.objects
        self.references.merge(after.references)
        self.values.merge(after.values, shift)

    def count(self, state: LineState) -> int:
        """Lines of which something is known."""
        return sum(self.states.count(value) for value in range(16) if value & state)

    def usable(self) -> dict[str, int]:
        """Lines that can be trained on, by class: no error names them."""
        numbers = Counter(
            number
            for number, state in zip(self.references.labellings, self.states, strict=True)
            if not state & (LineState.INVALID | LineState.UNLABELED)
        )
        usable: Counter[str] = Counter()
        for number, classes in enumerate(self.references.classes()):
            usable.update(dict.fromkeys(sorted(classes), numbers[number]))
        return {name: count for name, count in usable.items() if count}

    def _note(self, entry: Entry | None, state: LineState) -> None:
        self.references.add(entry)
        if entry is None:
            return
        self.objects += 1
        for label in entry.labels:
            if label.known and label.class_name is not None and label.value is not None and state is _CLEAN:
                self.values.add((label.name, label.class_name, label.value), entry.line)


def _state_of(inspected: Inspected) -> LineState:
    state = LineState.BLANK if inspected.blank else _CLEAN
    if inspected.entry is not None and not inspected.entry.labeled:
        state |= LineState.UNLABELED
    for severity in inspected.severities:
        state |= _STATES.get(severity, _CLEAN)
    return state


_CLEAN: Final = LineState(0)
_STATES: Final = {Severity.ERROR: LineState.INVALID, Severity.UNCHECKED: LineState.UNCHECKED}
