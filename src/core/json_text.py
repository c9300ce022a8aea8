"""One line of JSON, to the letter of RFC 8259.

Python's decoder judges quickly but not exactly: it takes NaN and Infinity, keeps the last of two equal keys in
silence, and stumbles over deep nesting and very long integers. So it only reads what is sound; whatever it refuses is
judged by the grammar below, which reads without recursion and knows where and why a text is not JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Final, NamedTuple, NoReturn

from core.finding import VALUE_CHARACTERS

MAX_DEPTH: Final = 128
"""Nesting past this is refused by other readers of manifests (pydantic, many C parsers)."""
MAX_INTEGER_DIGITS: Final = 4_300
"""Longer integers are refused by Python's readers (`sys.set_int_max_str_digits`)."""
MAX_REPEATS: Final = 100
"""Keys of one text that are named for standing twice: a million of them say no more."""


_SORTED: Final = json.JSONEncoder(sort_keys=True)


class Repeat(NamedTuple):
    """A key that stands more than once in one object.

    Attributes:
        path: Where, keys joined by dots. Of a key within a value that was itself dropped only the key is left.
        values: All its values, in order; readers keep the last, as a rule.
    """

    path: str
    values: tuple[object, ...]

    @property
    def agrees(self) -> bool:
        """Whether all values are the same."""
        return len(set(map(_SORTED.encode, self.values))) == 1


class Decoded(NamedTuple):
    """A sound JSON text: its value, and the first keys that stand more than once in one object."""

    value: object
    repeats: tuple[Repeat, ...] = ()


class Fault(NamedTuple):
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
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH and (fault := judge(text)):
        return fault
    try:
        decoded = _read(text)
    except ValueError as refusal:
        return judge(text) or Fault(1, "reader", f"Python does not read it: {refusal}", unsupported=True)
    if "\\" in text and _SURROGATE.search(text) and (fault := _unpaired_surrogate(text)):
        return fault
    return decoded


def json_type(value: object) -> str:
    """What a decoded value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "an array"
    return "an object"


class _RepeatedKeyError(Exception):
    """A key stands twice in one object."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) < len(pairs):
        raise _RepeatedKeyError
    return built


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def _read(text: str) -> Decoded:
    content = text.strip(" \t\n\r")
    try:
        value, end = _DECODER.raw_decode(content)
    except _RepeatedKeyError:
        return _read_repeats(text)
    if end < len(content):
        raise ValueError("more text follows")
    return Decoded(value)


def _read_repeats(text: str) -> Decoded:
    repeated: list[tuple[dict[str, object], dict[str, list[object]]]] = []

    def build(pairs: list[tuple[str, object]]) -> dict[str, object]:
        built = dict(pairs)
        if len(built) < len(pairs):
            values: dict[str, list[object]] = {}
            for key, value in pairs:
                values.setdefault(key, []).append(value)
            repeated.append((built, values))
        return built

    value = json.loads(text, object_pairs_hook=build, parse_constant=_refuse)
    homes = _homes(value)
    # Objects are built from within: reversed, the outermost come first.
    repeats = [
        Repeat(_path(holder, key, homes), tuple(found))
        for holder, values in reversed(repeated)
        for key, found in values.items()
        if len(found) > 1
    ]
    if len(repeats) > 1:
        repeats.sort(key=lambda repeat: repeat.agrees)  # the gravest first
    return Decoded(value, tuple(repeats[:MAX_REPEATS]))


_Holder = dict[str, object] | list[object]
_Homes = dict[int, tuple[int, str]]


def _homes(root: _Holder) -> _Homes:
    """For each object and array within, by identity, where it stands: in which other one, and under what key."""
    homes: _Homes = {}
    pending = [root]
    while pending:
        holder = pending.pop()
        children: Iterable[tuple[object, object]] = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, child in children:
            if isinstance(child, dict | list):
                homes[id(child)] = (id(holder), str(key))
                pending.append(child)
    return homes


def _path(holder: _Holder, key: str, homes: _Homes) -> str:
    keys = [key]
    place = id(holder)
    while place in homes:
        place, key = homes[place]
        keys.append(key)
    return ".".join(key[:VALUE_CHARACTERS] for key in reversed(keys))


# The grammar. Possessive quantifiers keep every match linear, whatever the text.
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+")
_SPACE: Final = re.compile(r"[ \t\n\r]*+")
_BLANKS: Final = frozenset(" \t\n\r")
_ENTRIES: Final = re.compile(
    rf'(?:{_STRING.pattern}"[ ]?:[ ]?(?:{_STRING.pattern}"|-?[0-9](?:\.[0-9]++)?+|true|false|null),[ ]?)++'
)
"""Entries of an object that are sound beyond doubt, up to the next key; a shortcut past them."""
_WORD: Final = re.compile(r"[^\s\[\]{},:\"']*+")
_LITERALS: Final = frozenset({"true", "false", "null"})
_CLOSING: Final = {"{": "}", "[": "]"}

# Seen from afar: what is text, whatever it holds; brackets; escapes, of which a surrogate without its pair is a group.
_TEXT: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NO_BRACKETS: Final = re.compile(r"[^\[\]{}]++")
_STEPS: Final = {"{": 1, "[": 1, "}": -1, "]": -1}
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)

_CAUSES: Final[dict[str, tuple[str, str | None]]] = {
    "cut-off": ("the line ends before its JSON is complete", "Write the whole object on one line; was it cut off?"),
    "unterminated-string": ("a text that begins here has no closing quote", 'Close the text with "; was it cut off?'),
    "control-character": ("a control character stands in a text", "Write it as an escape such as \\t, or remove it."),
    "escape": ("a backslash that begins no JSON escape", "Write a backslash as \\\\."),
    "single-quotes": ("single quotes", "Write keys and texts in double quotes; in Python, use json.dumps, not str."),
    "curly-quotes": ("typographic quotes", 'Write keys and texts in plain double quotes (").'),
    "trailing-comma": ("a comma with nothing after it", "Remove the comma."),
    "missing-comma": ("a comma is missing here", "Put a comma between the entries."),
    "missing-colon": ("a colon is missing after the key", "Put a colon between key and value."),
    "two-objects": ("a second object on the same line", "Put each object on a line of its own."),
    "comma-after-object": ("a comma after the object", "JSON Lines has no commas between lines: remove it."),
    "no-braces": ("a key and its value without braces", "Write the whole object on one line, in braces."),
    "extra-text": ("text after the object", "Remove what follows the closing brace."),
    "bracket": ("a bracket that closes nothing", "Remove it, or write the bracket that it should close."),
    "unquoted-key": ("a key without quotes", "Write keys in double quotes."),
    "unquoted-value": ("not a JSON value", "Put texts in double quotes; the only bare words are true, false and null."),
    "not-a-number": ("NaN and Infinity are not JSON", "Write a number, or leave the key out."),
    "python-literal": ("a Python literal", "Write true, false or null; in Python, use json.dumps, not str."),
    "number": ("not a JSON number", "Write no leading zeros, no plus sign, and digits on both sides of the point."),
    "comment": ("JSON has no comments", "Remove the comment."),
    "byte-order-mark": ("a byte order mark within the file", "Remove it; were files with such marks joined?"),
}


def judge(text: str) -> Fault | None:
    """Judges a text by the grammar of RFC 8259, without recursion.

    Returns:
        The first fault; a text that is JSON but nested too deep or with too long an integer is `unsupported`; None when
        the text is sound.
    """
    try:
        return _Reading(text).finish()
    except _FaultError as stop:
        return stop.fault


class _FaultError(Exception):
    """The text is not JSON from here on."""

    def __init__(self, position: int, kind: str) -> None:
        super().__init__(kind)
        self.fault = Fault(position + 1, kind, *_CAUSES[kind])


class _Reading:
    """A text, how far it is read, and what may come next. Each step takes the next character that is no space."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._open: list[str] = []
        self._step: Callable[[str], None] = self._value
        self._unsupported: Fault | None = None

    def finish(self) -> Fault | None:
        while True:
            character = self._text[self._position : self._position + 1]
            if character in _BLANKS:
                self._position = _after(_SPACE, self._text, self._position)
            elif character:
                self._step(character)
            elif self._open or self._step != self._after_value:
                self._fail("cut-off")
            else:
                return self._unsupported

    def _value(self, character: str) -> None:
        if character in _CLOSING:
            self._open.append(character)
            if len(self._open) > MAX_DEPTH:
                self._limit("depth", f"nested more than {MAX_DEPTH} deep", "Flatten the object.")
            self._go(self._position + 1, self._first_key if character == "{" else self._first_item)
        elif character == '"':
            self._string(self._after_value)
        else:
            self._bare()

    def _first_item(self, character: str) -> None:
        if character == "]":
            self._close()
        else:
            self._value(character)

    def _first_key(self, character: str) -> None:
        if character == "}":
            self._close()
        else:
            self._key(character)

    def _key(self, character: str) -> None:
        if character != '"':
            self._unexpected("key")
        if entries := _ENTRIES.match(self._text, self._position):
            self._go(entries.end(), self._key)
        else:
            self._string(self._colon)

    def _colon(self, character: str) -> None:
        if character != ":":
            self._fail("missing-colon")
        self._go(self._position + 1, self._value)

    def _after_value(self, character: str) -> None:
        if not self._open:
            self._fail({"{": "two-objects", ",": "comma-after-object", ":": "no-braces"}.get(character, "extra-text"))
        if character == _CLOSING[self._open[-1]]:
            self._close()
        elif character == ",":
            self._go(self._position + 1, self._key if self._open[-1] == "{" else self._value)
        elif character in "]}":
            self._fail("bracket")
        else:
            comment = character == "#" or self._text.startswith("//", self._position)
            self._fail("comment" if comment else "missing-comma")

    def _close(self) -> None:
        self._open.pop()
        self._go(self._position + 1, self._after_value)

    def _string(self, following: Callable[[str], None]) -> None:
        end = _after(_STRING, self._text, self._position)
        stop = self._text[end : end + 1]
        if not stop:
            self._fail("unterminated-string")
        if stop != '"':
            raise _FaultError(end, "escape" if stop == "\\" else "control-character")
        self._go(end + 1, following)

    def _bare(self) -> None:
        """A number, or true, false or null."""
        end = _after(_WORD, self._text, self._position)
        word = self._text[self._position : end]
        if _NUMBER.fullmatch(word):
            digits = word.removeprefix("-")
            if len(digits) > MAX_INTEGER_DIGITS and digits.isdecimal():
                self._limit("integer", f"an integer of more than {MAX_INTEGER_DIGITS:,} digits", "Write it as text.")
        elif word not in _LITERALS:
            self._unexpected("value")
        self._go(end, self._after_value)

    def _go(self, position: int, following: Callable[[str], None]) -> None:
        self._position, self._step = position, following

    def _limit(self, kind: str, message: str, fix: str) -> None:
        """Notes the first thing that other readers fail on, though it is JSON."""
        self._unsupported = self._unsupported or Fault(self._position + 1, kind, message, fix, unsupported=True)

    def _fail(self, kind: str) -> NoReturn:
        raise _FaultError(self._position, kind)

    def _unexpected(self, wanted: str) -> NoReturn:
        """Names the likely cause of something else than the key or value that is wanted here."""
        character = self._text[self._position]
        before = self._text[: self._position].rstrip(" \t\r\n")
        word = self._text[self._position : _after(_WORD, self._text, self._position)]
        if character in "]}" and before.endswith(","):
            raise _FaultError(len(before) - 1, "trailing-comma")
        signs = {
            "bracket": character in "]}",
            "single-quotes": character == "'",
            "curly-quotes": character in "\u201c\u201d\u201e\u2018\u2019\xab\xbb",
            "byte-order-mark": character == "\ufeff",
            "comment": character == "#" or word.startswith(("//", "/*")),
            "not-a-number": word.lstrip("+-") in ("NaN", "Infinity", "nan", "inf"),
            "python-literal": word in ("True", "False", "None"),
            "number": wanted == "value" and (character.isdigit() or character in "+-."),
        }
        self._fail(next((kind for kind, seen in signs.items() if seen), f"unquoted-{wanted}"))


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where the match of a pattern that may be empty ends."""
    match = pattern.match(text, position)
    return match.end() if match else position


def _depth(text: str) -> int:
    """How deep the brackets are nested; right as far as the text is sound JSON."""
    brackets = _NO_BRACKETS.sub("", _TEXT.sub("", text))
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _unpaired_surrogate(text: str) -> Fault | None:
    """Finds half of a surrogate pair: RFC 8259 allows the escape, but it names no character."""
    half = next((escape for escape in _ESCAPE.finditer(text) if escape[1]), None)
    if half is None:
        return None
    message = f"{half[0]} is half of a surrogate pair, so it is no character"
    fix = "Write both halves, or the character itself."
    return Fault(half.start() + 1, "surrogate", message, fix, unsupported=True)
