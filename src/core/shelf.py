"""A shelf for bytes: in memory within a budget, past it compressed and put into scratch space."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from core.ports import Scratch

BUDGET: Final = 256 * 1024**2
"""Bytes that are held in memory."""
_FASTEST: Final = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """Where something lies: held here, or at a place of the scratch space.

    Attributes:
        held: The bytes, if they are in memory.
        place: Where else they are.
        packed: They are compressed.
    """

    held: bytes = b""
    place: int | None = None
    packed: bool = False


class Shelf:
    """Holds bytes until they are asked for.

    Args:
        budget: How many are held in memory: as they are, as long as there is room for that.
        scratch: Where the others go, compressed; without, they stay in memory, compressed.
    """

    def __init__(self, budget: int = BUDGET, scratch: Scratch | None = None) -> None:
        self._left = budget
        self._scratch = scratch

    def put(self, data: bytes, *, pack: bool = False) -> Slot:
        """Takes bytes.

        Args:
            data: The bytes.
            pack: Compresses them, even where there is room for them as they are.

        Raises:
            NoRoomError: The scratch space is full.
        """
        if len(data) <= self._left and not pack:
            self._left -= len(data)
            return Slot(data)
        packed = zlib.compress(data, _FASTEST)
        if len(packed) > self._left and self._scratch is not None:
            return Slot(place=self._scratch.write(packed), packed=True)
        self._left -= len(packed)
        return Slot(packed, packed=True)

    def get(self, slot: Slot) -> bytes:
        """Gives bytes back; they can be asked for again.

        Raises:
            PermanentError: The scratch space cannot be read.
        """
        if slot.place is None or self._scratch is None:
            return zlib.decompress(slot.held) if slot.packed else slot.held
        return zlib.decompress(self._scratch.read(slot.place))
