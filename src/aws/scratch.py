"""Scratch space in the temporary folder: `/tmp` of a function, of the size of its ephemeral storage."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from core.errors import NoRoomError, PermanentError

_NONE: Final = -1
"""No file is open under this."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FIX: Final = "Give the function more ephemeral storage (parameter EphemeralStorageMegabytes), or split the manifest."


class TemporaryFile:
    """One file without a name, made when it is first written to; the core's `Scratch`, as a context."""

    def __init__(self) -> None:
        self._descriptor = _NONE
        self._places: list[tuple[int, int]] = []
        self._size = 0
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def write(self, data: bytes) -> int:
        """Appends bytes."""
        folder = tempfile.gettempdir()
        try:
            if self._descriptor == _NONE:
                file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - until the judgement ends
                self._descriptor = self._cleanup.enter_context(file).fileno()
            written = os.write(self._descriptor, data)
        except OSError as error:
            if error.errno in _FULL:
                raise NoRoomError(f"{folder} is full. {_FIX}") from error
            raise PermanentError(f"{folder} cannot be written: {error.strerror}.") from error
        if written < len(data):
            raise NoRoomError(f"{folder} is full. {_FIX}")
        self._places.append((self._size, len(data)))
        self._size += len(data)
        return len(self._places) - 1

    def read(self, number: int) -> bytes:
        """Reads bytes again."""
        place, size = self._places[number]
        try:
            return os.pread(self._descriptor, size, place)
        except OSError as error:
            raise PermanentError(f"{tempfile.gettempdir()} cannot be read: {error.strerror}.") from error
