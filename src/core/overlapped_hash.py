"""The SHA-256 of bytes that come in pieces, computed beside whatever else is done with them."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

_TOGETHER: Final = 1024**2
"""Bytes that are hashed together: as Python hashes without its lock, other work goes on meanwhile."""
_MOST: Final = 4
"""How many such pieces are held at most: where the thread hardly gets Python's lock, it is waited for."""


class OverlappedHash:
    """A running SHA-256. Of little it takes no thread."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._size = 0
        self._pool: ThreadPoolExecutor | None = None
        self._under_way = deque[Future[None]]()

    def update(self, piece: bytes) -> None:
        """Adds bytes."""
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size >= _TOGETHER:
            self._pool = self._pool or ThreadPoolExecutor(1)
            self._hand_on(self._pool)

    def end(self) -> None:
        """Begins with what is left: no bytes follow."""
        if self._pool is not None:
            self._hand_on(self._pool)

    def hexdigest(self) -> str:
        """The digest of all bytes, in hexadecimal; none may follow."""
        for work in self._under_way:
            work.result()
        self._add(self._waiting)
        self.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Waits for what is under way, and ends the thread."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _hand_on(self, pool: ThreadPoolExecutor) -> None:
        if len(self._under_way) >= _MOST:
            self._under_way.popleft().result()
        self._under_way.append(pool.submit(self._add, self._waiting))
        self._waiting, self._size = [], 0

    def _add(self, pieces: list[bytes]) -> None:
        joined = b"".join(pieces)
        pieces.clear()  # they are not held twice meanwhile
        self._digest.update(joined)
