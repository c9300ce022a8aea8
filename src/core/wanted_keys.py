"""The keys that lines name, each once and rising, however many there are.

Few are sorted in memory. Many are sorted in runs, which lie on a shelf and are merged as they are taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from operator import itemgetter
from sys import getsizeof
from typing import Final

from core.shelf import Shelf

_RUN: Final = 8 * 1024**2
"""Bytes that the keys of a run take while they are sorted, about: in a list a key takes several times its own bytes."""
_PLACE: Final = 8
"""Bytes that a text's place in a list takes."""
_PIECE: Final = 1_000
"""Keys of a run that are read together. Of each run one piece is in memory."""
_SEPARATOR: Final = "\ud800"
"""Half a character, which no key holds."""


def rising(pieces: Iterable[list[str]], shelf: Shelf, size: int) -> Iterator[list[str]]:
    """Sorts keys; not all at once, if they are many.

    Args:
        pieces: The keys, in any order, any of them more than once.
        shelf: Where runs are put.
        size: How many keys are given out together.

    Yields:
        Lists of keys, rising within and between them, each key once.

    Raises:
        NoRoomError: There is no room for runs.
    """
    runs: list[Iterator[list[str]]] = []
    keys: list[str] = []
    room = 0
    for piece in pieces:
        if room > _RUN:
            runs.append(_put_away(keys, shelf))
            room = 0
        keys += piece
        room += sum(map(getsizeof, piece)) + _PLACE * len(piece)
    if runs:
        runs.append(_put_away(keys, shelf))
    keys.sort()
    unique = map(itemgetter(0), groupby(chain.from_iterable(_merged(runs)) if runs else keys))
    while part := list(islice(unique, size)):
        yield part


class _Run:
    """Sorted keys, of which one piece at a time is in memory.

    Attributes:
        piece: That piece; empty at the end of the run.
    """

    def __init__(self, pieces: Iterator[list[str]]) -> None:
        self._pieces = pieces
        self._taken = 0
        self.piece = next(pieces, [])

    def take(self, last: str) -> Sequence[str]:
        """Takes the keys of the piece up to one, and reads on where that is all of them."""
        start, piece = self._taken, self.piece
        self._taken = bisect_right(piece, last, start)
        if self._taken < len(piece):
            return piece[start : self._taken]
        self._taken, self.piece = 0, next(self._pieces, [])
        return piece[start:]


def _merged(runs: Iterable[Iterator[list[str]]]) -> Iterator[list[str]]:
    """Merges runs up to where the first of their pieces ends; sorting finds what is sorted already, and is quick."""
    left = list(map(_Run, runs))
    while left := [run for run in left if run.piece]:
        last = min(run.piece[-1] for run in left)
        yield sorted(chain.from_iterable([run.take(last) for run in left]))


def _put_away(keys: list[str], shelf: Shelf) -> Iterator[list[str]]:
    """Makes a run of some keys, which are forgotten here; returns its pieces, which are read when their turn comes."""
    keys.sort()
    pieces = (keys[start : start + _PIECE] for start in range(0, len(keys), _PIECE))
    slots = [shelf.put(_SEPARATOR.join(piece).encode(errors="surrogatepass"), pack=True) for piece in pieces]
    keys.clear()
    return (shelf.get(slot).decode(errors="surrogatepass").split(_SEPARATOR) for slot in slots)
