"""A byte stream as numbered lines, in bounded memory.

Lines end at `\\n` alone; one `\\r` before it belongs to the ending. (`str.splitlines` also splits at U+2028, U+0085 and
others, which are legal within JSON texts.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

MAX_LINE_BYTES = 1024**2
"""A longer line is not held: this is what bounds memory on a file without line breaks."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines that follow each other.

    Attributes:
        first: Physical number of the first line, from 1.
        offset: Where the first line begins, in bytes.
        lines: The lines without their `\\n`.
        lengths: True lengths in bytes of lines that were cut at `MAX_LINE_BYTES`, by index.
        ended: Whether the last line has its `\\n`.
    """

    first: int
    offset: int
    lines: list[bytes]
    lengths: dict[int, int] = field(default_factory=dict)
    ended: bool = True

    def length(self, index: int) -> int:
        """True length of a line, in bytes."""
        return self.lengths.get(index, len(self.lines[index]))

    def offset_of(self, index: int) -> int:
        """Where a line begins, in bytes from the start of the file."""
        *_, start = accumulate((self.length(i) + 1 for i in range(index)), initial=self.offset)
        return start


def split_lines(chunks: Iterable[bytes], limit: int = MAX_LINE_BYTES) -> Iterator[LineBlock]:
    """Splits chunks of any size into blocks of whole lines.

    A last line without `\\n` is a line; nothing after a last `\\n` is none.

    Args:
        chunks: The bytes, in order.
        limit: Bytes of a line that are kept; the rest is counted and dropped.
    """
    first, offset, tail, dropped = 1, 0, b"", 0
    for chunk in chunks:
        unsplit = dropped + len(tail) + len(chunk)
        pieces = chunk.split(b"\n")
        pieces[0] = tail + pieces[0]
        tail = pieces.pop()
        if pieces:
            yield LineBlock(first, offset, pieces, {0: len(pieces[0]) + dropped} if dropped else {})
            first, offset, dropped = first + len(pieces), offset + unsplit - len(tail), 0
        if len(tail) > limit:
            dropped += len(tail) - limit
            tail = tail[:limit]
    if tail:
        yield LineBlock(first, offset, [tail], {0: len(tail) + dropped} if dropped else {}, ended=False)
