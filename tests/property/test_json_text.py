"""`decode` against RFC 8259, written down once more: production by production, with recursion and without patterns."""

import json
from typing import Final, NoReturn

from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.json_text import MAX_DEPTH, MAX_INTEGER_DIGITS, Decoded, decode, judge


class _NotJsonError(Exception):
    """The text is no JSON."""


class Grammar:
    """Reads a text; tells whether it is JSON, and the three things on which other readers fail."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.deepest, self.digits, self.half_pair = 0, 0, False

    @property
    def is_exceptional(self) -> bool:
        return self.deepest > MAX_DEPTH or self.digits > MAX_INTEGER_DIGITS or self.half_pair

    def is_json(self) -> bool:
        try:
            self._space()
            self._value(0)
            self._space()
        except _NotJsonError:
            return False
        return self.at == len(self.text)

    def _next_is(self, characters: str) -> bool:
        return self.at < len(self.text) and self.text[self.at] in characters

    def _take(self, characters: str) -> str:
        if not self._next_is(characters):
            self._refuse()
        self.at += 1
        return self.text[self.at - 1]

    def _skip(self, characters: str) -> bool:
        skipped = self._next_is(characters)
        self.at += skipped
        return skipped

    def _refuse(self) -> NoReturn:
        raise _NotJsonError

    def _space(self) -> None:
        while self._skip(" \t\n\r"):
            pass

    def _value(self, depth: int) -> None:
        if self._next_is("{["):
            self._collection(depth + 1)
        elif self._next_is('"'):
            self._string()
        elif self._next_is("-0123456789"):
            self._number()
        else:
            word = next((w for w in ("true", "false", "null") if self.text.startswith(w, self.at)), None)
            self.at += len(word or self._refuse())

    def _collection(self, depth: int) -> None:
        self.deepest = max(self.deepest, depth)
        is_object = self._take("{[") == "{"
        closing = "}" if is_object else "]"
        self._space()
        if self._skip(closing):
            return
        while True:
            self._space()
            if is_object:
                self._string()
                self._space()
                self._take(":")
                self._space()
            self._value(depth)
            self._space()
            if self._take("," + closing) == closing:
                return

    def _string(self) -> None:
        self._take('"')
        high = False  # the first half of a pair was read, and nothing since
        while not self._next_is('"'):
            unit = self._unit()
            low = unit is not None and 0xDC00 <= unit < 0xE000
            self.half_pair |= high != low
            high = unit is not None and 0xD800 <= unit < 0xDC00
        self.half_pair |= high
        self.at += 1

    def _unit(self) -> int | None:
        """Reads one character; returns the number of a numeric escape."""
        if self.at == len(self.text) or self.text[self.at] < " ":
            self._refuse()
        self.at += 1
        if self.text[self.at - 1] != "\\" or self._take('"\\/bfnrtu') != "u":
            return None
        return int("".join(self._take("0123456789abcdefABCDEF") for _ in range(4)), 16)

    def _number(self) -> None:
        self._skip("-")
        integer = 1 if self._skip("0") else self._digits()
        if self._skip("."):
            integer = 0 * self._digits()
        if self._skip("eE"):
            self._skip("+-")
            integer = 0 * self._digits()
        self.digits = max(self.digits, integer)

    def _digits(self) -> int:
        start = self.at
        self._take("0123456789")
        while self._skip("0123456789"):
            pass
        return self.at - start


def assert_agrees(text: str) -> None:
    grammar = Grammar(text)
    is_json = grammar.is_json()
    found, judged = decode(text), judge(text)
    if is_json and not grammar.is_exceptional:
        assert isinstance(found, Decoded)
        # As text, because True == 1 == 1.0, and the order of keys counts.
        assert repr(found.value) == repr(json.loads(text))
        assert judged is None
        return
    assert not isinstance(found, Decoded)
    assert found.unsupported == is_json
    assert 1 <= found.column <= len(text) + 1
    assert found.kind != "reader"
    # The grammar lets half characters pass: they are the one thing that `decode` looks for by itself.
    assert judged == (None if found.kind == "surrogate" else found)


def _escaped(character: str) -> st.SearchStrategy[str]:
    units = character.encode("utf-16-be")
    numeric = "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    short = json.dumps(character)[1:-1]
    plain = [] if character in '"\\' or character < " " else [character]
    return st.sampled_from([*plain, numeric, numeric.upper().replace("U", "u"), short])


SPACE: Final = st.sampled_from(["", "", "", " ", "\t", "\r", "\n", " \n "])
_CHARACTERS: Final = st.sampled_from('ab"\\/\b\n\x1f\x7f\x85\u2028é\ud7ff\ue000\ufeff\uffff😀\U0010ffff')
_HALVES: Final = st.sampled_from(["\\ud83d", "\\uDE00", "\\uDBFF\\uDFFF", "\\udc00\\ud800", "\\\\ud800", "\\u00d8"])
_STRINGS: Final = st.lists(_CHARACTERS.flatmap(_escaped) | _HALVES, max_size=4).map(lambda parts: f'"{"".join(parts)}"')
_KEYS: Final = st.sampled_from(['"a"', '"b"', '"\\u0061"']) | _STRINGS
_NUMBERS: Final = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
    st.sampled_from(["-0", "0e0", "1E+5", "-0.0e-9", "1e400", "1.50", "123456789012345678901234567890"]),
    st.builds(
        lambda sign, digits, rest: sign + "7" * digits + rest,
        st.sampled_from(["", "-"]),
        st.integers(MAX_INTEGER_DIGITS - 1, MAX_INTEGER_DIGITS + 1),
        st.sampled_from(["", "", ".5", "e1"]),
    ),
)
_SCALARS: Final = st.sampled_from(["true", "false", "null"]) | _STRINGS | _NUMBERS


def _collections(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    spaced = st.builds("{}{}{}".format, SPACE, values, SPACE)
    pair = st.builds("{}{}{}:{}".format, SPACE, _KEYS, SPACE, spaced)
    return st.one_of(
        st.lists(spaced, max_size=4).map(lambda items: f"[{','.join(items)}]"),
        st.lists(pair, max_size=4).map(lambda pairs: "{" + ",".join(pairs) + "}"),
    )


def _deepened(text: str, opening: str, levels: int) -> str:
    return opening * levels + text + "".join("]" if mark == "[" else "}" for mark in opening if mark in "[{") * levels


_FLAT: Final = st.recursive(_SCALARS, _collections, max_leaves=12)
_DEEP: Final = st.builds(_deepened, _FLAT, st.sampled_from(["[", '{"a":']), st.integers(MAX_DEPTH - 3, MAX_DEPTH + 2))
DOCUMENTS: Final = st.builds("{}{}{}".format, SPACE, st.one_of(_FLAT, _FLAT, _FLAT, _DEEP), SPACE)

_ALPHABET: Final = st.sampled_from(
    '{}[],:"\\ \t\n\r\x00\x1f\x0b\xa0\u2028\ufeff\'/#0123456789\u0663+-.eEtrufalsn"{}[],:'
)
_TOKENS: Final = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", '"a"', '"b":', "1", "-", "01", ".5", "true", "nul", "NaN", "-Infinity", "'a'", " "]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A document with one or two characters deleted, inserted or replaced, or cut off."""
    text = draw(DOCUMENTS)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["delete", "insert", "replace", "cut"])):
            case "delete":
                text = text[:at] + text[at + 1 :]
            case "insert":
                text = text[:at] + draw(_ALPHABET) + text[at:]
            case "replace":
                text = text[:at] + draw(_ALPHABET) + text[at + 1 :]
            case "cut":
                text = text[:at]
    return text


@settings(max_examples=200)
@given(DOCUMENTS)
@example("[" * (MAX_DEPTH + 1) + "1" * (MAX_INTEGER_DIGITS + 1) + "]" * (MAX_DEPTH + 1))
@example('"\\ud800\\u0061"')
@example('"\\ud800\\ud800"')
@example('"\\ud800\\udbff\\udc00"')
@example("[]" * 2 * MAX_DEPTH)
@example('"' + "[" * 2 * MAX_DEPTH + '"')
def test_decode_agrees_with_the_grammar_on_documents(text: str) -> None:
    assert_agrees(text)


@settings(max_examples=200)
@given(mutated())
@example("[" * (MAX_DEPTH + 1) + "]" * MAX_DEPTH)
@example('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * MAX_DEPTH + ",}")
def test_decode_agrees_with_the_grammar_on_mutated_documents(text: str) -> None:
    assert_agrees(text)


@settings(max_examples=400)
@given(st.text(_ALPHABET, max_size=12) | st.lists(_TOKENS, max_size=10).map("".join))
@example("\ufeff{}")
def test_decode_agrees_with_the_grammar_on_any_text(text: str) -> None:
    assert_agrees(text)


@settings(max_examples=150)
@given(st.lists(st.tuples(_KEYS, st.sampled_from(["1", "1.0", "true", '"1"', "[1]", '{"a":1}'])), max_size=6))
def test_decode_names_each_repeated_key_with_all_its_values(pairs: list[tuple[str, str]]) -> None:
    found = decode("{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}")
    if not isinstance(found, Decoded):
        assert found.kind == "surrogate"
        return
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        values.setdefault(json.loads(key), []).append(repr(json.loads(value)))
    assert {repeat.path: list(map(repr, repeat.values)) for repeat in found.repeats} == {
        key: several for key, several in values.items() if len(several) > 1
    }
