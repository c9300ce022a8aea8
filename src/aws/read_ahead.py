"""Reading while what was read before is judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

AHEAD: Final = 4
"""Chunks that are read before they are asked for."""


def read_ahead(chunks: Iterable[bytes]) -> Generator[bytes, None, None]:
    """Takes chunks in a thread of its own, a few before they are asked for; what that raises is raised here.

    Closed early, it waits for the chunk that is under way, and reads no more.
    """
    reading = iter(chunks)
    pool = ThreadPoolExecutor(1)
    try:
        coming = deque(pool.submit(next, reading, None) for _ in range(AHEAD))
        while (chunk := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, reading, None))
            yield chunk
    finally:
        pool.shutdown(cancel_futures=True)
