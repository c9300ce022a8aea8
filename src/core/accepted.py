"""The lines that can be trusted, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from core.lines import BYTE_ORDER_MARK, split_lines
from core.stretch import LineState

EXCLUDED: Final = LineState.INVALID | LineState.UNCHECKED


def accepted_lines(chunks: Iterable[bytes], states: bytes | bytearray) -> Iterator[bytes]:
    """Copies the lines with no error and nothing unchecked, without byte order mark or blank lines.

    Args:
        chunks: The same bytes that were judged.
        states: A `LineState` for each line, as judged; lines past them were not judged and are left out.
    """
    left_out = EXCLUDED | LineState.BLANK
    for block in split_lines(chunks):
        if block.first > len(states):
            return
        lines = block.lines
        if block.first == 1:
            lines = [lines[0].removeprefix(BYTE_ORDER_MARK), *lines[1:]]
        known = states[block.first - 1 : block.first - 1 + len(lines)]
        kept = [line for line, state in zip(lines, known, strict=False) if not state & left_out]
        if kept:
            yield b"".join(kept)
