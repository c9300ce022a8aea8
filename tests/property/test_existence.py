"""A clever search for images answers what looking at each of them singly would, whatever S3 does meanwhile."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final
from unittest.mock import patch

from hypothesis import event, given, settings
from hypothesis import strategies as st

from core import existence
from core.errors import RetryableError
from core.existence import Cause, ImageCheck, check_images, just_before, ranges_of
from core.ports import Found, NotFound, Page
from core.source_ref import MAX_KEY_BYTES
from tests.builders import BUCKET
from tests.fakes import MemoryImages, times

LARGEST: Final = 10
# The ends of every length in UTF-8, both sides of the surrogates, and what people stumble over.
_ALPHABET: Final = "\x00\x01 +-./0a\x7f\x80é\u07ff\u0800\u200b\ud7ff\ue000\ufeff\uffff\U00010000😀\U0010ffff"
_SHORT: Final = st.text(_ALPHABET, min_size=1, max_size=3)


def _lengthened(filler: str, end: str, size: int) -> str:
    return filler * ((size - len(end.encode())) // len(filler.encode())) + end


_LONG: Final = st.builds(_lengthened, st.sampled_from("ké€😀"), _SHORT, st.integers(MAX_KEY_BYTES - 8, MAX_KEY_BYTES))
KEYS: Final = st.one_of(_SHORT, _SHORT.map("n/1//{}".format), _LONG)
_FOUND: Final = st.builds(Found, size=st.sampled_from([0, 1, LARGEST, LARGEST + 1]), archived=st.booleans())
_STATES: Final = st.tuples(st.booleans(), st.none() | _FOUND)
_RUNS: Final = st.tuples(st.integers(0, 300), st.integers(1, 100), _STATES)

# How many keys it takes for a page, a batch, a glance: as they are, and so small that few keys see all of them.
_SCALES: Final[st.SearchStrategy[dict[str, Any]]] = st.sampled_from(
    [
        {"PAGE_WORTH": existence.PAGE_WORTH, "FIRST_BATCH": existence.FIRST_BATCH},
        {"PAGE_WORTH": 1.5, "FIRST_BATCH": 2, "LARGEST_BATCH": 8, "_AT_ONCE": 3},
    ]
)

# One range, or several that are searched at once.
_RANGES: Final[st.SearchStrategy[dict[str, Any]]] = st.builds(
    lambda scale, keys: {**scale, "RANGE_KEYS": keys, "RANGES_AT_ONCE": 4}, _SCALES, st.sampled_from([10**6, 60, 7])
)

Search = tuple[set[str], dict[str, Found]]
"""Keys that are wanted, and the objects of the bucket."""


@st.composite
def searches(draw: st.DrawFn) -> Search:
    states = draw(st.dictionaries(KEYS, _STATES, max_size=20))
    for start, length, state in draw(st.lists(_RUNS, max_size=6)):
        states |= dict.fromkeys(map("n/{:03}.png".format, range(start, start + length)), state)
    wanted = {key for key, (is_wanted, _) in states.items() if is_wanted}
    return wanted, {key: found for key, (_, found) in states.items() if found}


def looked_at_singly(wanted: Collection[str], images: Mapping[str, Found]) -> ImageCheck:
    found = {key: images[key] for key in wanted if key in images}
    return ImageCheck(
        checked=len(wanted),
        missing=sorted(key for key in wanted if key not in images),
        found={key: image for key, image in found.items() if image.archived or not 0 < image.size <= LARGEST},
    )


class Images(MemoryImages):
    """Single looks are answered in no particular order."""

    def head(
        self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
    ) -> Iterator[tuple[str, Found | NotFound]]:
        return super().head(bucket, [*keys[1::2], *keys[::2]], out_of_time)


def check(wanted: Collection[str], store: Images, out_of_time: Callable[[], bool] = lambda: False) -> ImageCheck:
    return check_images(BUCKET, ranges_of(sorted(wanted)), store, largest=LARGEST, out_of_time=out_of_time)


@settings(max_examples=150)
@given(searches(), st.integers(1, 300), _SCALES)
def test_a_search_answers_as_single_looks_do_and_never_costs_much_more(
    search: Search, page_size: int, scale: dict[str, Any]
) -> None:
    wanted, images = search
    store = Images({BUCKET: images}, page_size=page_size)
    with patch.multiple(existence, **scale):
        assert check(wanted, store) == looked_at_singly(wanted, images)
    pages, worth, batch = store.requests["list"], scale["PAGE_WORTH"], scale["FIRST_BATCH"]
    event(f"{min(pages, 3)} pages or more, single looks: {bool(store.heads)}")
    assert len(set(store.heads)) == len(store.heads)
    assert wanted.issuperset(store.heads)
    # Between two pages, and after the last, so many keys are answered as make a page worth while; and a page that is
    # not worth it is followed by a whole batch of single looks, or by the end.
    assert pages <= len(wanted) // math.ceil(worth)
    assert pages * worth + len(store.heads) <= len(wanted) * (1 + worth / batch) + worth
    # No object is listed twice.
    assert pages <= len(images) // page_size + 1


def _repeating() -> Callable[[Page], Page]:
    pages: list[Page] = []

    def arrange(page: Page) -> Page:
        pages.append(page)
        return Page(pages[-2].objects, page.last) if len(pages) % 2 == 0 else page

    return arrange


def _thinned(every: int) -> Callable[[], Callable[[Page], Page]]:
    """Pages may hold less than asked for, or nothing at all."""
    return lambda: lambda page: Page(page.objects[: len(page.objects) // every], last=False)


_ARRANGEMENTS: Final[st.SearchStrategy[Callable[[], Callable[[Page], Page]]]] = st.sampled_from(
    [
        lambda: lambda page: page,
        # As of a listing in no order, which has the others on other pages.
        lambda: lambda page: Page([*page.objects[::-2], *page.objects[-1:]], page.last),
        lambda: lambda page: Page([*page.objects[1:], *page.objects[:1]], page.last),
        lambda: lambda page: Page([*page.objects, *page.objects[-1:]], page.last),
        _repeating,
        _thinned(2),
        _thinned(10**9),
    ]
)
_REFUSALS: Final = st.sampled_from([NotFound.DENIED, NotFound.ENCRYPTED])


@settings(max_examples=150)
@given(searches(), st.integers(1, 300), _RANGES)
def test_ranges_that_are_searched_at_once_answer_as_single_looks_do(
    search: Search, page_size: int, scale: dict[str, Any]
) -> None:
    wanted, images = search
    store = Images({BUCKET: images}, page_size=page_size)
    with patch.multiple(existence, **scale):
        assert check(wanted, store) == looked_at_singly(wanted, images)
    event(f"{min(math.ceil(len(wanted) / scale['RANGE_KEYS']), 9)} ranges or more")
    assert len(set(store.heads)) == len(store.heads)


@settings(max_examples=200)
@given(
    search=searches(),
    refused=st.lists(st.tuples(st.integers(0, 400), _REFUSALS), max_size=4),
    page_size=st.integers(1, 100),
    listing_denied=st.booleans(),
    faults=st.sets(st.integers(1, 60), max_size=5) | st.integers(1, 60).map(lambda first: range(first, 2_000)),
    glances=st.none() | st.integers(0, 12),
    arranged=_ARRANGEMENTS,
    scale=_RANGES,
)
def test_a_search_in_trouble_is_never_wrong(
    search: Search,
    refused: list[tuple[int, NotFound]],
    page_size: int,
    listing_denied: bool,  # noqa: FBT001
    faults: Collection[int],
    glances: int | None,
    arranged: Callable[[], Callable[[Page], Page]],
    scale: dict[str, Any],
) -> None:
    wanted, images = search
    rising = sorted(wanted)
    answers = {rising[number % len(rising)]: answer for number, answer in refused if rising}
    store = Images(
        {BUCKET: images},
        page_size=page_size,
        listing_denied=listing_denied,
        answers=answers,
        faults=dict.fromkeys(faults, RetryableError("throttled")),
        arrange=arranged(),
    )
    with patch.multiple(existence, **scale):
        found = check(wanted, store, (lambda: False) if glances is None else times(glances))
    unchecked = [key for keys in found.unchecked.values() for key in keys]
    event(f"unchecked: {'+'.join(sorted(found.unchecked)) or 'none'}")
    assert len(set(unchecked)) == len(unchecked)
    assert wanted.issuperset(unchecked)
    assert found.checked + len(unchecked) == len(wanted)
    expected = looked_at_singly(wanted.difference(unchecked), images)
    assert (found.checked, found.missing, found.found) == (expected.checked, expected.missing, expected.found)
    assert Cause.THROTTLED not in found.unchecked or (faults and min(faults) <= store.requests.total())
    assert Cause.OUT_OF_TIME not in found.unchecked or glances is not None
    denied, encrypted = (found.unchecked.get(cause, []) for cause in (Cause.DENIED, Cause.ENCRYPTED))
    assert {answers[key] for key in denied} <= {NotFound.DENIED}
    assert {answers[key] for key in encrypted} <= {NotFound.ENCRYPTED}


@settings(max_examples=60)
@given(searches(), st.lists(st.booleans(), min_size=1, max_size=5), st.integers(1, 100))
def test_checks_of_parts_merge_to_the_check_of_the_whole(search: Search, mine: list[bool], page_size: int) -> None:
    wanted, images = search
    part = {key for number, key in enumerate(sorted(wanted)) if mine[number % len(mine)]}
    store = Images({BUCKET: images}, page_size=page_size)
    whole, one, other = check(wanted, store), check(part, store), check(wanted - part, store)
    one.merge(other)
    assert one == whole


@settings(max_examples=200)
@given(KEYS, st.text(_ALPHABET, max_size=3))
def test_nothing_of_use_lies_right_before_a_key(key: str, end: str) -> None:
    start = just_before(key)
    assert start.encode() < key.encode()
    assert len(start.encode()) <= MAX_KEY_BYTES
    last = ord(key[-1])
    is_nearest = last > 0 and len(key.encode()) <= MAX_KEY_BYTES - 4
    if is_nearest and not end.startswith("\U0010ffff"):
        neighbour = key[:-1] + ("\ud7ff" if last == 0xE000 else chr(last - 1)) + end
        assert neighbour.encode() < start.encode()
