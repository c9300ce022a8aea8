import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import manifest
from tests.integration.conftest import Files
from tests.integration.terminal import Terminal, screen
from tests.integration.world import good, image

COMMAND = Path(sys.executable).with_name("manifest-gate")
JUDGE = [COMMAND, "check", "--no-images"]
BAD = good() + manifest(image("한글 " * 20 + ".png", "dent"))
HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def plain(bare: dict[str, str]) -> dict[str, str]:
    """The environment of somebody at a terminal."""
    return bare | {"TERM": "xterm", "LC_ALL": "C.UTF-8"}


def piped(*arguments: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*JUDGE, *arguments], env=env, capture_output=True, encoding="utf-8", check=False)


def test_a_terminal_shows_what_a_pipe_gets_but_in_colour(file: Files, plain: dict[str, str]) -> None:
    name = file(BAD)
    run = piped(name, env=plain)

    with Terminal([*JUDGE, name], plain, columns=120) as terminal:
        status = terminal.end()

    assert status == run.returncode == 0
    assert run.stderr == ""
    assert not COLOUR.search(run.stdout)
    assert "\x1b[1mmy.manifest:31:" in terminal.written
    assert "\x1b[33mwarning:\x1b[0m" in terminal.written
    assert "\x1b[1;32mVALID\x1b[0m" in terminal.written
    assert "\n".join(screen(terminal.written)) == run.stdout


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_without_colours_has_none(variables: dict[str, str], file: Files, plain: dict[str, str]) -> None:
    with Terminal([*JUDGE, "--no-progress", file(BAD)], plain | variables) as terminal:
        terminal.end()

    assert not COLOUR.search(terminal.written)
    assert "warning: The class is neither" in terminal.written


def test_colours_can_be_asked_for_in_a_pipe(file: Files, plain: dict[str, str]) -> None:
    assert "\x1b[33mwarning:" in piped(file(BAD), env=plain | {"FORCE_COLOR": "1"}).stdout


@pytest.mark.parametrize("columns", [40, 72, 200])
def test_quoted_lines_fit_the_terminal(columns: int, file: Files, plain: dict[str, str]) -> None:
    with Terminal([*JUDGE, file(BAD)], plain | {"NO_COLOR": "1"}, columns=columns) as terminal:
        terminal.end()

    lines = screen(terminal.written)
    quoted, carets = (lines[number] for number in (1, 2))
    assert quoted.startswith("  31 | ")
    assert len(quoted.encode("utf-16-le")) // 2 <= columns
    assert quoted[carets.index("^") : carets.rindex("^") + 1] == '"dent"'


def test_carets_stand_under_wide_characters(file: Files, plain: dict[str, str]) -> None:
    name = file(good() + manifest(image("가나", "normal", bucket="다")))

    _, quoted, carets, *_ = piped(name, env=plain).stdout.splitlines()

    assert quoted.startswith('  31 | {"source-ref": "s3://다/가나", ')
    assert carets == "     |                " + "^" * len('"s3://../...."')


def test_progress_is_drawn_and_wiped_away(file: Files, plain: dict[str, str]) -> None:
    file()
    with Terminal([*JUDGE, "-", "my.manifest"], plain) as terminal:
        terminal.send(good())
        terminal.read_until(lambda written: "1 of 2: -" in written and "30 lines" in written)
        terminal.send(good().replace(b"images/", b"more/"))
        terminal.read_until(lambda written: "60 lines" in written)
        status = terminal.end()

    assert status == 0
    assert terminal.written.count(HIDDEN) == terminal.written.count(SHOWN) > 0
    lines = screen(terminal.written)
    assert lines[0] == "VALID  -  (lookout-for-vision, lines)"
    assert "of 2:" not in "".join(lines)
    assert lines[-2:] == ["2 manifests: 2 VALID", ""]


def test_an_interruption_leaves_the_terminal_clean(plain: dict[str, str]) -> None:
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # a child inherits it only if it is ignored
    try:
        with Terminal([*JUDGE, "-"], plain) as terminal:
            terminal.send(good())
            terminal.read_until(lambda written: "30 lines" in written)
            terminal.process.send_signal(signal.SIGINT)
            terminal.read_until(lambda written: "interrupted" in written)
            status = terminal.end()
    finally:
        signal.signal(signal.SIGINT, usual)

    assert status == 130
    assert terminal.written.rindex(SHOWN) > terminal.written.rindex(HIDDEN)
    assert screen(terminal.written) == ["manifest-gate: interrupted", ""]


@pytest.mark.parametrize(
    ("options", "variables"), [(["--no-progress"], {}), (["--quiet"], {}), ([], {"TERM": "dumb"})], ids=str
)
def test_progress_can_be_turned_off(options: list[str], variables: dict[str, str], plain: dict[str, str]) -> None:
    with Terminal([*JUDGE, *options, "-"], plain | variables | {"NO_COLOR": "1"}) as terminal:
        terminal.send(BAD)
        terminal.end()

    assert "\x1b" not in terminal.written


def test_progress_goes_to_standard_error_alone(file: Files, plain: dict[str, str]) -> None:
    """Where standard output goes to a file, the progress is seen all the same and the file has none of it."""
    file()
    run = ["sh", "-c", '"$0" "$@" >output', *JUDGE, "-"]
    with Terminal(run, plain) as terminal:
        terminal.send(good())
        terminal.read_until(lambda written: "30 lines" in written)
        status = terminal.end()

    assert status == 0
    assert not any(screen(terminal.written))
    assert "\x1b" not in Path("output").read_text(encoding="utf-8")


def test_hostile_names_are_shown_and_not_obeyed(file: Files, plain: dict[str, str]) -> None:
    name = file(good(), "[red]\x1b[31m\x1b]0;x\x07[blink].manifest")
    with Terminal([*JUDGE, name, "-"], plain) as terminal:
        terminal.read_until(lambda written: "2 of 2: -" in written)
        terminal.send(good())
        terminal.end()

    assert r"[red]\x1b[31m\x1b]0;x\x07[blink].manifest" in "\n".join(screen(terminal.written))
    assert "\x07" not in terminal.written
    assert "\x1b[31m" not in terminal.written


def test_a_pipe_needs_nothing_of_a_terminal(file: Files) -> None:
    program = (
        "import sys; from cli.main import main; main(['check', '--no-images', 'my.manifest']); "
        "print(sorted(name for name in sys.modules if name.partition('.')[0] == 'rich'), file=sys.stderr)"
    )
    file()
    sources = os.pathsep.join(sys.path)
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": sources},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stderr == "[]\n"
