import tracemalloc

import pytest

from core.errors import NoRoomError
from core.shelf import BUDGET, Shelf, Slot
from tests.fakes import MemoryScratch

DATA = b"s3://images/1.png\n" * 1_000


def test_bytes_within_the_budget_are_held_as_they_are() -> None:
    scratch = MemoryScratch()
    shelf = Shelf(2 * len(DATA), scratch)

    slots = [shelf.put(DATA), shelf.put(DATA)]

    assert slots == [Slot(DATA), Slot(DATA)]
    assert [shelf.get(slot) for slot in slots] == [DATA, DATA]
    assert scratch.pieces == []


def test_bytes_past_the_budget_are_compressed_and_put_into_scratch_space() -> None:
    scratch = MemoryScratch()
    shelf = Shelf(len(DATA), scratch)

    slots = [shelf.put(DATA), shelf.put(b"x"), shelf.put(DATA + b"end"), shelf.put(b"")]

    assert slots == [Slot(DATA), Slot(place=0, packed=True), Slot(place=1, packed=True), Slot()]
    assert sum(map(len, scratch.pieces)) < len(DATA) / 10
    for _ in range(2):
        assert [shelf.get(slot) for slot in slots] == [DATA, b"x", DATA + b"end", b""]


def test_what_is_too_large_for_the_rest_of_the_budget_leaves_it_to_others() -> None:
    shelf = Shelf(2, MemoryScratch())

    assert [shelf.put(data).packed for data in (b"xxx", b"x", b"yy", b"y", b"z")] == [True, False, True, False, True]


def test_bytes_stay_in_memory_compressed_where_there_is_no_scratch_space() -> None:
    shelf = Shelf(0)

    slot = shelf.put(DATA)

    assert (slot.place, slot.packed, len(slot.held) < len(DATA) / 10) == (None, True, True)
    assert shelf.get(slot) == DATA


def test_full_scratch_space_is_told() -> None:
    shelf = Shelf(1, MemoryScratch(room=1))
    shelf.put(DATA)

    with pytest.raises(NoRoomError):
        shelf.put(DATA)


def test_the_usual_budget_is_256_mib() -> None:
    assert BUDGET == 268_435_456


def test_what_lies_in_scratch_space_takes_no_memory() -> None:
    class Nowhere(MemoryScratch):
        def write(self, _data: bytes) -> int:
            return 0

    shelf = Shelf(0, Nowhere())
    tracemalloc.start()
    slots = [shelf.put(DATA) for _ in range(1_000)]
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert taken < 250 * len(slots)
