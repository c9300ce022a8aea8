"""What the demo and `make local` show: steps with a progress display, plain lines in a pipe."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

COLOURS = {"VALID": "green", "INVALID": "red", "INCOMPLETE": "yellow"}

# In a pipe a line stays one line, whatever its length.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)


@contextmanager
def step(title: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Shows that something is going on, and at its end how long it took.

    Args:
        title: What is going on.
        total: Of how many things, if that is known.

    Yields:
        What to call each time that one thing is done.
    """
    start = time.monotonic()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
    took = f"{time.monotonic() - start:.1f} s"
    console.print(Text.assemble(("✓ ", "green"), title, (f"  {took}", "dim")))


def heading(title: str) -> None:
    """Begins a section."""
    console.print()
    console.print(Text(title, "bold"))


def show(text: str | Text, indent: int = 2) -> None:
    """Shows text as it is, indented."""
    text = Text(text) if isinstance(text, str) else text
    for line in text.wrap(console, console.width - indent):
        indented = Text(" " * indent).append_text(line)
        indented.rstrip()
        console.print(indented, soft_wrap=True)


def show_report(report: dict[str, Any]) -> None:
    """Shows a report: verdict and every finding that it lists."""
    verdict = report["verdict"]
    lines, images = report["statistics"]["lines"], report["statistics"]["images"]
    counts = (
        f"{lines['total']:,} lines, {lines['invalid']:,} of them invalid;"
        f" {images['checked']:,} images, {images['missing']:,} of them missing"
    )
    show(Text.assemble((verdict, f"bold {COLOURS[verdict]}"), f"  {counts}"))
    for finding in report["findings"]:
        where = "manifest" if finding["line"] is None else f"line {finding['line']}"
        show(Text.assemble((f"{where:>8}  ", "dim"), (finding["rule"], "bold")))
        show(finding["message"], indent=12)
        if finding["value"] is not None:
            show(Text.assemble(("Found: ", "dim"), finding["value"]), indent=12)
        show(Text.assemble(("Fix: ", "dim"), finding["fix"]), indent=12)
