"""Findings, counted exactly and kept in samples: memory does not grow with their number. Tallies merge."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from core.finding import Finding, Severity

SHARED_BY = 0.9
"""A fault on this part of the non-blank lines is one entry of the report …"""
SHARED_AT_LEAST = 10
"""… if it is on at least this many lines."""
LINES_NAMED = 10
"""An entry about many lines names the first few."""
_KINDS = 256
"""How many different faults of one rule are told apart, to find one that nearly all lines share."""

Kind = tuple[str | None, str, Severity]
"""Field, kind and severity: findings of one rule that are alike."""


@dataclass(slots=True)
class _Alike:
    sample: Finding
    count: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass(slots=True)
class RuleTally:
    """The findings of one rule.

    Attributes:
        total: How many there are.
        samples: The first of them, in the order in which they were found.
        alike: How many there are of each kind.
    """

    total: int = 0
    samples: list[Finding] = field(default_factory=list)
    alike: dict[Kind, _Alike] = field(default_factory=dict)

    def add(self, finding: Finding, keep: int) -> None:
        """Counts a finding, and keeps it if fewer than `keep` of its kind are kept."""
        self.total += 1
        kind = (finding.field, finding.kind, finding.severity)
        if kind in self.alike or len(self.alike) < _KINDS:
            alike = self.alike.setdefault(kind, _Alike(finding))
            alike.count += 1
            if len(alike.lines) < LINES_NAMED and finding.line is not None:
                alike.lines.append(finding.line)
        if len(self.samples) < keep:
            self.samples.append(finding)

    def merge(self, after: RuleTally, shift: int, keep: int) -> None:
        """Adds the findings of a later stretch, whose lines begin `shift` further on."""
        self.total += after.total
        for kind, alike in after.alike.items():
            if kind in self.alike or len(self.alike) < _KINDS:
                mine = self.alike.setdefault(kind, _Alike(_shifted(alike.sample, shift)))
                mine.count += alike.count
                mine.lines += [line + shift for line in alike.lines[: LINES_NAMED - len(mine.lines)]]
        self.samples += [_shifted(sample, shift) for sample in after.samples[: keep - len(self.samples)]]


@dataclass(slots=True)
class Tally:
    """All findings.

    Attributes:
        keep: Samples kept of one rule.
        rules: By slug, in the order in which they were first found.
    """

    keep: int = 100
    rules: dict[str, RuleTally] = field(default_factory=dict)
    severities: dict[Severity, int] = field(default_factory=dict)

    def add(self, findings: Iterable[Finding]) -> None:
        """Counts findings."""
        for finding in findings:
            self.rules.setdefault(finding.rule, RuleTally()).add(finding, self.keep)
            self.severities[finding.severity] = self.severities.get(finding.severity, 0) + 1

    def merge(self, after: Tally, shift: int) -> None:
        """Adds the findings of a later stretch, whose lines begin `shift` further on."""
        for slug, tally in after.rules.items():
            self.rules.setdefault(slug, RuleTally()).merge(tally, shift, self.keep)
        for severity, count in after.severities.items():
            self.severities[severity] = self.severities.get(severity, 0) + count

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
        threshold = max(SHARED_AT_LEAST, math.ceil(SHARED_BY * lines))
        by_rule = [_entries_of(tally, threshold) for tally in self.rules.values()]
        shares = _shares([len(entries) for entries, _ in by_rule], most)
        capped = any(left_out or share < len(entries) for (entries, left_out), share in zip(by_rule, shares, strict=True))
        chosen = [finding for (entries, _), share in zip(by_rule, shares, strict=True) for finding in entries[:share]]
        return sorted(chosen, key=_place), capped


def _entries_of(tally: RuleTally, threshold: int) -> tuple[list[Finding], bool]:
    shared = {kind: alike for kind, alike in tally.alike.items() if alike.count >= threshold}
    single = [sample for sample in tally.samples if (sample.field, sample.kind, sample.severity) not in shared]
    entries: list[Finding] = []
    for alike in shared.values():
        message = f"{alike.sample.message} So on {alike.count:,} lines."
        entries.append(replace(alike.sample, message=message, count=alike.count, lines=tuple(alike.lines)))
    listed = sum(alike.count for alike in shared.values()) + len(single)
    return entries + single, listed < tally.total


def _shares(sizes: list[int], most: int) -> list[int]:
    """Divides `most` places fairly: the small ones are served whole, the large ones share what is left."""
    shares = [0] * len(sizes)
    left = most
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    for rank, index in enumerate(order):
        shares[index] = min(sizes[index], left // (len(order) - rank))
        left -= shares[index]
    return shares


def _place(finding: Finding) -> tuple[int, str, str]:
    return (finding.line or 0, finding.rule, finding.field or "")


def _shifted(finding: Finding, shift: int) -> Finding:
    return finding if finding.line is None else replace(finding, line=finding.line + shift)
