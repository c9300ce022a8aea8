"""The SHA-256 of bytes that come in pieces, computed beside whatever else is done with them."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_TOGETHER: Final = 4 * 1024**2
"""Bytes that are hashed together: as Python hashes without its lock, other work goes on meanwhile."""


class OverlappedHash:
    """A running SHA-256. Of little it takes no thread."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._size = 0
        self._pool: ThreadPoolExecutor | None = None

    def update(self, piece: bytes) -> None:
        """Adds bytes."""
        self._waiting.append(piece)
        self._size += len(piece)
        if self._size >= _TOGETHER:
            self._pool = self._pool or ThreadPoolExecutor(1)
            self._pool.submit(self._digest.update, self._taken())

    def hexdigest(self) -> str:
        """The digest of all bytes, in hexadecimal; none may follow."""
        self.close()
        self._digest.update(self._taken())
        return self._digest.hexdigest()

    def close(self) -> None:
        """Waits for what is under way, and ends the thread."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _taken(self) -> bytes:
        taken, self._waiting, self._size = b"".join(self._waiting), [], 0
        return taken
