"""Where a field stands in a line of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from core.finding import shown

_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\n\r]*+")


class Span(NamedTuple):
    """Characters of a text, from `start` up to `end`, counted from 0."""

    start: int
    end: int


class _Entry(NamedTuple):
    name: str
    key: Span
    value: Span


def place_of(text: str, path: str) -> Span | None:
    """Finds a field.

    Args:
        text: A sound JSON text.
        path: The field as findings name it: keys joined by dots, each as it is shown.

    Returns:
        Where its value stands, the last one where the key is repeated; where the field is missing, the key of the
        innermost object that should hold it; None where there is not even that.
    """
    found, missing = None, len(path)
    for left, span in _places(text, _after_space(text, 0), path):
        if left <= missing:
            found, missing = span, left
    return found


def _places(text: str, start: int, path: str) -> Iterator[tuple[int, Span]]:
    """Where the value that begins at `start` may hold a field, as keys may have dots of their own.

    With each place, how many characters of the path it leaves: none where it is the field itself.
    """
    # Of a key that is repeated the last entry is the one that readers keep.
    for entry in {entry.name: entry for entry in _entries(text, start)}.values():
        if entry.name == path:
            yield 0, entry.value
        elif path.startswith(f"{entry.name}."):
            left = path[len(entry.name) :]
            yield len(left), entry.key
            yield from _places(text, entry.value.start, left[1:])


def _entries(text: str, start: int) -> Iterator[_Entry]:
    """The entries of an object, or the items of an array by their numbers."""
    if text[start] not in "{[":
        return
    keyed, number = text[start] == "{", 0
    position = _after_space(text, start + 1)
    while text[position] not in "}]":
        name, key_start, key_end = str(number), position, position
        if keyed:
            name, key_end = _DECODER.raw_decode(text, position)
            position = _after_space(text, _after_space(text, key_end) + 1)  # past the colon
        _, end = _DECODER.raw_decode(text, position)
        yield _Entry(shown(name), Span(key_start, key_end), Span(position, end))
        number += 1
        position = _after_space(text, end)
        if text[position] == ",":
            position = _after_space(text, position + 1)


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
