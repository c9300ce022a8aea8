"""Findings, counted exactly and kept in samples: memory does not grow with their number. Tallies merge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from core.finding import Finding, Severity

SHARED_AT_LEAST: Final = 10
"""A fault on nine tenths of the non-blank lines, and on at least this many, is one entry of the report."""
LINES_NAMED: Final = 10
"""An entry about many lines names the first few."""
_KINDS: Final = 256
"""How many different faults of one rule are told apart, to find one that nearly all lines share."""
_SPARE: Final = 10
"""How many times more samples of a rule are kept than are listed, so that a frequent kind does not crowd out others."""

Kind = tuple[str | None, str, Severity]
"""Field, kind and severity: findings of one rule that are alike."""


@dataclass(slots=True)
class Alike:
    """Findings of one kind.

    Attributes:
        sample: The first.
        count: How many there are.
        lines: The first lines that they name.
    """

    sample: Finding
    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, lines: Iterable[int], count: int) -> None:
        """Counts findings that name some lines."""
        self.count += count
        if len(self.lines) < LINES_NAMED:
            self.lines += [line for line in lines if line not in self.lines][: LINES_NAMED - len(self.lines)]

    def entry(self) -> Finding:
        """One entry for all of them."""
        message = f"{self.sample.message} {self.count - 1:,} more are like this one."
        return replace(self.sample, message=message, count=self.count, lines=tuple(self.lines))


@dataclass(slots=True)
class RuleTally:
    """The findings of one rule.

    Attributes:
        total: How many there are.
        samples: Some of them, in the order in which they were found: at most `keep` of one kind.
        alike: How many there are of each kind.
    """

    total: int = 0
    samples: list[Finding] = field(default_factory=list)
    alike: dict[Kind, Alike] = field(default_factory=dict)

    def add(self, finding: Finding, keep: int) -> None:
        """Counts a finding, and keeps it if it is one of the first `keep` of its kind."""
        self.total += 1
        alike = self._alike(finding)
        if (alike is None or alike.count < keep) and len(self.samples) < _SPARE * keep:
            self.samples.append(finding)
        if alike is not None:
            alike.add([] if finding.line is None else [finding.line], 1)

    def merge(self, after: RuleTally, shift: int, keep: int) -> None:
        """Adds the findings of a later stretch, whose lines begin `shift` further on."""
        self.total += after.total
        seen = Counter({kind: alike.count for kind, alike in self.alike.items()})
        for sample in after.samples:
            kind = _kind(sample)
            if seen[kind] < keep and len(self.samples) < _SPARE * keep:
                self.samples.append(_shifted(sample, shift))
            seen[kind] += 1
        for theirs in after.alike.values():
            alike = self._alike(_shifted(theirs.sample, shift))
            if alike is not None:
                alike.add([line + shift for line in theirs.lines], theirs.count)

    def entries(self, threshold: int, keep: int) -> tuple[list[Finding], bool]:
        """At most `keep` entries for a report, and whether findings are left out.

        Args:
            threshold: A kind of which there are so many becomes one entry.
            keep: How many entries there may be.
        """
        shared = {
            kind: alike
            for kind, alike in self.alike.items()
            if alike.count >= threshold and alike.sample.line is not None
        }
        single = [sample for sample in self.samples if _kind(sample) not in shared]
        entries = [*(alike.entry() for alike in shared.values()), *single][:keep]
        listed = sum(alike.count for alike in shared.values()) + len(single)
        return entries, listed < self.total or len(shared) + len(single) > keep

    def _alike(self, finding: Finding) -> Alike | None:
        """The findings of the same kind; None where there are too many kinds to tell apart."""
        kind = _kind(finding)
        alike = self.alike.get(kind)
        if alike is None and len(self.alike) < _KINDS:
            alike = self.alike[kind] = Alike(finding)
        return alike


@dataclass(slots=True)
class Tally:
    """All findings.

    Attributes:
        keep: Findings of one rule that a report lists at most.
        rules: By slug, in the order in which they were first found.
        severities: How many findings there are of each.
    """

    keep: int = 100
    rules: dict[str, RuleTally] = field(default_factory=dict)
    severities: Counter[Severity] = field(default_factory=Counter)

    def add(self, findings: Iterable[Finding]) -> None:
        """Counts findings."""
        for finding in findings:
            self._rule(finding.rule).add(finding, self.keep)
            self.severities[finding.severity] += 1

    def merge(self, after: Tally, shift: int) -> None:
        """Adds the findings of a later stretch, whose lines begin `shift` further on."""
        for slug, tally in after.rules.items():
            self._rule(slug).merge(tally, shift, self.keep)
        self.severities.update(after.severities)

    def _rule(self, slug: str) -> RuleTally:
        tally = self.rules.get(slug)
        if tally is None:
            tally = self.rules[slug] = RuleTally()
        return tally

    @property
    def totals(self) -> dict[str, int]:
        """Findings by rule, exact."""
        return {slug: tally.total for slug, tally in self.rules.items()}

    def entries(self, lines: int, most: int) -> tuple[list[Finding], bool]:
        """The findings as a report lists them, and whether some are left out.

        A fault that nearly all lines share becomes one entry with a count. If there are more than `most` entries, every
        rule keeps its share, so that a frequent fault does not hide a rare one.

        Args:
            lines: Non-blank lines of the manifest.
            most: Entries in all.
        """
        nine_tenths = -(-9 * lines // 10)
        threshold = max(SHARED_AT_LEAST, nine_tenths)
        by_rule = [tally.entries(threshold, self.keep) for tally in self.rules.values()]
        allotted = shares([len(entries) for entries, _ in by_rule], most)
        listed: list[Finding] = []
        capped = False
        for (entries, left_out), share in zip(by_rule, allotted, strict=True):
            listed += entries[:share]
            capped |= left_out or share < len(entries)
        return sorted(listed, key=_place), capped


def shares(sizes: list[int], most: int) -> list[int]:
    """Divides `most` places fairly: the small ones are served whole, the large ones share what is left."""
    shares = [0] * len(sizes)
    left = most
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    for rank, index in enumerate(order):
        shares[index] = min(sizes[index], left // (len(order) - rank))
        left -= shares[index]
    return shares


def _kind(finding: Finding) -> Kind:
    return (finding.field, finding.kind, finding.severity)


def _place(finding: Finding) -> tuple[bool, int, str, str]:
    """In the order of lines; warnings about the whole come last."""
    last = finding.line is None and finding.severity is Severity.WARNING
    return (last, finding.line or 0, finding.rule, finding.field or "")


def _shifted(finding: Finding, shift: int) -> Finding:
    return finding if finding.line is None else replace(finding, line=finding.line + shift)
