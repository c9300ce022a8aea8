"""Keys are sorted alike, in memory or in runs, and wherever the runs lie."""

from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import wanted_keys
from core.shelf import Shelf
from core.wanted_keys import rising
from tests.fakes import MemoryScratch

KEYS = st.text(st.sampled_from(["a", "b", "\n", "é", "\uffff", "🦊"]), min_size=1, max_size=3)
PIECES = st.lists(st.lists(KEYS, max_size=30), max_size=12)


@pytest.fixture(scope="module", autouse=True)
def _small_runs() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wanted_keys, "_RUN", 2_000)
        patch.setattr(wanted_keys, "_PIECE", 5)
        yield


@given(PIECES, st.integers(0, 500), st.booleans(), st.integers(1, 9))
def test_keys_rise_and_none_repeats(pieces: list[list[str]], budget: int, scratched: bool, size: int) -> None:  # noqa: FBT001
    shelf = Shelf(budget, MemoryScratch() if scratched else None)

    parts = list(rising(iter(pieces), shelf, size))

    assert list(chain.from_iterable(parts)) == sorted(set(chain.from_iterable(pieces)))
    assert all(len(part) == size for part in parts[:-1])
    assert all(0 < len(part) <= size for part in parts[-1:])


@given(st.lists(st.tuples(st.binary(max_size=300), st.booleans())), st.integers(0, 500), st.booleans())
def test_a_shelf_gives_back_what_it_was_given(things: list[tuple[bytes, bool]], budget: int, scratched: bool) -> None:  # noqa: FBT001
    shelf = Shelf(budget, MemoryScratch() if scratched else None)

    slots = [shelf.put(data, pack=pack) for data, pack in things]

    assert [shelf.get(slot) for slot in slots] == [data for data, _ in things]
    if scratched:
        assert sum(len(slot.held) for slot in slots) <= budget
