"""Tables in Markdown, and their places in docs/performance.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.machine import machine

DOCUMENT: Final = Path(__file__).parent.parent / "docs/performance.md"
_BLOCK: Final = re.compile(r"(<!-- measured: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure should be, beside what it is.

    Attributes:
        figure: What was measured.
        wanted: The bar, in words.
        measured: The median, in words.
        met: Whether it is met.
    """

    figure: str
    wanted: str
    measured: str
    met: bool


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar within a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def bars(found: Iterable[Bar]) -> str:
    """The table of bars."""
    rows = ((bar.figure, bar.wanted, bar.measured, "yes" if bar.met else "**no**") for bar in found)
    return table(["bar", "at least or at most", "measured", "met"], rows)


def measured(text: str) -> str:
    """Adds when and where something was measured."""
    return f"{text}\n\nMeasured {datetime.now(UTC):%Y-%m-%d}: {machine()}."


def names(document: str) -> list[str]:
    """The places for tables, in order."""
    return [block["name"] for block in _BLOCK.finditer(document)]


def filled(document: str, name: str, text: str) -> str:
    """The document with a text at the place of that name.

    Raises:
        LookupError: There is no such place.
    """
    if name not in names(document):
        raise LookupError(f"{DOCUMENT.name} has no place for {name!r}.")
    return _BLOCK.sub(lambda block: f"{block[1]}{text}\n{block[3]}" if block["name"] == name else block[0], document)


def write(name: str, text: str, path: Path = DOCUMENT) -> None:
    """Writes a part's tables into the document, and leaves the rest as it is."""
    path.write_text(filled(path.read_text(encoding="utf-8"), name, text), encoding="utf-8")
