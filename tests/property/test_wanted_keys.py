"""Keys that are wanted are all keys that are named, each once, in order, however little room there is."""

from hypothesis import given
from hypothesis import strategies as st

from core.key_lines import KeyLines
from core.shelf import Shelf
from core.wanted_keys import rising
from tests.fakes import MemoryScratch

_KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4) | st.sampled_from(
    ["a", "b", "a\n", "\0"]
)


@given(st.lists(st.lists(_KEYS, max_size=8), max_size=8), st.integers(0, 600), st.integers(1, 5))
def test_keys_are_sorted_in_runs_as_they_are_at_once(pieces: list[list[str]], budget: int, size: int) -> None:
    expected = sorted({key for piece in pieces for key in piece})

    parts = list(rising(pieces, Shelf(budget, MemoryScratch()), size))

    assert parts == [expected[start : start + size] for start in range(0, len(expected), size)]


@given(st.lists(_KEYS, max_size=20), st.sampled_from([0, 30, 10**6]))
def test_keys_of_lines_are_given_back_as_they_were_named(keys: list[str], budget: int) -> None:
    named = KeyLines("images", Shelf(budget, MemoryScratch()))
    for line, key in enumerate(keys, 1):
        named.add(key, line)

    assert list(named) == list(enumerate(keys, 1))
    assert named.count() == len(set(keys))
    assert named.repeated() == {
        key: [line for line, other in enumerate(keys, 1) if other == key] for key in set(keys) if keys.count(key) > 1
    }
