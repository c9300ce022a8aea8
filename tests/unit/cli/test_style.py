import io
import sys

import pytest

from cli.style import PLAIN, Style, cells, fit, style_of

NARROW = 30


class Terminal(io.StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing of colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return monkeypatch


@pytest.mark.parametrize(
    ("terminal", "variables", "colours"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": "0"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "unknown"}, False),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colours_follow_the_environment(
    *, terminal: bool, variables: dict[str, str], colours: bool, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr(sys, "stdout", Terminal() if terminal else io.StringIO())
    for name, value in variables.items():
        environment.setenv(name, value)

    assert style_of(sys.stdout).colours is colours


def test_a_file_has_no_colours(environment: pytest.MonkeyPatch) -> None:
    environment.setattr(sys, "stdout", Terminal())
    environment.setenv("FORCE_COLOR", "1")

    assert style_of(io.StringIO()) == PLAIN


def test_a_terminal_has_its_width_and_a_pipe_always_the_same(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("COLUMNS", "71")
    environment.setattr(sys, "stdout", Terminal())
    assert style_of(sys.stdout).width == 71

    environment.setattr(sys, "stdout", io.StringIO())
    assert style_of(sys.stdout).width == PLAIN.width


def test_nothing_is_painted_without_colours_and_nothing_where_there_is_no_text() -> None:
    assert PLAIN.paint("text", "31") == "text"
    assert Style(colours=True).paint("", "31") == ""
    assert Style(colours=True).paint("text", "1;31") == "\x1b[1;31mtext\x1b[0m"


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("abc", 3), ("이미지", 6), ("cafe\u0301", 4), ("😀", 2)])
def test_columns_are_those_of_a_terminal(text: str, columns: int) -> None:
    assert cells(text) == columns


@pytest.mark.parametrize(
    ("pieces", "fitted"),
    [
        (("a", "b", "c"), ("a", "b", "c")),
        (("x" * 20, "marked", ""), ("x" * 20, "marked", "")),
        (("x" * 40, "marked", ""), ("…" + "x" * 23, "marked", "")),
        (("x" * 40, "marked", "y" * 40), ("…" + "x" * 7, "marked", "y" * 15 + "…")),
        (("", "marked", "y" * 40), ("", "marked", "y" * 23 + "…")),
        (("x" * 40, "m" * 40, "y" * 40), ("…" + "x" * 6, "m" * 22 + "…", "")),
        (("", "m" * 40, "y" * 40), ("", "m" * 28 + "…", "")),
        (("", "m" * 29, "y" * 40), ("", "m" * 29, "…")),
        (("x" * 40, "m" * 23, "y" * 40), ("…x", "m" * 23, "y" * 4 + "…")),
        (("x" * 40, "cut…", "…"), ("…" + "x" * 25, "cut…", "")),
        (("이" * 20, "marked", ""), ("…" + "이" * 11, "marked", "")),
        (("x" * 40, "", "y" * 40), ("…" + "x" * 9, "", "y" * 19 + "…")),
    ],
)
def test_what_stands_around_a_fault_is_cut_to_the_width(
    pieces: tuple[str, str, str], fitted: tuple[str, str, str]
) -> None:
    assert fit(*pieces, NARROW) == fitted
    assert cells("".join(fitted)) <= NARROW
