"""Where output goes, reports as JSON, and complaints; nothing that a terminal would obey is printed raw."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TextIO

from core.errors import PermanentError
from core.finding import Verdict, shown
from core.report import Report

_STATUS: Final = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INCOMPLETE: 2}
_LINE_CHARACTERS: Final = 10_000
_NOT_ASCII: Final = re.compile(r"[^\n -~]")


def status_of(verdicts: Sequence[Verdict]) -> int:
    """The exit status: any INVALID outweighs what could not be judged."""
    statuses = {_STATUS[verdict] for verdict in verdicts}
    return 1 if 1 in statuses else max(statuses, default=2)


def complain(message: object) -> None:
    """Tells on standard error what went wrong."""
    with suppress(OSError):  # nobody listens
        print(f"manifest-gate: {shown(str(message), _LINE_CHARACTERS)}", file=sys.stderr)


@contextmanager
def opened(path: str) -> Iterator[TextIO]:
    """Opens a file for writing; `-` is standard output.

    Raises:
        PermanentError: The file cannot be written.
    """
    if path == "-":
        yield sys.stdout
        return
    try:
        with Path(path).open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise PermanentError(f"{path!r} cannot be written: {error.strerror}.") from error


def as_json(report: Report, *, indent: int | None = 2) -> str:
    """A report as it is stored, but with escapes for characters that cannot be printed."""
    return _NOT_ASCII.sub(_printable, report.to_json(indent=indent))


def _printable(character: re.Match[str]) -> str:
    return character[0] if character[0].isprintable() else json.dumps(character[0])[1:-1]
