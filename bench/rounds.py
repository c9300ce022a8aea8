"""Contenders that run in turn, and how their times compare.

A machine's speed changes from minute to minute. So every round runs every contender once, A B C A B C, and a ratio is
taken within a round only.
"""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, and the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Of one value a round."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{_digits(self.median)} ({_digits(self.least)} to {_digits(self.most)})"


def _digits(value: float) -> str:
    """Three digits, as many as a spread can bear."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Times:
    """What each contender took, round by round.

    Attributes:
        seconds: By contender, wall time.
        cpu: By contender, seconds that processors were busy: with this process, and with those that it ran.
    """

    seconds: Mapping[str, Sequence[float]]
    cpu: Mapping[str, Sequence[float]]


def in_turn(contenders: Mapping[str, Callable[[], object]], rounds: int) -> Times:
    """Runs contenders in turn, after a first round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            gc.collect()
            began, busy = time.perf_counter(), cpu_seconds()
            run()
            if number:
                seconds[name].append(time.perf_counter() - began)
                cpu[name].append(cpu_seconds() - busy)
    return Times(seconds, cpu)


def cpu_seconds() -> float:
    """Seconds that processors were busy with this process, and with those that it ran and that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def speeds(times: Mapping[str, Sequence[float]], baseline: str) -> dict[str, Spread]:
    """How many times as fast as the baseline each contender was, round by round."""
    return {
        name: Spread.of([base / mine for base, mine in zip(times[baseline], taken, strict=True)])
        for name, taken in times.items()
    }
