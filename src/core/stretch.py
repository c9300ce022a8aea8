"""A stretch of a manifest, read and judged line by line. Two stretches that follow each other merge into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Final

from core.catalogue import RULES
from core.finding import Finding, Severity
from core.inspection import Entry, Inspected, inspect_line
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


@dataclass(slots=True)
class Stretch:
    """What was read.

    Attributes:
        states: A `LineState` for each line.
        tally: The findings.
        references: The images named.
        classes: Labelled images by class.
        labels: Lines by name of their judged label.
        values: Lines by class and label value.
    """

    states: bytearray = field(default_factory=bytearray)
    tally: Tally = field(default_factory=Tally)
    references: References = field(default_factory=References)
    classes: Sightings[str] = field(default_factory=Sightings)
    labels: Sightings[str] = field(default_factory=Sightings)
    values: Sightings[tuple[str, str]] = field(default_factory=Sightings)

    def read(self, block: LineBlock, policy: Policy) -> list[Finding]:
        """Judges the next lines.

        Returns:
            Their findings, in the order of lines; they are counted already.
        """
        findings: list[Finding] = []
        for line in block:
            inspected = inspect_line(line, policy)
            self.states.append(_state_of(inspected))
            self._note(inspected.entry)
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
        self.references.merge(after.references)
        self.classes.merge(after.classes, shift)
        self.labels.merge(after.labels, shift)
        self.values.merge(after.values, shift)

    def count(self, state: LineState) -> int:
        """Lines of which something is known."""
        return sum(self.states.count(value) for value in range(16) if value & state)

    def _note(self, entry: Entry | None) -> None:
        self.references.add(entry)
        if entry is None:
            return
        if entry.label is not None:
            self.labels.add(entry.label, entry.line)
        if entry.labeled and entry.class_name is not None:
            self.classes.add(entry.class_name, entry.line)
            if entry.value is not None:
                self.values.add((entry.class_name, entry.value), entry.line)


def _state_of(inspected: Inspected) -> LineState:
    if inspected.entry is not None and inspected.entry.labeled:
        return _CLEAN
    state = LineState.BLANK if inspected.blank else LineState.UNLABELED
    return state | LineState.INVALID if inspected.invalid else state


_CLEAN: Final = LineState(0)
_STATES: Final = {Severity.ERROR: LineState.INVALID, Severity.UNCHECKED: LineState.UNCHECKED}
