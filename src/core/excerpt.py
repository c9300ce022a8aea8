"""The part of a line in which a fault lies, as text that is safe to show."""

from __future__ import annotations

from typing import Final, NamedTuple

from core.finding import shown
from core.json_place import Span, place_of
from core.json_text import Fault, decode
from core.lines import MAX_LINE_BYTES

_CHARACTERS: Final = 160
"""Characters of a line that an excerpt shows."""
_BEFORE: Final = 60
"""Of them at most so many before the fault."""
_MARKED: Final = 100
"""Of them at most so many of the fault itself."""
_ESCAPED: Final = 10
"""Characters that one character takes at most when it is escaped."""
_CUT: Final = "…"
_NOWHERE: Final = Span(0, 0)


class Excerpt(NamedTuple):
    """Part of a line, escaped, in three pieces; `…` where it is cut.

    Attributes:
        column: The character at which the fault begins, from 1.
        before: What stands before the fault.
        marked: The fault itself; empty where it has no place of its own.
        after: What stands after it.
    """

    column: int
    before: str
    marked: str
    after: str


def excerpt(content: bytes, field: str | None) -> Excerpt:
    r"""Shows a fault in its line.

    Args:
        content: The line, without its ending.
        field: Path of the field at fault; None for the line itself.
    """
    text, (start, end) = _placed(content.removesuffix(b"\r"), field)
    first, cut = max(0, start - _BEFORE), min(end, start + _MARKED)
    last = max(first + _CHARACTERS, end)
    more = last < len(text) and (last > end or cut == end)  # else the mark's own … says so
    return Excerpt(
        column=start + 1,
        before=(_CUT if first else "") + _safe(text[first:start]),
        marked=_safe(text[start:cut]) + (_CUT if cut < end else ""),
        after=_safe(text[end:last]) + (_CUT if more else ""),
    )


def _placed(content: bytes, field: str | None) -> tuple[str, Span]:
    """A line as text, and where in it the fault lies."""
    if len(content) >= MAX_LINE_BYTES:  # not held to its end, and so not judged
        return content.decode(errors="backslashreplace"), _NOWHERE
    try:
        text = content.decode()
    except UnicodeDecodeError as fault:
        text = content.decode(errors="backslashreplace")
        start = len(content[: fault.start].decode())
        return text, Span(start, start + len("\\xff"))
    decoded = decode(text)
    if isinstance(decoded, Fault):
        return text, Span(decoded.column - 1, min(decoded.column, len(text)))
    return text, (place_of(text, field) if field is not None else None) or _NOWHERE


def _safe(text: str) -> str:
    return shown(text, len(text) * _ESCAPED)
