"""How much a run of the benchmark measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes and rounds.

    Attributes:
        rounds: How often each contender runs.
        lines: Of the manifests whose lines are judged.
        pages: Of a listing.
        looks: Single looks at objects.
        memory_lines: Of the manifests whose memory is measured, rising.
        starts: Cold starts of each artifact.
        wanted: Images whose cost is worked out.
        faulty: Lines of the report whose page is opened.
        objects: Objects in the bucket among which they are scattered.
    """

    rounds: int
    lines: int
    pages: int
    looks: int
    memory_lines: tuple[int, ...]
    starts: int
    wanted: tuple[int, ...]
    faulty: int
    objects: int


FULL: Final = Effort(
    rounds=7,
    lines=50_000,
    pages=40,
    looks=2_000,
    memory_lines=(100_000, 1_000_000, 3_000_000),
    starts=7,
    wanted=(16_000, 1_000_000, 10_000_000),
    faulty=105_000,
    objects=50_000_000,
)
QUICK: Final = Effort(
    rounds=3,
    lines=2_000,
    pages=4,
    looks=200,
    memory_lines=(2_000, 20_000),
    starts=2,
    wanted=(1_600, 16_000),
    faulty=2_000,
    objects=500_000,
)
