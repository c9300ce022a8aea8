"""The planner never costs much more than the cheaper of the two plain ways: HEAD of all, or LIST that skips gaps."""

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from threading import Lock

import pytest

from core.existence import PAGE_WORTH, RANGE_KEYS, check_images, ranges_of
from core.ports import Found, NotFound, Page
from tests.builders import BUCKET

PAGE = 1_000


class Many(Sequence[str]):
    """Keys of so many objects, none of which is held."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> str:  # type: ignore[override]
        return f"set/{number:09}.png"


class Simulated:
    """A bucket of numbered images."""

    def __init__(self, count: int) -> None:
        self.requests: Counter[str] = Counter()
        self._keys = Many(count)
        self._counting = Lock()

    def list_after(self, _bucket: str, after: str, _out_of_time: Callable[[], bool]) -> Page:
        self._count("list", 1)
        start = bisect_right(self._keys, after)
        listed = range(start, min(start + PAGE, len(self._keys)))
        return Page([(self._keys[number], Found(1)) for number in listed], last=listed.stop == len(self._keys))

    def head(
        self, _bucket: str, keys: Sequence[str], _out_of_time: Callable[[], bool]
    ) -> Iterator[tuple[str, Found | NotFound]]:
        self._count("head", len(keys))
        return ((key, Found(1)) for key in keys)

    def _count(self, operation: str, times: int) -> None:
        with self._counting:
            self.requests[operation] += times


def pages_that_skip(wanted: Sequence[int]) -> int:
    """Pages of a listing that starts at each wanted object which the page before did not cover."""
    pages, covered = 0, -1
    for number in wanted:
        if number > covered:
            pages, covered = pages + 1, number + PAGE - 1
    return pages


def scattered(count: int, among: range) -> list[int]:
    return sorted(random.Random(5).sample(among, count))  # noqa: S311 - no secret


CASES = {
    "a prefix that holds exactly those": (16_000, range(16_000)),
    "scattered among 50 M": (50_000_000, scattered(16_000, range(50_000_000))),
    "many whole prefixes": (
        10_000_000,
        [*chain.from_iterable(range(folder * 100_000, folder * 100_000 + 5_000) for folder in range(40))],
    ),
    "half dense, half scattered": (
        50_000_000,
        [*range(8_000), *scattered(8_000, range(8_000, 50_000_000))],
    ),
    "scattered, then dense": (
        50_000_000,
        [*scattered(8_000, range(40_000_000)), *range(49_000_000, 49_008_000)],
    ),
    "every second one": (200_000, range(0, 200_000, 2)),
    "every twentieth": (2_000_000, range(0, 2_000_000, 20)),
    "every five hundredth": (5_000_000, range(0, 5_000_000, 500)),
}


@pytest.mark.parametrize(("count", "wanted"), CASES.values(), ids=CASES)
def test_the_planner_costs_little_more_than_the_cheaper_plain_way(count: int, wanted: Sequence[int]) -> None:
    images = Simulated(count)
    keys = [Many(count)[number] for number in wanted]

    found = check_images(BUCKET, ranges_of(keys), images, largest=None, out_of_time=lambda: False)

    assert found.checked == len(wanted)
    cost = images.requests["list"] * PAGE_WORTH + images.requests["head"]
    assert cost <= 1.1 * min(len(wanted), pages_that_skip(wanted) * PAGE_WORTH)


@pytest.mark.parametrize("count", [1_000, 9_999, 10_000, 10_001, 16_000, 123_456])
def test_a_dense_prefix_costs_a_page_for_each_thousand(count: int) -> None:
    images = Simulated(10 * count)

    check_images(
        BUCKET,
        ranges_of([Many(count)[number] for number in range(count)]),
        images,
        largest=None,
        out_of_time=lambda: False,
    )

    assert images.requests["list"] <= count / PAGE + 2 * -(-count // RANGE_KEYS)
    assert images.requests["list"] <= -(-count // PAGE)
