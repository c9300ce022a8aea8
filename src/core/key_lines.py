"""Keys of one bucket, and the lines that name them, in few bytes each.

A line's number and a hash take twelve bytes; the keys themselves lie on a shelf, joined. Equal hashes tell where a key
may stand twice; the keys themselves then tell whether it does. Python's hash is seeded anew in each process, so that
nobody can aim at it; it never leaves the process.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from operator import lt
from typing import Final

from core.shelf import Shelf, Slot

_PENDING: Final = 4_096
"""Keys that are put on the shelf together."""
_AT_ONCE: Final = 65_536
"""Hashes that are compared at once, about."""
_SMALLEST: Final = -(2**63)
_SPAN: Final = 2**64
# What separates keys on the shelf, and what does where a key holds that: half a character, which no key holds.
_USUAL: Final = "\n"
_OTHER: Final = "\ud800"


class KeyLines:
    """Keys of one bucket, and the lines that name them.

    Args:
        shelf: Where the keys lie.
    """

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf or Shelf()
        self._lines = array("I")
        self._pieces: list[tuple[Slot, str]] = []
        self._hashes: list[array[int]] = []
        self._pending: list[str] = []
        self._last: str | None = ""
        self._repeated: dict[str, list[int]] | None = None

    def add(self, key: str, line: int) -> None:
        """Notes a key on a line.

        Raises:
            NoRoomError: There is no room for more.
        """
        self.extend([key], [line])

    def extend(self, keys: Iterable[str], lines: Iterable[int]) -> None:
        """Notes keys and, for each, its line.

        Raises:
            NoRoomError: There is no room for more.
        """
        self._pending.extend(keys)
        self._lines.extend(lines)
        self._repeated = None
        if len(self._pending) >= _PENDING:
            self._put_away()

    def merge(self, after: KeyLines, shift: int) -> None:
        """Adds the keys of a later stretch, whose lines begin `shift` further on."""
        for keys, lines in after.pieces():
            self.extend(keys, (line + shift for line in lines))

    def pieces(self) -> Iterator[tuple[list[str], Sequence[int]]]:
        """All keys and their lines, some thousands at a time, in the order in which they were noted."""
        start = 0
        for slot, separator in self._pieces:
            keys = self._shelf.get(slot).decode(errors="surrogatepass").split(separator)
            yield keys, self._lines[start : start + len(keys)]
            start += len(keys)
        if self._pending:
            yield list(self._pending), self._lines[start:]

    def __len__(self) -> int:
        """How often keys are named."""
        return len(self._lines)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Each line and the key that it names, in the order in which they were noted."""
        for keys, lines in self.pieces():
            yield from zip(lines, keys, strict=True)

    def __eq__(self, other: object) -> bool:
        """Whether the same keys stand on the same lines."""
        return isinstance(other, KeyLines) and sorted(self) == sorted(other)

    def __hash__(self) -> int:
        raise TypeError("keys are added")

    def __repr__(self) -> str:
        return f"KeyLines({sorted(self)})"

    def count(self) -> int:
        """How many different keys there are."""
        return len(self) - sum(len(lines) - 1 for lines in self.repeated().values())

    def repeated(self) -> dict[str, list[int]]:
        """For each key that is named more than once all its lines, rising."""
        if self._repeated is None:
            self._repeated = self._find_repeated()
        return self._repeated

    def on(self, keys: Collection[str]) -> list[tuple[int, str]]:
        """The lines that name any of some keys, rising, and the key that each names."""
        wanted = frozenset(keys)
        if not wanted:
            return []
        return sorted(
            (line, key)
            for piece, lines in self.pieces()
            if not wanted.isdisjoint(piece)
            for line, key in zip(lines, piece, strict=True)
            if key in wanted
        )

    def lines_of_all(self, keys: Collection[str]) -> list[int]:
        """All lines that name any of some keys, rising."""
        return [line for line, _ in self.on(keys)]

    def common(self, other: KeyLines) -> set[str]:
        """The keys that another one names, too."""
        parts = max(len(self), len(other)) // _AT_ONCE + 1
        alike = set[int]()
        for mine, theirs in zip(self._hashes_in(parts), other._hashes_in(parts), strict=True):
            alike.update(set(mine).intersection(theirs))
        return {key for _, key in self._hashed(alike)} & {key for _, key in other._hashed(alike)}

    def _find_repeated(self) -> dict[str, list[int]]:
        self._put_away()
        if self._last is not None:
            return {}
        twice = set[int]()
        for hashes in self._hashes_in(len(self) // _AT_ONCE + 1):
            if len(set(hashes)) < len(hashes):
                twice.update(each for each, count in Counter(hashes).items() if count > 1)
        found: dict[str, list[int]] = {}
        for line, key in self._hashed(twice):
            found.setdefault(key, []).append(line)
        return {key: sorted(lines) for key, lines in found.items() if len(lines) > 1}

    def _hashed(self, hashes: Collection[int]) -> Iterator[tuple[int, str]]:
        """The lines and keys with some hashes."""
        if hashes:
            yield from ((line, key) for line, key in self if hash(key) in hashes)

    def _hashes_in(self, parts: int) -> Iterator[list[int]]:
        """All hashes, in so many parts by their value."""
        self._put_away()
        for keys, _ in islice(self.pieces(), len(self._hashes), None):
            self._hashes.append(_sorted_hashes(keys))
        bounds = [_SMALLEST + part * _SPAN // parts for part in range(parts + 1)]
        for low, high in pairwise(bounds):
            yield [
                each for hashes in self._hashes for each in hashes[bisect_left(hashes, low) : bisect_left(hashes, high)]
            ]

    def _put_away(self) -> None:
        """Puts what is pending on the shelf. As long as keys only rise, none repeats another, and no hash is needed."""
        if not self._pending:
            return
        keys = self._pending
        rising = self._last is not None and self._last < keys[0] and all(map(lt, keys, islice(keys, 1, None)))
        if not rising and len(self._hashes) == len(self._pieces):
            self._hashes.append(_sorted_hashes(keys))
        separator, joined = _USUAL, _USUAL.join(keys)
        if joined.count(_USUAL) >= len(keys):
            separator, joined = _OTHER, _OTHER.join(keys)
        self._pieces.append((self._shelf.put(joined.encode(errors="surrogatepass")), separator))
        self._last = keys[-1] if rising else None
        self._pending = []


def _sorted_hashes(keys: Iterable[str]) -> array[int]:
    return array("q", sorted(map(hash, keys)))
