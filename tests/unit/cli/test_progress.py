import io
from collections import Counter
from collections.abc import Iterator
from itertools import repeat

import pytest
from rich.console import Console

from aws.clients import RequestCounter
from cli.progress import Progress

LINES = b"x" * 99 + b"\n"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def drawn(progress: Progress, width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(progress.draw(width))
    return " ".join(capture.get().split())


def test_nothing_is_drawn_of_what_is_quick(clock: Clock) -> None:
    progress = Progress("my.manifest", 1, 1, None, RequestCounter(), clock)
    clock.now += 0.2

    assert drawn(progress) == ""


def test_bytes_and_lines_are_counted_as_they_pass(clock: Clock) -> None:
    progress = Progress("my.manifest", 1, 1, 4_000_000, RequestCounter(), clock)
    chunks = [LINES * 10_000, b"half a line", LINES]
    clock.now += 2

    assert list(progress.reading(chunks)) == chunks
    assert drawn(progress).startswith("my.manifest ━━━━━")
    assert drawn(progress).endswith("10,001 lines 5,000/s 0:02 1.0 of 4.0 MB")


def test_of_a_pipe_nobody_knows_the_size(clock: Clock) -> None:
    progress = Progress("-", 2, 3, None, RequestCounter(), clock)
    clock.now += 61
    list(progress.reading(repeat(LINES, 61)))

    assert drawn(progress).startswith("2 of 3: - ")
    assert drawn(progress).endswith(" 61 lines 1/s 1:01")


def test_images_have_a_rate_of_their_own(clock: Clock) -> None:
    progress = Progress("my.manifest", 1, 1, 200, RequestCounter(), clock)
    list(progress.reading([LINES * 2]))
    clock.now += 100
    progress.begin("images", 20_000)
    clock.now += 2
    progress.done(1_000)
    progress.done(3_000)

    assert drawn(progress).endswith("4,000 of 20,000 images 2,000/s 1:42 2 lines")


def test_only_requests_since_the_beginning_count(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Iterator[Counter[str]] = iter([Counter(LIST=5), Counter(LIST=7, HEAD=1_001)])
    requests = RequestCounter()
    monkeypatch.setattr(requests, "snapshot", lambda: next(counts))
    progress = Progress("my.manifest", 1, 1, None, requests, clock)
    clock.now += 1

    assert "1,003 requests" in drawn(progress)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_it_is_one_line_however_narrow(width: int, clock: Clock) -> None:
    progress = Progress("a/very/long/name/" * 10, 1, 1, 4_000_000, RequestCounter(), clock)
    list(progress.reading([LINES * 10_000]))
    progress.begin("images opened", 20_000)
    clock.now += 1
    console = Console(width=width, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(progress.draw(width))

    assert capture.get().count("\n") == 1


def test_a_name_is_shown_and_not_obeyed(clock: Clock) -> None:
    progress = Progress("[red]\x1b[31m.manifest", 1, 1, None, RequestCounter(), clock)
    clock.now += 1

    assert drawn(progress).startswith(r"[red]\x1b[31m.manifest ")
