"""Whatever way repeated keys are found in, and wherever keys lie, what is said of them is the same."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import key_lines
from core.key_lines import KeyLines
from core.shelf import Shelf

KEYS = st.text(st.sampled_from(["a", "b", "\n", "é", "🦊"]), min_size=1, max_size=3)
PIECES = st.lists(st.lists(KEYS, min_size=1, max_size=9), max_size=9)
SORTED = PIECES.map(lambda pieces: [sorted(set(keys)) for keys in pieces])
RISING = st.sets(KEYS, max_size=40).map(lambda keys: [[key] for key in sorted(keys)])


@pytest.fixture(scope="module", autouse=True, params=[0, 5, 20, 1_000])
def _few_are_many(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, number in {"_SEEN": request.param, "_PENDING": 4, "_MANY": 3, "_AT_ONCE": 6}.items():
            patch.setattr(key_lines, name, number)
        yield


def noted(pieces: Sequence[Sequence[str]], *, singly: bool, first: int = 1) -> KeyLines:
    """Notes keys, one a line."""
    named, line = KeyLines("images", Shelf(100)), first
    for keys in pieces:
        lines = range(line, line + len(keys))
        if singly:
            for key, number in zip(keys, lines, strict=True):
                named.add(key, number)
        else:
            named.extend([f"s3://images/{key}" for key in keys], lines)
        line += len(keys)
    return named


def lines_of(pieces: Sequence[Sequence[str]]) -> Mapping[str, list[int]]:
    lines = defaultdict[str, list[int]](list)
    for line, key in enumerate((key for keys in pieces for key in keys), start=1):
        lines[key].append(line)
    return lines


@given(PIECES | SORTED | RISING, PIECES | RISING, st.booleans())
def test_repeated_keys_and_their_lines_are_found(
    pieces: list[list[str]],
    more: list[list[str]],
    singly: bool,  # noqa: FBT001
) -> None:
    named = noted(pieces, singly=singly)
    assert named.repeated() == {key: lines for key, lines in lines_of(pieces).items() if len(lines) > 1}

    named.merge(noted(more, singly=not singly), len(named))

    lines = lines_of([*pieces, *more])
    assert named.repeated() == {key: each for key, each in lines.items() if len(each) > 1}
    assert named.count() == len(lines)
    assert list(named) == sorted((line, key) for key, each in lines.items() for line in each)


@given(PIECES | RISING, PIECES | RISING)
def test_keys_that_two_have_in_common_are_found(pieces: list[list[str]], others: list[list[str]]) -> None:
    common = lines_of(pieces).keys() & lines_of(others).keys()

    assert noted(pieces, singly=True).common(noted(others, singly=False)) == common
