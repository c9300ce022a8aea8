"""How much of a run's time is left, and for what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_RESERVE: Final = 0.2
"""Part of the time that is kept for writing what is known …"""
_SHORTEST_RESERVE, _LONGEST_RESERVE = 2_000, 45_000
"""… in milliseconds."""


class Clock:
    """Tells what there is still time for.

    Args:
        remaining: Milliseconds until the run is ended.
    """

    def __init__(self, remaining: Callable[[], int]) -> None:
        self._remaining = remaining
        self._reserve = min(_LONGEST_RESERVE, max(_SHORTEST_RESERVE, remaining() * _RESERVE))

    def out_of_time(self) -> bool:
        """Whether what is known has to be written now: no further work may begin."""
        return self._remaining() < self._reserve

    def last_moment(self) -> bool:
        """Whether half of the time for writing is gone, too: nothing but the report itself is to be written."""
        return self._remaining() < self._reserve / 2
