"""What existence costs: the planner's real requests at a simulated bucket, priced, and seconds by a stated model."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from aws.clients import CONNECTIONS
from bench.document import Bar, bars, measured, table
from bench.effort import Effort
from bench.existence import MOST_MS_A_LOOK, MOST_MS_A_PAGE, client_seconds
from bench.gate import look_for
from bench.simulated import PAGE, Numbered, SimulatedStore
from core.existence import RANGE_KEYS, RANGES_AT_ONCE

BUCKET: Final = "images"
LIST_DOLLARS: Final = 0.005 / 1_000
HEAD_DOLLARS: Final = 0.0004 / 1_000
"""List prices of us-east-1."""
MOST_OF_THE_CHEAPER: Final = 1.1
PAGES_BESIDE: Final = 2
"""Pages that a range may cost beside those that its keys fill."""

_FOLDERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Model:
    """What requests take; seconds.

    Attributes:
        page_cpu: Of the client's one processor, for a LIST page.
        look_cpu: The same for a HEAD.
        measured: Whether these two were measured, in this very run.
        page: A LIST page, at S3.
        look: A HEAD, at S3.
        pages_at_once: LIST pages under way at once.
        looks_at_once: HEADs under way at once.
    """

    page_cpu: float = MOST_MS_A_PAGE / 1_000
    look_cpu: float = MOST_MS_A_LOOK / 1_000
    measured: bool = False
    page: float = 0.1
    look: float = 0.02
    pages_at_once: int = RANGES_AT_ONCE
    looks_at_once: int = CONNECTIONS

    def seconds(self, requests: Requests) -> float:
        """How long requests take: waiting, or the client's processor if that is longer."""
        waiting = requests.lists * self.page / self.pages_at_once + requests.heads * self.look / self.looks_at_once
        return max(waiting, requests.lists * self.page_cpu + requests.heads * self.look_cpu)

    def __str__(self) -> str:
        source = "as measured in this run" if self.measured else "the bars, as there is nothing to measure them at"
        return (
            "Seconds are a model, not measured: "
            f"a LIST page takes S3 {self.page * 1_000:g} ms and a HEAD {self.look * 1_000:g} ms; "
            f"under way at once are up to {self.pages_at_once} pages or {self.looks_at_once} HEADs; "
            f"they cost one processor {self.page_cpu * 1_000:.2f} and {self.look_cpu * 1_000:.2f} ms ({source}); "
            "the longer of waiting and computing counts."
        )


@dataclass(frozen=True, slots=True)
class Case:
    """Images in a bucket.

    Attributes:
        title: For the table.
        keys: Of all objects.
        places: Of the wanted images among them, rising.
        dense: The wanted images are all there is.
    """

    title: str
    keys: Numbered
    places: Sequence[int]
    dense: bool = False


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests by operation."""

    lists: int
    heads: int

    @property
    def dollars(self) -> float:
        """What they cost."""
        return self.lists * LIST_DOLLARS + self.heads * HEAD_DOLLARS


class Joined(Sequence[int]):
    """Rising places: one stretch, then another."""

    def __init__(self, first: range, then: range) -> None:
        self._first, self._then = first, then

    def __len__(self) -> int:
        return len(self._first) + len(self._then)

    def __getitem__(self, index: int) -> int:  # type: ignore[override] # no slices are asked for
        return self._first[index] if index < len(self._first) else self._then[index - len(self._first)]


def cases(wanted: int, objects: int) -> Iterator[Case]:
    """The cases for so many images."""
    every = Numbered(objects)
    half = wanted // 2
    a_folder = wanted // _FOLDERS
    folders = Numbered(a_folder * _FOLDERS, _FOLDERS, others=PAGE)
    yield Case("a prefix that holds exactly those", Numbered(wanted), range(wanted), dense=True)
    yield Case(f"scattered among {objects:,} objects", every, _spread(0, objects, wanted))
    in_folders = _InFolders(_FOLDERS, a_folder, a_folder + PAGE)
    yield Case(f"in {_FOLDERS:,} prefixes, each with {PAGE:,} others", folders, in_folders)
    yield Case(f"half dense, half scattered in {objects:,}", every, Joined(range(half), _spread(half, objects, half)))


def _spread(first: int, end: int, count: int) -> range:
    step = (end - first) // count
    return range(first, first + step * count, step)


class _InFolders(Sequence[int]):
    """Rising places: the first few of every folder."""

    def __init__(self, folders: int, wanted: int, size: int) -> None:
        self._folders, self._wanted, self._size = folders, wanted, size

    def __len__(self) -> int:
        return self._folders * self._wanted

    def __getitem__(self, index: int) -> int:  # type: ignore[override] # no slices are asked for
        folder, number = divmod(index, self._wanted)
        if folder >= self._folders:
            raise IndexError(index)
        return folder * self._size + number


def planned(case: Case) -> Requests:
    """What the planner asks."""
    store = SimulatedStore(BUCKET, case.keys)
    check = look_for(BUCKET, _ranges(case), store)
    if check.checked != len(case.places) or check.missing:
        raise LookupError(f"{check.checked:,} of {len(case.places):,} images were found")
    return Requests(store.requests["LIST"], store.requests["HEAD"])


def _ranges(case: Case) -> Iterator[list[str]]:
    keys = (case.keys[place] for place in case.places)
    while taken := list(islice(keys, RANGE_KEYS)):
        yield taken


def head_all(case: Case) -> Requests:
    """One HEAD an image."""
    return Requests(0, len(case.places))


def list_all(case: Case) -> Requests:
    """Pages alone, each from the next wanted image on."""
    pages = position = 0
    while position < len(case.places):
        pages += 1
        position = bisect_left(case.places, case.places[position] + PAGE, position)
    return Requests(pages, 0)


def measure(effort: Effort) -> str:
    """Counts, and returns the tables."""
    cpu = client_seconds(effort)
    model = Model(*cpu, measured=True) if cpu else Model()
    rows: list[list[str]] = []
    excess: list[float] = []
    pages_beside: list[float] = []
    for wanted in effort.wanted:
        for case in cases(wanted, effort.objects):
            ways: list[Callable[[Case], Requests]] = [planned, list_all, head_all]
            mine, *others = (way(case) for way in ways)
            excess.append(mine.dollars / min(other.dollars for other in others))
            if case.dense:
                pages_beside.append((mine.lists - wanted / PAGE) / -(-wanted // RANGE_KEYS))
            told = (_told(requests, model) for requests in (mine, *others))
            rows.append([f"{len(case.places):,}", case.title, *told])
    found = [
        Bar(
            "the planner's dollars against the cheaper of the others, dearest case",
            f"{MOST_OF_THE_CHEAPER:g} times",
            f"{max(excess):.2f} times",
            max(excess) <= MOST_OF_THE_CHEAPER,
        ),
        Bar(
            f"LIST pages for N images of a prefix, a range of {RANGE_KEYS:,}",
            f"N/{PAGE:,} + {PAGES_BESIDE}",
            f"N/{PAGE:,} + {max(pages_beside):.1f}",
            max(pages_beside) <= PAGES_BESIDE,
        ),
    ]
    prices = (
        f"Dollars are list prices of us-east-1: ${LIST_DOLLARS * 1_000:g} for 1,000 LIST, "
        f"${HEAD_DOLLARS * 1_000:g} for 1,000 HEAD."
    )
    header = ["images", "where they lie", "the planner", "LIST alone, skipping gaps", "HEAD alone"]
    return measured("\n\n".join([f"{prices} {model}", bars(found), table(header, rows)]))


def _told(requests: Requests, model: Model) -> str:
    asked = f"{requests.lists:,} LIST, {requests.heads:,} HEAD"
    return f"{asked}: ${requests.dollars:.4f}, {model.seconds(requests):,.1f} s"
