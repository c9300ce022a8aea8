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


def test_many_keys_are_sorted_in_runs_of_half_the_budget() -> None:
    """A run takes pieces until they have filled half the budget: 100 keys take 6,700 bytes."""
    scratch = MemoryScratch()
    shelf = Shelf(20_000, scratch)
    shelf.put(b"x" * 20_000)  # nothing is left of it
    pieces = [[f"{number:010}" for number in range(start, 1_000, 10)] for start in range(10)]

    parts = taken(pieces, shelf, size=100)

    assert [key for part in parts for key in part] == [f"{number:010}" for number in range(1_000)]
    assert len(scratch.pieces) == 4  # of two pieces each; what is left is not put away


def test_a_run_begins_after_half_the_budget_is_passed() -> None:
    def runs(budget: int) -> int:
        scratch = MemoryScratch()
        shelf = Shelf(budget, scratch)
        shelf.put(b"x" * budget)
        taken([["k" * 43], ["l" * 43], ["m" * 43]], shelf)
        return len(scratch.pieces)

    assert [runs(budget) for budget in (199, 201, 399, 401, 601)] == [2, 1, 1, 0, 0]


def test_runs_are_put_away_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.wanted_keys, "_PIECE", 4)
    scratch = MemoryScratch()
    keys = [f"{number}\n" for number in range(10, 20)]

    parts = taken([keys[::-1], keys], Shelf(0, scratch))

    assert [key for part in parts for key in part] == keys
    assert len(scratch.pieces) == 3


def test_runs_are_read_as_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert read in ([0], [0, 1])


def test_no_room_for_runs_is_told() -> None:
    with pytest.raises(NoRoomError):
        list(rising([["a"], ["b"]], Shelf(0, MemoryScratch(room=0)), 10))
