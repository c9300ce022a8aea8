"""Parts of the work alone: nothing that does the whole can be faster than these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from json.scanner import make_scanner
from pathlib import Path
from typing import Final

from bench.careful import read_blocks


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


FLOORS: Final[dict[str, Callable[[Path], None]]] = {
    "splitting into lines": split,
    "hashing the file": hashed,
    "json.loads of each line, without a check": scanned,
}
