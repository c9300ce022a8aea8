import tracemalloc
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count

import pytest

import core.key_lines
from core.errors import NoRoomError
from core.key_lines import KeyLines, different
from core.shelf import Shelf, Slot
from tests.fakes import MemoryScratch

PENDING = 4_096
MANY = 256


def refs_of(keys: Iterable[str]) -> list[str]:
    return [f"s3://images/{key}" for key in keys]


def named(keys: Sequence[str], by: int = 0, shelf: Shelf | None = None, first: int = 1) -> KeyLines:
    """Keys on lines that follow each other: added singly, or so many at once."""
    lines = KeyLines("images", shelf)
    for start in range(0, len(keys), by or 1):
        if by:
            some = refs_of(keys[start : start + by])
            lines.extend(some, range(first + start, first + start + len(some)))
        else:
            lines.add(keys[start], first + start)
    return lines


def shuffled(keys: Iterable[str]) -> list[str]:
    """Keys in an order that looks like none."""
    return sorted(keys, key=lambda key: key[::-1])


RISING = [f"{number:06}.png" for number in range(5_000)]
WAYS = [0, 1, 100, MANY - 1, MANY, MANY + 1, PENDING, 5_000]


@pytest.fixture(params=[250_000, 300, 0], ids=["a set", "a set at first", "hashes"])
def _seen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats are told by a set, or by hashes."""
    monkeypatch.setattr(core.key_lines, "_SEEN", request.param)


@pytest.mark.usefixtures("_seen")
@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("keys", [RISING, RISING[::-1], shuffled(RISING)], ids=["rising", "falling", "shuffled"])
def test_different_keys_are_all_different(keys: list[str], by: int) -> None:
    lines = named(keys, by)

    assert (len(lines), lines.count(), lines.repeated()) == (5_000, 5_000, {})
    assert list(lines) == list(enumerate(keys, 1))
    assert [key for piece in lines.pieces() for key in piece] == keys


@pytest.mark.usefixtures("_seen")
@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize(
    "places",
    [[0, 1], [0, 4_999], [100, 200, 300], [3_000, 4_998, 4_999], [255, 256], [256, 257], [4_095, 4_096], [299, 300]],
)
@pytest.mark.parametrize("keys", [RISING, shuffled(RISING)], ids=["rising", "shuffled"])
def test_repeated_keys_are_found_wherever_they_stand(keys: list[str], places: list[int], by: int) -> None:
    keys = keys.copy()
    for place in places:
        keys[place] = keys[places[0]]
    lines = named(keys, by)

    assert lines.repeated() == {keys[places[0]]: [place + 1 for place in places]}
    assert lines.count() == 5_000 - len(places) + 1
    assert lines.lines_of_all({keys[places[0]], keys[50], "none"}) == sorted([*(place + 1 for place in places), 51])


@pytest.mark.usefixtures("_seen")
def test_repeats_are_found_among_what_is_added_after_they_were_asked_for() -> None:
    lines = named(["a", "b"])
    assert lines.repeated() == {}

    lines.add("b", 3)
    assert lines.repeated() == {"b": [2, 3]}
    lines.extend(refs_of(RISING), range(4, 5_004))
    assert lines.repeated() == {"b": [2, 3]}
    lines.extend(refs_of(["a", RISING[7]]), [5_004, 5_005])
    assert lines.repeated() == {"a": [1, 5_004], "b": [2, 3], RISING[7]: [11, 5_005]}
    lines.add("a", 5_006)
    assert lines.repeated()["a"] == [1, 5_004, 5_006]


@pytest.mark.usefixtures("_seen")
def test_lines_come_rising_though_they_were_noted_in_another_order() -> None:
    """Of a block, what is proven is noted after what is judged in full."""
    lines = KeyLines("images")
    for key, line in [("c", 5), ("a", 6), ("b", 1), ("c", 2), ("a", 3), ("c", 4)]:
        lines.add(key, line)

    assert lines.repeated() == {"c": [2, 4, 5], "a": [3, 6]}
    assert lines.on(["c", "b"]) == [(1, "b"), (2, "c"), (4, "c"), (5, "c")]
    assert lines.lines_of_all(["a", "c"]) == [2, 3, 4, 5, 6]
    assert lines.on([]) == lines.on(["d"]) == []


@pytest.mark.parametrize("at_once", [1, 3, 65_536])
def test_equal_hashes_are_not_taken_for_equal_keys(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.key_lines, "_SEEN", 0)
    monkeypatch.setattr(core.key_lines, "_AT_ONCE", at_once)
    monkeypatch.setattr(core.key_lines, "hash", lambda ref: len(ref) * 2**59 - 2**63, raising=False)
    keys = shuffled([*RISING[:20], "a", "b", "bb", "bb", "a"])

    for by in (0, 3):
        lines = named(keys, by)
        assert set(lines.repeated()) == {"a", "bb"}
        assert lines.count() == 23
        assert lines.common(named(["a", "c", "bb", "cc", RISING[3], RISING[40]])) == {"a", "bb", RISING[3]}


@pytest.mark.parametrize("value", [-(2**63), -1, 0, 2**63 - 1])
def test_the_smallest_and_the_largest_hash_belong_to_a_part(value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.key_lines, "_SEEN", 0)
    monkeypatch.setattr(core.key_lines, "_AT_ONCE", 1)
    monkeypatch.setattr(core.key_lines, "hash", lambda _ref: value, raising=False)

    assert named(["b", "a", "b"]).repeated() == {"b": [1, 3]}


@pytest.mark.usefixtures("_seen")
@pytest.mark.parametrize("budget", [0, 10**6])
def test_keys_may_hold_what_separates_them(budget: int) -> None:
    odd = ["a\nb", "\n", "a\n", "\nb", "\0", "a\0\n", "\n\n", "b", "a", "a\ns3://images/b", "a\nb", "가\n\U0001f600"]
    keys = [*odd, *RISING[:2_000]]

    for by in (0, 300, len(keys)):
        lines = named(keys, by, Shelf(budget, MemoryScratch()))
        assert list(lines) == list(enumerate(keys, 1))
        assert lines.repeated() == {"a\nb": [1, 11]}
        assert lines.on(["b"]) == [(8, "b")]


@pytest.mark.parametrize("by", [0, 300])
def test_a_single_key_may_hold_what_separates_them(by: int) -> None:
    keys = ["a\nb", *RISING[:PENDING]]

    assert list(named(keys, by)) == list(enumerate(keys, 1))


def test_references_that_are_joined_already_are_not_joined_again() -> None:
    lines, refs = KeyLines("images"), refs_of(RISING)
    kept: list[bytes] = []

    class Noting(Shelf):
        def put(self, data: bytes) -> Slot:
            kept.append(data)
            return super().put(data)

    lines = KeyLines("images", Noting())
    lines.extend(refs, range(1, 5_001), "\n".join(refs))

    assert kept == ["\n".join(refs).encode()]
    assert list(lines) == list(enumerate(RISING, 1))
    assert lines.repeated() == {}


@pytest.mark.parametrize(("each", "pieces"), [(0, 1), (100, 1), (MANY - 1, 1), (MANY, 19), (2_500, 2)])
def test_few_references_wait_for_others_and_many_do_not(each: int, pieces: int) -> None:
    scratch = MemoryScratch()
    named(RISING, each, Shelf(0, scratch))

    assert len(scratch.pieces) == pieces


def test_what_waits_goes_before_many_that_come_together() -> None:
    scratch = MemoryScratch()
    lines = named(["z", "y"], 0, Shelf(0, scratch))
    lines.extend(refs_of(RISING[:MANY]), range(3, MANY + 3))
    lines.add("x", MANY + 3)

    assert len(scratch.pieces) == 2
    assert list(lines) == list(enumerate(["z", "y", *RISING[:MANY], "x"], 1))


@pytest.mark.usefixtures("_seen")
@pytest.mark.parametrize(("by", "kept"), [(0, PENDING), (100, 4_100), (MANY, MANY)])
def test_what_was_noted_before_the_scratch_space_was_full_is_kept(by: int, kept: int) -> None:
    lines = KeyLines("images", Shelf(0, MemoryScratch(room=by == MANY)))

    def note(start: int) -> None:
        if by:
            lines.extend(refs_of(RISING[start : start + by]), range(start + 1, start + by + 1))
        else:
            lines.add(RISING[start], start + 1)

    with pytest.raises(NoRoomError):
        deque(map(note, range(0, len(RISING), by or 1)), 0)

    assert list(lines) == list(enumerate(RISING[:kept], 1))
    assert (len(lines), lines.repeated(), lines.count()) == (kept, {}, kept)


@pytest.mark.usefixtures("_seen")
@pytest.mark.parametrize("by", [0, 300])
def test_a_later_stretch_is_added_with_its_lines_moved(by: int) -> None:
    before, after = named(RISING[:600], by), named([*RISING[500:900], "x"], by)

    before.merge(after, 600)

    assert before == named([*RISING[:600], *RISING[500:900], "x"])
    assert before.repeated() == {RISING[at]: [at + 1, at + 101] for at in range(500, 600)}
    assert len(after) == 401


@pytest.mark.parametrize("at_once", [7, 65_536])
@pytest.mark.parametrize("by", [0, 300])
def test_what_two_name_in_common_is_found(by: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.key_lines, "_AT_ONCE", at_once)
    mine, theirs = named([*shuffled(RISING[:700]), "x", "x"], by), named([*RISING[690:1_500], "x"], by)

    assert mine.common(theirs) == theirs.common(mine) == {*RISING[690:700], "x"}
    assert mine.common(named([])) == named([]).common(mine) == set()
    mine.add(RISING[1_000], 2_000)
    assert mine.common(theirs) == {*RISING[690:700], "x", RISING[1_000]}


def test_equal_are_the_same_keys_of_the_same_bucket_on_the_same_lines() -> None:
    lines = named(["b", "a"])

    assert lines == named(["b", "a"], 2)
    assert lines != named(["a", "b"])
    assert lines != named(["b"])
    assert lines != [(1, "b"), (2, "a")]
    assert KeyLines("images") != KeyLines("others")
    assert repr(lines) == "KeyLines('s3://images/', [(1, 'b'), (2, 'a')])"
    lines.add("c", 0)
    assert repr(lines) == "KeyLines('s3://images/', [(0, 'c'), (1, 'b'), (2, 'a')])"
    with pytest.raises(TypeError, match="references are added"):
        hash(lines)


def test_keys_that_several_name_count_once() -> None:
    assert different([]) == 0
    assert different([named(["a", "b", "a"])]) == 2
    assert different([named(["a", "b", "a"]), named(["b", "c"])]) == 3


@pytest.mark.parametrize("by", [0, 600])
def test_a_reference_takes_few_bytes_beside_its_own(by: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.key_lines, "_SEEN", 0)
    number = 60_000
    packed = count()

    class Nowhere(MemoryScratch):
        """A place outside of the memory, of which only the last piece is kept."""

        def write(self, _data: bytes) -> int:
            return next(packed)

    keys = [f"{place * 7_919 % number:06}.png" for place in range(1_000)]
    named(keys, by)  # whatever is made once
    lines = KeyLines("images", Shelf(0, Nowhere()))
    tracemalloc.start()
    for start in range(0, number, 500):
        some = refs_of(f"{place * 7_919 % number:06}.png" for place in range(start, start + 500))
        if by:
            lines.extend(some, range(start + 1, start + 501), "\n".join(some))
        else:
            for place, ref in enumerate(some, start + 1):
                lines.add(ref[12:], place)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(lines) == number
    assert taken <= 24 * number


def test_repeats_among_many_are_found_in_few_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.key_lines, "_SEEN", 0)
    monkeypatch.setattr(core.key_lines, "_AT_ONCE", 4_096)  # what is compared at once comes on top, bounded
    number = 200_000
    held: list[int] = []

    class Noting(Shelf):
        def put(self, data: bytes) -> Slot:
            slot = super().put(data)
            held.append(len(slot.held))
            return slot

    tracemalloc.start()
    lines = KeyLines("images", Noting(0))
    for start in range(0, number, 500):
        some = refs_of(f"{place * 7_919 % (number - 1):06}.png" for place in range(start, start + 500))
        lines.extend(some, range(start + 1, start + 501))
    repeated = lines.repeated()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert repeated == {"000000.png": [1, number]}
    assert peak - sum(held) <= 24 * number
