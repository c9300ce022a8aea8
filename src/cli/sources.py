"""Manifests that are read twice: judged, then quoted from and copied. Both times the same bytes, or it is said."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, cast

from cli.names import STANDARD_INPUT
from core.errors import PermanentError
from core.manifest import ManifestObject, OpenManifest

_CHUNK_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A manifest that is open.

    Attributes:
        opened: Its identity, and its bytes for the first time.
        again: Gives the bytes that were read, from the start.
        confirm: Raises `PermanentError` if they may have changed since.
    """

    opened: OpenManifest
    again: Callable[[], Generator[bytes]]
    confirm: Callable[[], None] = lambda: None


@contextmanager
def open_file(name: str) -> Iterator[Source]:
    """Opens a local file, a pipe, or standard input for `-`.

    What can be read only once is kept in a temporary file.

    Raises:
        PermanentError: It cannot be read.
    """
    if not name:
        raise PermanentError("One of the manifests has an empty name; is a variable not set?")
    with _readable(name):
        file = _binary(name)
    with file as content:
        status = None if name == STANDARD_INPUT else os.fstat(content.fileno())
        # A path may hold bytes that are not UTF-8.
        key = os.fsencode(name).decode(errors="backslashreplace")
        if status is not None and stat.S_ISREG(status.st_mode):
            manifest = ManifestObject(None, key, size=status.st_size)
            yield Source(
                OpenManifest(manifest, _chunks(name, content)),
                lambda: _from_start(name, content),
                lambda: _confirm(name, content, status),
            )
        else:
            with _kept(name):
                spool = tempfile.TemporaryFile()  # noqa: SIM115 - just below
            with spool as copy:
                kept = _copied(_chunks(name, content), copy, name)
                yield Source(OpenManifest(ManifestObject(None, key), kept), lambda: _from_start("a copy", copy))


def _binary(name: str) -> AbstractContextManager[BufferedReader]:
    if name == STANDARD_INPUT:
        return nullcontext(cast("BufferedReader", sys.stdin.buffer))
    path = Path(name)
    if path.is_dir():
        example = os.path.join(name, "*.manifest")  # noqa: PTH118 - pathlib would not leave it as it was written
        raise PermanentError(f"{name!r} is a folder. Name manifests, for example {example!r}.")
    return path.open("rb")


def _chunks(name: str, file: BufferedReader | BufferedRandom) -> Generator[bytes]:
    with _readable(name):
        while chunk := file.read1(_CHUNK_BYTES):  # of a pipe, what has come so far
            yield chunk


def _from_start(name: str, file: BufferedReader | BufferedRandom) -> Generator[bytes]:
    with _readable(name):
        file.seek(0)
    yield from _chunks(name, file)


def _copied(chunks: Iterator[bytes], copy: BinaryIO, name: str) -> Iterator[bytes]:
    for chunk in chunks:
        with _kept(name):
            copy.write(chunk)
            copy.flush()  # else a full disk would be told of when it is closed
        yield chunk


def _confirm(name: str, file: BufferedReader, before: os.stat_result) -> None:
    now = os.fstat(file.fileno())
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise PermanentError(f"{name!r} changed while it was judged; judge it again.")


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PermanentError(f"{name!r} cannot be read: {error.strerror}.") from error


@contextmanager
def _kept(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PermanentError(
            f"In the temporary folder a copy of {name!r} cannot be written: {error.strerror}."
        ) from error
