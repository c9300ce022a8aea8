"""The keys that lines name, each once and rising, however many there are.

Few are sorted in memory. Many are sorted in runs, which lie on a shelf and are merged as they are taken.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Final

from core.shelf import Shelf, Slot

_OVERHEAD: Final = 57
"""Bytes that a text takes in memory beside its characters, and that its place in a list does."""
_PIECE: Final = 10_000
"""Keys of a run that are read together."""
_SEPARATOR: Final = "\ud800"
"""Half a character, which no key holds."""


def rising(pieces: Iterable[list[str]], shelf: Shelf, size: int) -> Iterator[list[str]]:
    """Sorts keys; as many at once as take half the shelf's budget, about.

    Args:
        pieces: The keys, in any order, any of them more than once.
        shelf: Where runs are put.
        size: How many keys are given out together.

    Yields:
        Lists of keys, rising within and between them, each key once.

    Raises:
        NoRoomError: There is no room for runs.
    """
    runs: list[Iterable[str]] = []
    keys: list[str] = []
    room = 0
    for piece in pieces:
        if room > shelf.budget // 2:
            keys.sort()
            runs.append(_read(_put(keys, shelf), shelf))
            keys, room = [], 0
        keys += piece
        room += sum(map(len, piece)) + _OVERHEAD * len(piece)
    keys.sort()
    unique = map(itemgetter(0), groupby(heapq.merge(*runs, keys) if runs else keys))
    while part := list(islice(unique, size)):
        yield part


def _put(keys: list[str], shelf: Shelf) -> list[Slot]:
    return [
        shelf.put(_SEPARATOR.join(keys[start : start + _PIECE]).encode(errors="surrogatepass"))
        for start in range(0, len(keys), _PIECE)
    ]


def _read(slots: Iterable[Slot], shelf: Shelf) -> Iterator[str]:
    for slot in slots:
        yield from shelf.get(slot).decode(errors="surrogatepass").split(_SEPARATOR)
