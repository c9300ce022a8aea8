"""What the command line shows, as the documents show it: in a pipe, on a terminal, on GitHub."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from rich.console import Console
from rich.text import Text

from aws.clients import RequestCounter
from cli.main import main as manifest_gate
from cli.progress import Progress

_COLUMNS = 110
_OF_THE_ENVIRONMENT = ("COLUMNS", "FORCE_COLOR", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "NO_COLOR", "TERM")
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def console(*command: str, last: int = 0) -> str:
    """What a pipe gets of a command; of many lines the last few."""
    printed = _printed(command, io.StringIO())
    prompt = _prompt(command)
    if last:
        printed, prompt = "".join(printed.splitlines(keepends=True)[-last:]), f"{prompt} | tail -n {last}"
    return f"```console\n{prompt}\n{printed}```"


def terminal_picture(*command: str) -> str:
    """What a terminal shows of a command, as an SVG that asks for nothing from outside."""
    printed = _printed(command, _Terminal(), COLUMNS=str(_COLUMNS), TERM="xterm-256color")
    record = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard")
    record.print(Text(_prompt(command)))
    record.print(Text.from_ansi(printed))
    return _FONT.sub("", record.export_svg(title="manifest-gate", unique_id="terminal")) + "\n"


def step_summary(*command: str) -> str:
    """What a command adds to the page of a workflow's run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "summary.md"
        _printed(command, io.StringIO(), GITHUB_STEP_SUMMARY=str(file))
        return file.read_text(encoding="utf-8").rstrip()


def progress() -> str:
    """Two moments of the progress, without colours."""
    clock = itertools.count(step=0.7)
    told = Progress("train.manifest", 2, 3, 31_200_000, RequestCounter(), lambda: float(next(clock)))
    lines = b"x" * 311 + b"\n"
    moments = [_drawn(told) for _ in told.reading([lines * 60_000])]
    told.begin("images", 100_000)
    told.done(42_000)
    moments.append(_drawn(told))
    return "```text\n{}\n```".format("\n".join(moments))


def _drawn(told: Progress) -> str:
    plain = Console(width=_COLUMNS, file=io.StringIO(), color_system=None)
    with plain.capture() as capture:
        plain.print(told.draw(_COLUMNS))
    return capture.get().rstrip()


def _prompt(command: tuple[str, ...]) -> str:
    return f"$ .venv/bin/manifest-gate {shlex.join(command)}"


def _printed(command: tuple[str, ...], file: io.StringIO, **variables: str) -> str:
    with _environment(**variables), contextlib.redirect_stdout(file):
        manifest_gate(command)
    return file.getvalue()


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Nothing of whoever writes the documents."""
    usual = {name: value for name, value in os.environ.items() if name not in _OF_THE_ENVIRONMENT}
    with mock.patch.dict(os.environ, usual | variables, clear=True):
        yield
