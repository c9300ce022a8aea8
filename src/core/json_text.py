"""One line of JSON, to the letter of RFC 8259.

Python's decoder judges quickly but not exactly: it takes NaN and Infinity, keeps the last of two equal keys in
silence, and stumbles over deep nesting and very long integers. So it only reads what is sound; whatever it refuses is
judged by the grammar below, which reads without recursion and knows where and why a text is not JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

MAX_DEPTH = 128
"""Nesting past this is refused by other readers of manifests (pydantic, many C parsers)."""
MAX_INTEGER_DIGITS = 4_300
"""Longer integers are refused by Python's readers (`sys.set_int_max_str_digits`)."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A key that stands twice in one object.

    Attributes:
        path: Where, keys joined by dots.
        values: The first value that was dropped, and the one that readers keep.
    """

    path: str
    values: tuple[object, object]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A sound JSON text: its value, and the keys that stand twice in one object."""

    value: object
    repeats: tuple[Repeat, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is not JSON, or why other readers fail on it.

    Attributes:
        column: Character, from 1.
        kind: Slug of the cause.
        message: The cause in words.
        fix: What to do, where the cause tells.
        unsupported: The text is JSON all the same, but other readers fail on it.
    """

    column: int
    kind: str
    message: str
    fix: str | None = None
    unsupported: bool = False


def decode(text: str) -> Decoded | Fault:
    """Reads one JSON text (RFC 8259), keeping the last of repeated keys as parsers do."""
    if text.count("{") + text.count("[") > MAX_DEPTH and (fault := judge(text)):
        return fault
    repeated: list[tuple[dict[str, object], str, object]] = []

    def build(pairs: list[tuple[str, object]]) -> dict[str, object]:
        built = dict(pairs)
        if len(built) < len(pairs):
            firsts: dict[str, object] = {}
            for key, value in pairs:
                if key in firsts:
                    repeated.append((built, key, firsts[key]))
                firsts.setdefault(key, value)
        return built

    try:
        value = json.loads(text, object_pairs_hook=build, parse_constant=_refuse)
    except ValueError as refusal:
        return judge(text) or _impossible(text, refusal)
    if "\\u" in text and (fault := _unpaired_surrogate(text)):
        return fault
    return Decoded(value, tuple(_placed(value, repeated)) if repeated else ())


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _impossible(text: str, refusal: ValueError) -> NoReturn:
    raise AssertionError(f"the decoder and the grammar disagree on {text[:80]!r}") from refusal


def _placed(root: object, repeated: list[tuple[dict[str, object], str, object]]) -> Iterator[Repeat]:
    """Finds the path of each object that repeats a key. One inside a dropped value has none left: its key stands alone."""
    paths: dict[int, str] = {}
    pending: list[tuple[str, object]] = [("", root)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            paths[id(value)] = path
            pending += [(f"{path}{key}.", child) for key, child in value.items()]
        elif isinstance(value, list):
            pending += [(f"{path}{index}.", child) for index, child in enumerate(value)]
    for built, key, first in repeated:
        yield Repeat(paths.get(id(built), "") + key, (first, built[key]))


# The grammar. Possessive quantifiers keep every match linear, whatever the text.
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER = re.compile(r"-?(?:0|([1-9][0-9]*+))(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+")
_SPACE = re.compile(r"[ \t\n\r]*+")
_WORD = re.compile(r"[^\s\[\]{},:\"']++")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_LITERALS = frozenset({"true", "false", "null"})
_CLOSING = {"{": "}", "[": "]"}

_CAUSES: dict[str, tuple[str, str | None]] = {
    "cut-off": ("the line ends before its JSON is complete", "Write the whole object on one line; perhaps the upload was cut off."),
    "unterminated-string": ("a text that begins here has no closing quote", 'Close the text with ". Perhaps the line was cut off.'),
    "control-character": ("a control character stands in a text", "Write it as an escape, such as \\t or \\n, or remove it."),
    "escape": ("a backslash that begins no JSON escape", "Write a backslash as \\\\."),
    "single-quotes": ("single quotes", 'Write keys and texts in double quotes; in Python, use json.dumps instead of str.'),
    "curly-quotes": ("typographic quotes", 'Write keys and texts in plain double quotes (").'),
    "trailing-comma": ("a comma with nothing after it", "Remove the comma."),
    "missing-comma": ("a comma is missing here", "Put a comma between the entries."),
    "missing-colon": ("a colon is missing after the key", "Put a colon between key and value."),
    "two-objects": ("a second object on the same line", "Put each object on a line of its own."),
    "comma-after-object": ("a comma after the object", "JSON Lines has no commas between lines: remove it."),
    "extra-text": ("text after the object", "Remove what follows the closing brace."),
    "bracket": ("a bracket that closes nothing", "Remove it, or write the bracket that it should close."),
    "unquoted-key": ("a key without quotes", "Write keys in double quotes."),
    "unquoted-value": ("not a JSON value", "Write texts in double quotes; the only bare words are true, false and null."),
    "not-a-number": ("NaN and Infinity are not JSON", "Write a number, or leave the key out."),
    "python-literal": ("a Python literal", "Write true, false or null; in Python, use json.dumps instead of str."),
    "number": ("not a JSON number", "Write it without leading zeros or plus sign, and with digits on both sides of the point."),
    "comment": ("JSON has no comments", "Remove the comment."),
    "byte-order-mark": ("a byte order mark within the file", "Remove it; perhaps files were joined. Save them as UTF-8 without BOM."),
}  # fmt: skip


def _fault(position: int, kind: str) -> Fault:
    message, fix = _CAUSES[kind]
    return Fault(position + 1, kind, message, fix)


def judge(text: str) -> Fault | None:
    """Judges a text by the grammar of RFC 8259, without recursion.

    Returns:
        The first fault; a text that is JSON but nested too deep or with too long an integer is `unsupported`; None when
        the text is sound.
    """
    limits: Fault | None = None
    open_brackets: list[str] = []
    expected = "value"
    position = 0
    while True:
        position = _after(_SPACE, text, position)
        character = text[position : position + 1]
        if expected == "end" and not open_brackets:
            return limits if not character else _fault(position, _kind_after_object(character))
        if not character:
            return _fault(position, "cut-off")
        if expected == "end":
            if character == ",":
                expected = "key" if open_brackets[-1] == "{" else "value"
            elif character == _CLOSING[open_brackets[-1]]:
                open_brackets.pop()
            else:
                return _fault(position, _kind_within(text, position))
            position += 1
        elif expected == "colon":
            if character != ":":
                return _fault(position, "missing-colon")
            expected, position = "value", position + 1
        elif expected in ("key", "key or close"):
            if character == "}" and expected == "key or close":
                open_brackets.pop()
                expected, position = "end", position + 1
                continue
            if character != '"':
                return _unexpected(text, position, "key")
            end = _string_end(text, position)
            if isinstance(end, Fault):
                return end
            expected, position = "colon", end
        elif character == "]" and expected == "value or close":
            open_brackets.pop()
            expected, position = "end", position + 1
        elif character in "{[":
            open_brackets.append(character)
            if len(open_brackets) > MAX_DEPTH and limits is None:
                limits = Fault(position + 1, "depth", f"nested more than {MAX_DEPTH} deep", "Flatten the object.", unsupported=True)  # fmt: skip
            expected, position = ("key or close" if character == "{" else "value or close"), position + 1
        elif character == '"':
            end = _string_end(text, position)
            if isinstance(end, Fault):
                return end
            expected, position = "end", end
        elif number := _NUMBER.match(text, position):
            if len(number[1] or "") > MAX_INTEGER_DIGITS and limits is None and number[0].lstrip("-").isdigit():
                limits = Fault(position + 1, "integer", f"an integer of more than {MAX_INTEGER_DIGITS:,} digits", "Write it as text.", unsupported=True)  # fmt: skip
            word = _WORD.match(text, position)
            if word and word.end() > number.end():
                return _unexpected(text, position, "value")
            expected, position = "end", number.end()
        else:
            word = _WORD.match(text, position)
            if not word or word[0] not in _LITERALS:
                return _unexpected(text, position, "value")
            expected, position = "end", word.end()


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _string_end(text: str, start: int) -> int | Fault:
    end = _after(_STRING, text, start)
    stop = text[end : end + 1]
    if stop == '"':
        return end + 1
    if not stop:
        return _fault(start, "unterminated-string")
    return _fault(end, "escape" if stop == "\\" else "control-character")


def _kind_after_object(character: str) -> str:
    return {"{": "two-objects", ",": "comma-after-object"}.get(character, "extra-text")


def _kind_within(text: str, position: int) -> str:
    character = text[position]
    if character in "]}":
        return "bracket"
    return "comment" if character == "#" or text.startswith("//", position) else "missing-comma"


def _unexpected(text: str, position: int, wanted: str) -> Fault:
    """Names the likely cause of something else than the key or value that is wanted at a position."""
    character = text[position]
    before = text[:position].rstrip(" \t\r\n")
    if character in "]}" and before.endswith(","):
        return _fault(len(before) - 1, "trailing-comma")
    if character in "]},:":
        return _fault(position, "bracket" if character in "]}" else f"unquoted-{wanted}")
    word = _WORD.match(text, position)
    name = word[0] if word else ""
    kind = (
        "single-quotes" if character == "'"
        else "curly-quotes" if character in "“”„‘’«»"
        else "byte-order-mark" if character == "\ufeff"
        else "comment" if character == "#" or name.startswith(("//", "/*"))
        else "not-a-number" if name.lstrip("+-") in ("NaN", "Infinity", "nan", "inf")
        else "python-literal" if name in ("True", "False", "None")
        else "number" if wanted == "value" and (character.isdigit() or character in "+-.")
        else f"unquoted-{wanted}"
    )  # fmt: skip
    return _fault(position, kind)


def _unpaired_surrogate(text: str) -> Fault | None:
    """Finds half of a surrogate pair: RFC 8259 allows the escape, but it names no character."""
    high: re.Match[str] | None = None
    for escape in _ESCAPE.finditer(text):
        code = int(escape[1] or "0", 16)
        paired = high is not None and high.end() == escape.start() and 0xDC00 <= code <= 0xDFFF
        if high is not None and not paired:
            break
        if 0xDC00 <= code <= 0xDFFF and not paired:
            high = escape
            break
        high = escape if 0xD800 <= code <= 0xDBFF else None
    if high is None:
        return None
    return Fault(high.start() + 1, "surrogate", f"{high[0]} is half of a surrogate pair, so it is no character", "Write both halves, or the character itself.", unsupported=True)  # fmt: skip
