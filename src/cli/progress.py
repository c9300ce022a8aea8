"""What a terminal shows while manifests are judged, on standard error; it is gone when they are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final

from aws.clients import RequestCounter
from cli.style import is_terminal
from core.finding import shown

if TYPE_CHECKING:
    from rich.console import RenderableType

_DRAWN: Final = 10
"""Times a second that it is drawn."""
_PATIENCE: Final = 0.3
"""Seconds before anything is drawn: most manifests take less."""
_BAR: Final = 20
_NAME: Final = 24
"""Columns of a name at least."""
_GAP: Final = "  "
_MEGABYTE: Final = 1_000_000


class Progress:
    """How far the work on one manifest is; the core's `Watcher`.

    Args:
        name: The manifest's.
        number: Which one it is, from 1.
        of: Of how many.
        size: Its bytes, if that is known.
        requests: The requests that are made to S3.
        clock: Tells the time, in seconds.
    """

    def __init__(
        self,
        name: str,
        number: int,
        of: int,
        size: int | None,
        requests: RequestCounter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title = f"{number} of {of}: {name}" if of > 1 else name
        self._size = size
        self._requests = requests
        self._sent = requests.snapshot().total()
        self._bytes = self._lines = 0
        self._doing, self._wanted, self._done = "", 0, 0
        self._clock = clock
        self._began = self._phase_began = clock()
        self._counting = Lock()

    def reading(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Counts bytes and lines that pass by."""
        for chunk in chunks:
            self._bytes += len(chunk)
            self._lines += chunk.count(b"\n")
            yield chunk

    def begin(self, doing: str, wanted: int) -> None:
        """Something begins that is done so many times."""
        self._doing, self._wanted, self._done = doing, wanted, 0
        self._phase_began = self._clock()

    def done(self, count: int) -> None:
        """So many more of them are done."""
        with self._counting:
            self._done += count

    def draw(self, width: int) -> RenderableType:
        """A line for a terminal of some width."""
        from rich.progress_bar import ProgressBar  # noqa: PLC0415 - a pipe does without
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        now = self._clock()
        if now - self._began < _PATIENCE:
            return Text("", end="")
        told = self._told(now, width - _NAME - _BAR - 2 * len(_GAP))
        title = Text(shown(self._title), style="bold", no_wrap=True)
        title.truncate(max(_NAME, width - _BAR - len(told) - 2 * len(_GAP) - 1), overflow="ellipsis")
        total, completed = (self._wanted, self._done) if self._doing else (self._size or None, self._bytes)
        bar = ProgressBar(total=total, completed=min(completed, total or 0), width=_BAR, pulse=total is None)
        line = Table.grid(padding=(0, len(_GAP)))
        line.add_row(title, bar, Text(told, no_wrap=True, overflow="ellipsis"))
        return line

    def _told(self, now: float, room: int) -> str:
        """As much as there is room for, the most telling first."""
        minutes, seconds = divmod(int(now - self._began), 60)
        count = self._done if self._doing else self._lines
        pieces = [f"{count / max(now - self._phase_began, 0.001):,.0f}/s", f"{minutes}:{seconds:02}"]
        lines = f"{self._lines:,} lines"
        if self._doing:
            told = f"{self._done:,} of {self._wanted:,} {self._doing}"
        else:
            told, lines = lines, ""
            if self._size:
                pieces.append(f"{self._bytes / _MEGABYTE:,.1f} of {self._size / _MEGABYTE:,.1f} MB")
        if sent := self._requests.snapshot().total() - self._sent:
            pieces.append(f"{sent:,} requests")
        for piece in filter(None, (*pieces, lines)):
            if len(told) + len(_GAP) + len(piece) <= room:
                told += _GAP + piece
        return told


@contextmanager
def drawn(progress: Progress) -> Iterator[None]:
    """Draws the progress, and wipes it away at the end, however that comes."""
    from rich.console import Console  # noqa: PLC0415 - a pipe does without
    from rich.live import Live  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    with Live(
        get_renderable=lambda: progress.draw(console.width),
        console=console,
        refresh_per_second=_DRAWN,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield


def is_watched() -> bool:
    """Whether somebody looks at standard error."""
    return is_terminal(sys.stderr)
