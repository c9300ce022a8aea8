"""How text looks where it is read: colours and width of a terminal, neither in a pipe."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TextIO

from core.finding import Severity, Verdict

BOLD: Final = "1"
DIM: Final = "2"
_RED, _GREEN, _YELLOW, _CYAN = "31", "32", "33", "36"
CARET: Final = _CYAN
OF_SEVERITY: Final[Mapping[str, str]] = {
    Severity.ERROR.value: f"{BOLD};{_RED}",
    Severity.UNCHECKED.value: f"{BOLD};{_YELLOW}",
    Severity.WARNING.value: _YELLOW,
}
OF_VERDICT: Final[Mapping[str, str]] = {
    Verdict.VALID.value: f"{BOLD};{_GREEN}",
    Verdict.INVALID.value: f"{BOLD};{_RED}",
    Verdict.INCOMPLETE.value: f"{BOLD};{_YELLOW}",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How text is to look.

    Attributes:
        colours: Whether it is painted.
        width: Columns that a line of a manifest may take: the terminal's, and always the same in a pipe.
    """

    colours: bool = False
    width: int = 120

    def paint(self, text: str, codes: str) -> str:
        """Text in a colour, by the numbers of ECMA-48 (SGR)."""
        return f"\x1b[{codes}m{text}\x1b[0m" if self.colours and text else text


PLAIN: Final = Style()


def style_of(file: TextIO) -> Style:
    """The style for a stream: colours by `NO_COLOR`, `FORCE_COLOR` and `TERM`, as Python itself takes them."""
    if file is not sys.stdout:
        return PLAIN
    colours = not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or is_terminal(file))
    return Style(colours, shutil.get_terminal_size().columns if file.isatty() else PLAIN.width)


def is_terminal(file: TextIO) -> bool:
    """Whether a stream is a terminal that obeys."""
    return file.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def cells(text: str) -> int:
    """Columns that a text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - most text does without

    return cell_len(text)


def fit(before: str, marked: str, after: str, width: int) -> tuple[str, str, str]:
    """Cuts what stands around a marked text, and it too if it must, to a number of columns; `…` tells where.

    Args:
        before: What stands before it.
        marked: The text to be seen.
        after: What follows it.
        width: Columns, at least some ten.
    """
    marked = _head(marked, width - min(cells(before), width // 5) - 1)
    if marked.endswith("…"):
        after = ""
    left = width - cells(marked)
    room = max(left // 3, left - cells(after))
    before = _tail(before, room)
    return before, marked, _head(after, left - cells(before))


def _head(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    end = len(text)
    while end and cells(text[:end]) > width - 1:
        end -= 1
    return f"{text[:end]}…"


def _tail(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    start = 0
    while start < len(text) and cells(text[start:]) > width - 1:
        start += 1
    return f"…{text[start:]}"
