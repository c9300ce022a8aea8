"""How many requests may be under way at once: fewer when S3 asks to slow down, more again while all goes well."""

from __future__ import annotations

import threading


class Pace:
    """A limit that all threads of a store share.

    It halves when S3 says that it is too much, but only once for all requests that were under way then; and it grows by
    one for every `limit` requests that went well.

    Args:
        most: The limit at first, which it never passes.

    Attributes:
        limit: Requests that may be under way now.
    """

    def __init__(self, most: int) -> None:
        self.limit = float(most)
        self._most = most
        self._under_way = 0
        self._begun = 0
        self._begun_at_halving = 0
        self._free = threading.Condition()

    def begin(self) -> int:
        """Waits until one more request may begin; returns its number."""
        with self._free:
            self._free.wait_for(lambda: self._under_way < int(self.limit))
            self._under_way += 1
            self._begun += 1
            return self._begun

    def end(self, number: int, *, slow_down: bool) -> None:
        """Notes that a request ended, and whether S3 asked to slow down."""
        with self._free:
            self._under_way -= 1
            if not slow_down:
                self.limit = min(self.limit + 1 / self.limit, self._most)
            elif number > self._begun_at_halving:
                self.limit = max(self.limit / 2, 1)
                self._begun_at_halving = self._begun
            self._free.notify(2)  # for the one that ended, and for the limit that may have grown
