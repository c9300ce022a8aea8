import sys
from collections.abc import Iterator
from itertools import pairwise

import pytest

import core.wanted_keys
from core.errors import NoRoomError
from core.shelf import Shelf
from core.wanted_keys import rising
from tests.fakes import MemoryScratch

KEYS = ["b", "a", "c", "a\nb", "a\0", "가", "\uffff", "😀", "b", "b"]


def taken(pieces: list[list[str]], shelf: Shelf, size: int = 3) -> list[list[str]]:
    parts = list(rising(iter(pieces), shelf, size))
    assert all(len(part) == size for part in parts[:-1])
    assert all(one[-1] < two[0] for one, two in pairwise(parts))
    return parts


@pytest.mark.parametrize("budget", [0, 200, 400, 10**6])
@pytest.mark.parametrize("cut", [1, 2, 3, 10])
def test_keys_rise_each_once(budget: int, cut: int) -> None:
    pieces = [KEYS[start : start + cut] for start in range(0, len(KEYS), cut)]

    parts = taken(pieces, Shelf(budget, MemoryScratch()))

    assert [key for part in parts for key in part] == ["a", "a\0", "a\nb", "b", "c", "가", "\uffff", "😀"]


def test_nothing_is_wanted_of_nothing() -> None:
    assert taken([], Shelf()) == taken([[]], Shelf()) == taken([[], []], Shelf(0, MemoryScratch())) == []


@pytest.mark.parametrize(("keys", "sizes"), [(5, [3, 2]), (6, [3, 3]), (7, [3, 3, 1])])
def test_parts_are_of_a_size_but_for_the_last(keys: int, sizes: list[int]) -> None:
    assert [len(part) for part in taken([[f"{number}" for number in range(keys)]], Shelf())] == sizes


def test_few_keys_are_sorted_without_scratch_space() -> None:
    scratch = MemoryScratch(room=0)
    pieces = [[f"{number:05}" for number in range(start, 1_000, 4)] for start in range(4)]

    assert sum(map(len, taken(pieces, Shelf(10**6, scratch), size=100))) == 1_000


def test_many_keys_are_sorted_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run takes pieces until they have filled it; here that is after two."""
    scratch = MemoryScratch()
    pieces = [[f"{number:010}" for number in range(start, 1_000, 10)] for start in range(10)]
    monkeypatch.setattr(core.wanted_keys, "_RUN", 150 * (sys.getsizeof(pieces[0][0]) + 8))

    parts = taken(pieces, Shelf(0, scratch), size=100)

    assert [key for part in parts for key in part] == [f"{number:010}" for number in range(1_000)]
    assert len(scratch.pieces) == 5


@pytest.mark.parametrize(("room", "runs"), [(0, 3), (1, 2), (2, 0)])
def test_a_run_ends_once_it_is_filled(room: int, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is only one, it is not put away."""
    scratch = MemoryScratch()
    monkeypatch.setattr(core.wanted_keys, "_RUN", room * (sys.getsizeof("k" * 43) + 8))

    taken([["k" * 43], ["l" * 43], ["m" * 43]], Shelf(0, scratch))

    assert len(scratch.pieces) == runs


def test_runs_are_put_away_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.wanted_keys, "_RUN", 0)
    monkeypatch.setattr(core.wanted_keys, "_PIECE", 4)
    scratch = MemoryScratch()
    keys = [f"{number}\n" for number in range(10, 20)]

    parts = taken([keys[::-1], keys], Shelf(0, scratch))

    assert [key for part in parts for key in part] == keys
    assert len(scratch.pieces) == 2 * 3


def test_runs_are_read_as_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.wanted_keys, "_RUN", 0)
    monkeypatch.setattr(core.wanted_keys, "_PIECE", 10)
    read: list[int] = []

    class Noting(MemoryScratch):
        def read(self, number: int) -> bytes:
            read.append(number)
            return super().read(number)

    shelf = Shelf(0, Noting())
    parts: Iterator[list[str]] = rising([[f"{number:03}" for number in range(100)], ["x"]], shelf, 10)

    assert read == []
    next(parts)
    assert len(read) <= 1 + 2, "of each run the first piece, and the next of the one that was taken"


def test_no_room_for_runs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.wanted_keys, "_RUN", 0)
    with pytest.raises(NoRoomError):
        list(rising([["a"], ["b"]], Shelf(0, MemoryScratch(room=0)), 10))
