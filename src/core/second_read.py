"""What is wanted of a manifest once it is judged: the lines that can be trusted, and the text of those at fault."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from core.lines import BYTE_ORDER_MARK, LineBlock
from core.stretch import LineState

EXCLUDED: Final = LineState.INVALID | LineState.UNCHECKED


class LineTexts:
    """Keeps some lines of the blocks that pass through.

    Attributes:
        contents: The lines by number, without byte order mark and ending.
    """

    def __init__(self, wanted: Collection[int]) -> None:
        self.contents: dict[int, bytes] = {}
        self._wanted = sorted(wanted, reverse=True)

    def of(self, blocks: Iterable[LineBlock]) -> Iterator[LineBlock]:
        """Hands blocks on, in their order."""
        for block in blocks:
            while self._wanted and self._wanted[-1] < block.first + block.count:
                number = self._wanted.pop()
                content = block.lines[number - block.first].removesuffix(b"\n")
                self.contents[number] = content.removeprefix(BYTE_ORDER_MARK) if number == 1 else content
            yield block

    def read(self, blocks: Iterable[LineBlock]) -> None:
        """Reads blocks for their lines alone, and no more of them than that takes."""
        passing = self.of(blocks)
        while self._wanted and next(passing, None) is not None:
            pass


def accepted_lines(blocks: Iterable[LineBlock], states: bytes | bytearray) -> Iterator[bytes]:
    """Copies the lines with no error and nothing unchecked, without byte order mark or blank lines.

    Args:
        blocks: The same lines that were judged.
        states: A `LineState` for each line, as judged; lines past them were not judged and are left out.
    """
    left_out = EXCLUDED | LineState.BLANK
    for block in blocks:
        if block.first > len(states):
            return
        lines = block.lines
        if block.first == 1:
            lines = [lines[0].removeprefix(BYTE_ORDER_MARK), *lines[1:]]
        known = states[block.first - 1 : block.first - 1 + len(lines)]
        kept = [line for line, state in zip(lines, known, strict=False) if not state & left_out]
        if kept:
            yield b"".join(kept)
