r"""A byte stream as numbered lines, in bounded memory.

Lines end at `\n` alone; one `\r` before it belongs to the ending. (`str.splitlines` also splits at U+2028, U+0085 and
others, which are legal within JSON texts.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, NamedTuple

MAX_LINE_BYTES: Final = 1024**2
"""A longer line is not held: this is what bounds memory on a file without line breaks."""
BLOCK_BYTES: Final = 256 * 1024
"""Bytes that are handed on together, about: so few that what is made of them stays in the processor's cache."""
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Line(NamedTuple):
    r"""One line.

    Attributes:
        number: Physical, from 1.
        offset: Where it begins, in bytes from the start of the file.
        content: Its bytes without `\n`; cut, if there are more than `MAX_LINE_BYTES`.
        length: How many bytes it really has.
    """

    number: int
    offset: int
    content: bytes
    length: int


@dataclass(slots=True)
class LineBlock:
    r"""Whole lines that follow each other.

    Attributes:
        first: Physical number of the first line, from 1.
        offset: Where the first line begins, in bytes.
        content: The lines, each with its `\n`; the file's last line may lack it.
        dropped: Bytes at the end of the first line that are not held.
        known: How many lines there are, where somebody has counted them.
    """

    first: int
    offset: int
    content: bytes
    dropped: int = 0
    known: int | None = field(default=None, compare=False)
    _lines: list[bytes] | None = field(default=None, init=False, repr=False, compare=False)

    def __iter__(self) -> Iterator[Line]:
        """The lines, each with its place in the file."""
        return self.at(range(self.count))

    def at(self, places: Iterable[int]) -> Iterator[Line]:
        """Some of the lines, by their places in the block, from 0, rising."""
        lines, offset, before, dropped = self.lines, self.offset, 0, self.dropped
        for place in places:
            offset += sum(map(len, lines[before:place])) + (dropped if before == 0 < place else 0)
            content = lines[place].removesuffix(b"\n")
            yield Line(self.first + place, offset, content, len(content) + (0 if place else dropped))
            before = place

    @property
    def count(self) -> int:
        """How many lines there are."""
        if self.known is None:
            self.known = self.content.count(b"\n") + (not self.ended)
        return self.known

    @property
    def ended(self) -> bool:
        r"""Whether the last line has its `\n`."""
        return self.content.endswith(b"\n")

    @property
    def lines(self) -> list[bytes]:
        r"""The lines, each with its `\n`; the file's last line may lack it."""
        if self._lines is None:
            self._lines = BytesIO(self.content).readlines()  # in a third of the time of bytes.split
            self.known = len(self._lines)
        return self._lines

    @property
    def end(self) -> int:
        """Where the line after the last one begins, if the last one has its end."""
        return self.offset + self.dropped + len(self.content)


def split_lines(chunks: Iterable[bytes], limit: int = MAX_LINE_BYTES, offset: int = 0) -> Iterator[LineBlock]:
    r"""Splits chunks of any size into blocks of whole lines.

    A last line without `\n` is a line; nothing after a last `\n` is none.

    Args:
        chunks: The bytes, in order.
        limit: Bytes of a line that are kept; the rest is counted and dropped.
        offset: Where the first byte stands in the file.
    """
    first, held, dropped = 1, bytearray(), 0
    for chunk in chunks:
        view = memoryview(chunk)
        for start in range(0, len(chunk), BLOCK_BYTES):
            rest = view[start : start + BLOCK_BYTES]
            end = chunk.rfind(b"\n", start, start + BLOCK_BYTES) + 1
            if end:
                block = LineBlock(first, offset, b"".join((held, view[start:end])), dropped)
                yield block
                first, offset, dropped = first + block.count, block.end, 0
                held.clear()
                rest = rest[end - start :]
            held += rest
            if len(held) > limit:
                dropped += len(held) - limit
                del held[limit:]
    if held:
        yield LineBlock(first, offset, bytes(held), dropped)
