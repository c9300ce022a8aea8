"""Buckets whose listings are computed: fifty million keys, none of them held."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, overload

from core.ports import Found, NotFound, Page

PAGE: Final = 1_000
_THERE: Final = Found(100_000)


class Numbered(Sequence[str]):
    """Rising keys by number, as they come from a camera.

    Args:
        count: How many.
        folders: In how many folders; the images of a folder, a part of the count, stand before `others` more objects.
        others: Further objects in each folder.
    """

    def __init__(self, count: int, folders: int = 1, others: int = 0) -> None:
        self._images = count // folders
        self._a_folder = self._images + others
        self._count = self._a_folder * folders

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return list(map(self._key, range(*index.indices(self._count))))
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._key(index)

    def _key(self, index: int) -> str:
        folder, number = divmod(index, self._a_folder)
        return f"images/{folder:05}/{number:09}.jpg"


class SimulatedStore:
    """One bucket; the core's `ImageStore`, with counted requests.

    Args:
        bucket: Its name.
        keys: Of its objects, rising.

    Attributes:
        requests: How many, by operation.
    """

    def __init__(self, bucket: str, keys: Sequence[str]) -> None:
        self.requests: Counter[str] = Counter()
        self._bucket = bucket
        self._keys = keys
        self._counting = threading.Lock()

    def region(self, bucket: str) -> str | None:
        """All buckets lie in one region."""
        return "us-east-1" if bucket == self._bucket else None

    def list_after(self, bucket: str, after: str, _out_of_time: Callable[[], bool]) -> Page:
        """A page of a thousand."""
        self._count("LIST", 1)
        start = bisect_right(self._keys, after) if bucket == self._bucket else len(self._keys)
        listed = self._keys[start : start + PAGE]
        return Page([(key, _THERE) for key in listed], last=start + PAGE >= len(self._keys))

    def head(
        self, bucket: str, keys: Sequence[str], _out_of_time: Callable[[], bool]
    ) -> Iterator[tuple[str, Found | NotFound]]:
        """Single looks."""
        self._count("HEAD", len(keys))
        return ((key, _THERE if self._holds(bucket, key) else NotFound.MISSING) for key in keys)

    def read_starts(self, bucket: str, keys: Sequence[str], size: int) -> Iterable[tuple[str, bytes | NotFound]]:
        """Its objects are never opened."""
        raise NotImplementedError(bucket, keys, size)

    def _holds(self, bucket: str, key: str) -> bool:
        place = bisect_left(self._keys, key)
        return bucket == self._bucket and place < len(self._keys) and self._keys[place] == key

    def _count(self, operation: str, requests: int) -> None:
        with self._counting:
            self.requests[operation] += requests
