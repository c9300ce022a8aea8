r"""A byte stream as numbered lines, in bounded memory.

Lines end at `\n` alone; one `\r` before it belongs to the ending. (`str.splitlines` also splits at U+2028, U+0085 and
others, which are legal within JSON texts.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

MAX_LINE_BYTES: Final = 1024**2
"""A longer line is not held: this is what bounds memory on a file without line breaks."""
BLOCK_LINES: Final = 4_096
"""Lines that are handed on together: this is what bounds memory on a file of nothing but line breaks."""
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
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


@dataclass(frozen=True, slots=True)
class LineBlock:
    r"""Whole lines that follow each other.

    Attributes:
        first: Physical number of the first line, from 1.
        offset: Where the first line begins, in bytes.
        lines: The lines without their `\n`.
        dropped: Bytes at the end of the first line that are not held.
        ended: Whether the last line has its `\n`.
    """

    first: int
    offset: int
    lines: list[bytes]
    dropped: int = 0
    ended: bool = True

    def __iter__(self) -> Iterator[Line]:
        """The lines, each with its place in the file."""
        offset, dropped = self.offset, self.dropped
        for number, content in enumerate(self.lines, self.first):
            length = len(content) + dropped
            yield Line(number, offset, content, length)
            offset, dropped = offset + length + 1, 0

    @property
    def end(self) -> int:
        """Where the line after the last one begins."""
        return self.offset + self.dropped + sum(map(len, self.lines)) + len(self.lines)


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
        *whole, rest = chunk.split(b"\n")
        if whole:
            whole[0] = bytes(held) + whole[0]
            held.clear()
        for start in range(0, len(whole), BLOCK_LINES):
            block = LineBlock(first, offset, whole[start : start + BLOCK_LINES], dropped)
            yield block
            first, offset, dropped = first + len(block.lines), block.end, 0
        held += rest
        if len(held) > limit:
            dropped += len(held) - limit
            del held[limit:]
    if held:
        yield LineBlock(first, offset, [bytes(held)], dropped, ended=False)
