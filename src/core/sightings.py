"""How often something was seen, and where first; bounded, so that no manifest can fill the memory.

Merging is exact as long as no more than `LIMIT` things are seen.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

LIMIT: Final = 1_000
"""How many different things are told apart; those seen later are only counted."""

Thing = TypeVar("Thing", bound=Hashable)


@dataclass(slots=True)
class Sightings(Generic[Thing]):
    """Things in the order of first sight.

    Attributes:
        seen: For each thing how often it was seen, and the line where it was seen first.
        more: Sights of things past the limit.
    """

    seen: dict[Thing, tuple[int, int]] = field(default_factory=dict)
    more: int = 0

    def add(self, thing: Thing, line: int, count: int = 1) -> None:
        """Counts sights of a thing, first on a line."""
        if seen := self.seen.get(thing):
            self.seen[thing] = (seen[0] + count, seen[1])
        elif len(self.seen) < LIMIT:
            self.seen[thing] = (count, line)
        else:
            self.more += count

    def merge(self, after: Sightings[Thing], shift: int) -> None:
        """Adds what was seen in a later stretch, whose lines begin `shift` further on."""
        for thing, (count, first) in after.seen.items():
            self.add(thing, first + shift, count)
        self.more += after.more
