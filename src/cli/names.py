"""Manifests as the command line names them: paths, locations in S3, and patterns of both."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final, Protocol

from core.errors import GateError, PermanentError
from core.source_ref import SourceRef, parse

STANDARD_INPUT: Final = "-"
_MAGIC: Final = re.compile(r"[*?[]")
_ANY_FOLDERS: Final = "**"


class Bucketful(Protocol):
    """What has to be known of S3 to find objects by a pattern."""

    def exists(self, bucket: str, key: str) -> bool:
        """Whether there is such an object."""

    def keys(self, bucket: str, prefix: str) -> Iterable[str]:
        """All keys that begin with a prefix, rising."""


def expand(names: Sequence[str], s3: Bucketful, complain: Callable[[str, GateError], None]) -> list[str]:
    """The manifests that are meant, each once, in the order in which they are named.

    `*`, `?` and `[…]` match within a folder and `**` any folders, in S3 as on disk. A file or object whose name holds
    such characters is meant before any that match.

    Args:
        names: Paths, `s3://BUCKET/KEY`, patterns of both, or `-`.
        s3: Where objects are looked for; not asked if no pattern is one of S3.
        complain: Is told each pattern that comes to nothing, and why.
    """
    found: dict[object, str] = {}
    for name in names:
        try:
            for each in _expanded(name, s3):
                found.setdefault(_identity(each), each)
        except GateError as error:
            complain(name, error)
    return list(found.values())


def is_location(name: str) -> bool:
    """Whether a name is meant to be one in S3."""
    return name[:3].lower() == "s3:"


def read_location(name: str) -> tuple[str, str]:
    """Bucket and key of an `s3://BUCKET/KEY`.

    Raises:
        PermanentError: It is none.
    """
    if not is_unicode(name):
        raise PermanentError(f"{name!r} is not UTF-8, as all keys in S3 are.")
    ref = parse(name)
    if not isinstance(ref, SourceRef):
        raise PermanentError(f"{name!r} {ref.message}; write s3://BUCKET/KEY.")
    return ref.bucket, ref.key


def is_unicode(argument: str) -> bool:
    """Whether an argument was UTF-8; Python puts lone surrogates for bytes that are not."""
    return argument.isascii() or not any("\ud800" <= character <= "\udfff" for character in argument)


def _expanded(name: str, s3: Bucketful) -> Iterator[str]:
    if not _MAGIC.search(name):
        yield name
        return
    matches = list(_objects(name, s3) if is_location(name) else _files(name))
    if not matches:
        raise PermanentError(f"Nothing matches {name!r}.")
    yield from matches


def _files(pattern: str) -> Iterator[str]:
    if os.path.lexists(pattern):
        yield pattern
        return
    for path in sorted(glob.iglob(pattern, recursive=True)):  # noqa: PTH207 - pathlib changes what it is given
        if not os.path.isdir(path):  # noqa: PTH112 - ditto
            yield f"./{path}" if path == STANDARD_INPUT or is_location(path) else path


def _objects(pattern: str, s3: Bucketful) -> Iterator[str]:
    bucket, key = read_location(pattern)
    if not (magic := _MAGIC.search(key)) or s3.exists(bucket, key):
        yield pattern
        return
    parts = key.split("/")
    for found in s3.keys(bucket, key[: magic.start()]):
        if not found.endswith("/") and _matches(found.split("/"), parts):
            yield f"s3://{bucket}/{found}"


def _matches(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return not parts
    first, rest = patterns[0], patterns[1:]
    if first == _ANY_FOLDERS:
        return any(_matches(parts[start:], rest or ["*"]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], first) and _matches(parts[1:], rest)


def _identity(name: str) -> object:
    """What two names of the same manifest have in common."""
    return name if name == STANDARD_INPUT or is_location(name) else os.path.realpath(name)
