"""`--write-accepted`: the lines that can be trusted, byte for byte, in a file that is whole or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from cli.sources import Source
from core.errors import PermanentError
from core.lines import split_lines
from core.report import Report
from core.second_read import LineTexts, accepted_lines
from core.validate import Judgement


def check_place(path: str) -> None:
    """Makes sure that a file may stand at a path, or one be replaced there.

    Raises:
        PermanentError: It may not.
    """
    if path == "-":
        raise PermanentError("--write-accepted needs the name of a file.")
    if os.path.exists(path) and not Path(path).is_file():  # noqa: PTH110 - pathlib refuses some names
        raise PermanentError(f"{path!r} is no file; --write-accepted replaces nothing else.")


def copy_accepted(source: Source, judgement: Judgement, texts: LineTexts, path: str) -> None:
    """Copies the lines with no error and nothing unchecked, and keeps those that are quoted.

    Args:
        source: The manifest that was judged.
        judgement: What was found out about it.
        texts: Keeps the lines that are wanted.
        path: Where to; what stands there stays until all lines are written.

    Raises:
        GateError: The manifest cannot be read again, changed, or the file cannot be written.
    """
    digest = hashlib.sha256()
    with _written(path), _replacing(path) as file:
        with closing(source.again()) as chunks:
            blocks = texts.of(split_lines(_noted(chunks, digest.update)))
            for lines in accepted_lines(blocks, judgement.stretch.states):
                file.write(lines)
        source.confirm()
        if judgement.sha256 not in (None, digest.hexdigest()):
            raise PermanentError(f"{judgement.manifest.uri!r} changed while it was judged; judge it again.")


def as_told(report: Report, path: str) -> str:
    """What became of the file, in words."""
    lines = report.statistics.lines
    if report.accepted == "none":
        older = " What stands there is older." if os.path.exists(path) else ""  # noqa: PTH110 - as above
        return f"No line is accepted: {path!r} was not written.{older}"
    told = [f"{lines.valid:,} of {lines.total:,} lines are accepted, and written to {path!r}"]
    if report.scope == "lines":
        told.append("their images were not looked for")
    if report.manifest.sha256 is None:
        told.append("the manifest was not read to its end")
    return f"{'; '.join(told)}."


def _noted(chunks: Iterable[bytes], note: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in chunks:
        note(chunk)
        yield chunk


@contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    """Opens a file beside the one that it takes the place of in the end, if all goes well."""
    target = Path(os.path.realpath(path))
    beside = target.with_name(f"{target.name[:100]}.{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            yield file
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _written(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # of writing alone: what reading says is translated where it happens
        raise PermanentError(f"{path!r} cannot be written: {error.strerror}.") from error
