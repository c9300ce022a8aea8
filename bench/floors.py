"""Parts of the work alone: nothing that does the whole can be faster than these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from json.scanner import make_scanner
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from bench.careful import CUSTOMARY, SUFFIX, read_blocks


def hashed(path: Path) -> None:
    """Reads and hashes."""
    digest = hashlib.sha256()
    for _ in read_blocks(path, digest.update):
        pass
    digest.hexdigest()


def split(path: Path) -> None:
    """Reads and splits into lines."""
    for block in read_blocks(path, len):
        block.split(b"\n")


def scanned(path: Path) -> None:
    """Reads the JSON of sound lines, and looks at nothing."""
    scan = make_scanner(json.JSONDecoder())  # type: ignore[arg-type] # typeshed names the wrong argument
    for block in read_blocks(path, len):
        for text in block.decode().split("\n"):
            scan(text, 0)


class _Metadata(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, gc=False):
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    job_name: str
    class_name: str
    human_annotated: Literal["yes", "no"]
    creation_date: datetime
    type: Literal["groundtruth/image-classification"]


_KEYS: Final = {"ref": "source-ref", "value": CUSTOMARY, "metadata": CUSTOMARY + SUFFIX}


class _Line(msgspec.Struct, rename=_KEYS, forbid_unknown_fields=True, gc=False):
    ref: str
    value: int
    metadata: _Metadata


def typed(path: Path) -> None:
    """Reads sound lines with msgspec, each field of its type."""
    decode = msgspec.json.Decoder(_Line).decode
    for block in read_blocks(path, len):
        list(map(decode, BytesIO(block)))


def typed_and_kept(path: Path) -> None:
    """The same, and rules out keys that stand twice, and tells whether an image stands twice."""
    decode, seen, quotes = msgspec.json.Decoder(_Line).decode, set[str](), 0
    for block in read_blocks(path, len):
        seen.update([line.ref for line in map(decode, BytesIO(block))])
        quotes += block.count(b'"')


FLOORS: Final[dict[str, Callable[[Path], None]]] = {
    "splitting into lines": split,
    "hashing the file": hashed,
    "json.loads of each line, without a check": scanned,
    "msgspec reading each line, typed": typed,
    "the same, quotation marks counted, references put into a set": typed_and_kept,
}
