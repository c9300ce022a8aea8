"""References to objects in one bucket, and the lines that name them, in few bytes each.

A line's number takes four bytes; the references themselves lie on a shelf, joined. As long as they only rise, none
repeats another; else a set tells which do, up to a number. Of more, a hash of eight bytes each is taken: equal ones
tell where a reference may stand twice, and the references themselves whether it does.
Python's hash is seeded anew in each process, so that nobody can aim at it; it never leaves the process. It is kept as a
float, rounded to 53 bits: those are sorted and compared in half the time that integers of 64 bits take.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from math import inf
from operator import lt
from typing import Final

from core.shelf import Shelf, Slot

_PENDING: Final = 4_096
"""References that come singly and are put on the shelf together; many that come together are at once."""
_MANY: Final = 256
_SEEN: Final = 250_000
"""References that are kept in a set at most: those of the largest manifest that any service takes."""
_AT_ONCE: Final = 65_536
"""Hashes that are compared at once, about."""
_SMALLEST: Final = -(2.0**63)
_SPAN: Final = 2.0**64
# What separates references on the shelf, and what does where one holds that: half a character, which none holds.
_USUAL: Final = "\n"
_OTHER: Final = "\ud800"


class KeyLines:
    """Objects of one bucket, and the lines that name them.

    Args:
        bucket: The bucket.
        shelf: Where the references lie.
    """

    def __init__(self, bucket: str, shelf: Shelf | None = None) -> None:
        self._before = f"s3://{bucket}/"
        self._shelf = shelf or Shelf()
        self._lines = array("I")
        self._pieces: list[tuple[Slot, str]] = []
        self._hashes: list[array[float]] = []
        self._pending: list[str] = []
        self._last: str | None = ""
        self._seen: set[str] | None = None
        self._again: set[str] = set()
        self._compared = 0
        self._repeated: dict[str, list[int]] | None = None

    def add(self, key: str, line: int) -> None:
        """Notes a key on a line.

        Raises:
            NoRoomError: There is no room for more.
        """
        self._repeated = None
        self._pending.append(self._before + key)
        self._lines.append(line)
        if len(self._pending) >= _PENDING:
            self._put_away()

    def extend(self, refs: Sequence[str], lines: Iterable[int], together: str | None = None) -> None:
        r"""Notes references and, for each, its line.

        Args:
            refs: `s3://BUCKET/KEY` each.
            lines: As many.
            together: The references joined by `\n`, where they are so already and none holds one.

        Raises:
            NoRoomError: There is no room for more.
        """
        self._repeated = None
        if len(refs) >= _MANY:
            self._put_away()
            self._compare(refs)
            self._keep(refs, together)
        else:
            self._pending.extend(refs)
        self._lines.extend(lines)
        if len(self._pending) >= _PENDING:
            self._put_away()

    def merge(self, after: KeyLines, shift: int) -> None:
        """Adds what a later stretch names, whose lines begin `shift` further on."""
        for refs, lines in after._pieces_of():
            self.extend(refs, (line + shift for line in lines))

    def __len__(self) -> int:
        """How often objects are named."""
        return len(self._lines)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Each line and the key that it names, in the order in which they were noted."""
        start = len(self._before)
        for refs, lines in self._pieces_of():
            yield from ((line, ref[start:]) for line, ref in zip(lines, refs, strict=True))

    def pieces(self) -> Iterator[list[str]]:
        """All keys, some hundreds or thousands at a time, as often as they are named."""
        start = len(self._before)
        return ([ref[start:] for ref in refs] for refs, _ in self._pieces_of())

    def __eq__(self, other: object) -> bool:
        """Whether the same keys stand on the same lines."""
        return isinstance(other, KeyLines) and self._before == other._before and sorted(self) == sorted(other)

    def __hash__(self) -> int:
        raise TypeError("references are added")

    def __repr__(self) -> str:
        return f"KeyLines({self._before!r}, {sorted(self)})"

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
        return sorted(self._on({self._before + key for key in keys}))

    def _on(self, wanted: set[str]) -> Iterator[tuple[int, str]]:
        """The lines that name any of some references, and the keys."""
        start = len(self._before)
        for refs, lines in self._pieces_of() if wanted else ():
            if not wanted.isdisjoint(refs):
                yield from ((line, ref[start:]) for line, ref in zip(lines, refs, strict=True) if ref in wanted)

    def lines_of_all(self, keys: Collection[str]) -> list[int]:
        """All lines that name any of some keys, rising."""
        return [line for line, _ in self.on(keys)]

    def common(self, other: KeyLines) -> set[str]:
        """The keys that another one of the bucket names, too."""
        parts = max(len(self), len(other)) // _AT_ONCE + 1
        alike = set[float]()
        for mine, theirs in zip(self._hashes_in(parts), other._hashes_in(parts), strict=True):
            alike.update(set(mine).intersection(theirs))
        return {key for _, key in self._hashed(alike)} & {key for _, key in other._hashed(alike)}

    def _find_repeated(self) -> dict[str, list[int]]:
        self._compare_pending()
        if self._last is not None:
            return {}
        found: dict[str, list[int]] = {}
        for line, key in self._on(self._again) if self._seen is not None else self._hashed(self._hashes_again()):
            found.setdefault(key, []).append(line)
        return {key: sorted(lines) for key, lines in found.items() if len(lines) > 1}

    def _hashes_again(self) -> set[float]:
        """The hashes that stand more than once."""
        again = set[float]()
        for hashes in self._hashes_in(len(self) // _AT_ONCE + 1):
            if len(set(hashes)) < len(hashes):
                again.update(each for each, count in Counter(hashes).items() if count > 1)
        return again

    def _hashed(self, hashes: Collection[float]) -> Iterator[tuple[int, str]]:
        """The lines and keys with some hashes."""
        start = len(self._before)
        for refs, lines in self._pieces_of() if hashes else ():
            yield from (
                (line, ref[start:])
                for line, ref, each in zip(lines, refs, array("d", map(hash, refs)), strict=True)
                if each in hashes
            )

    def _hashes_in(self, parts: int) -> Iterator[array[float]]:
        """All hashes, in so many parts by their value."""
        for refs, _ in islice(self._pieces_of(), len(self._hashes), len(self._pieces)):
            self._hashes.append(_sorted_hashes(refs))
        every = [*self._hashes, _sorted_hashes(self._pending)]
        bounds = [_SMALLEST + part * _SPAN / parts for part in range(parts)]
        for low, high in pairwise([*bounds, inf]):
            found = array("d")
            for hashes in every:
                found += hashes[bisect_left(hashes, low) : bisect_left(hashes, high)]
            yield found

    def _put_away(self) -> None:
        """Puts what is pending on the shelf."""
        if self._pending:
            self._compare_pending()
            self._keep(self._pending)
            self._pending, self._compared = [], 0

    def _keep(self, refs: Sequence[str], together: str | None = None) -> None:
        """Puts references on the shelf."""
        separator = _USUAL
        if together is None:
            together = separator.join(refs)
            if together.count(separator) >= len(refs):
                separator = _OTHER
                together = separator.join(refs)
        self._pieces.append((self._shelf.put(together.encode(errors="surrogatepass")), separator))

    def _compare_pending(self) -> None:
        """Finds out about what is pending, once."""
        if refs := self._pending[self._compared :]:
            self._compare(refs)
            self._compared = len(self._pending)

    def _compare(self, refs: Sequence[str]) -> None:
        """Finds out whether references are all new, as long as that takes little."""
        if self._last is not None:
            if self._last < refs[0] and all(map(lt, refs, islice(refs, 1, None))):
                self._last = refs[-1]
                return
            self._last = None
            if len(self._lines) + len(refs) <= _SEEN:
                self._seen = set()
                for earlier, _ in self._pieces_of(self._compared):
                    self._seen.update(earlier)
        if self._seen is None:
            return
        known = len(self._seen)
        if self._again:
            self._again |= self._seen.intersection(refs)
        self._seen.update(refs)
        if len(self._seen) - known < len(refs):
            # To tell which, once what was noted before is gone through; from then on, each is looked for at first.
            self._again = self._again or self._noted(refs)
            self._again.update(ref for ref, count in Counter(refs).items() if count > 1)
        if len(self._seen) > _SEEN:
            self._seen = None

    def _noted(self, refs: Sequence[str]) -> set[str]:
        """Those that were noted before."""
        new = set(refs)
        return set[str]().union(*(new.intersection(earlier) for earlier, _ in self._pieces_of(self._compared)))

    def _pieces_of(self, pending: int | None = None) -> Iterator[tuple[list[str], Sequence[int]]]:
        """References and their lines, piece by piece, as they were noted; of what is pending all, or the first."""
        start = 0
        for slot, separator in self._pieces:
            refs = self._shelf.get(slot).decode(errors="surrogatepass").split(separator)
            yield refs, self._lines[start : start + len(refs)]
            start += len(refs)
        if self._pending:
            yield self._pending[:pending], self._lines[start:]


def different(named: Collection[KeyLines]) -> int:
    """How many different keys several name together."""
    if len(named) > 1:
        return len({key for lines in named for keys in lines.pieces() for key in keys})
    return sum(lines.count() for lines in named)


def _sorted_hashes(refs: Iterable[str]) -> array[float]:
    return array("d", sorted(array("d", map(hash, refs))))
