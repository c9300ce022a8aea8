import json
import sys

import pytest

from core.json_text import MAX_DEPTH, MAX_INTEGER_DIGITS, MAX_REPEATS, Decoded, Fault, Repeat, decode, judge


def kind_of(text: str) -> str:
    fault = decode(text)
    assert isinstance(fault, Fault)
    return fault.kind


@pytest.mark.parametrize(
    "text",
    [
        " {} ",
        "[]",
        "[[], {}]",
        '{"a": [1, {"b": null}], "": true}',
        "\t\r\n[1\t,\r2\n]",
        "0",
        "-0.0e-00",
        "1E400",
        '"\\u0000\\ud83d\\ude00"',
        '"\x7f\u2028\ufeff😀"',
        "false",
    ],
)
def test_decode_reads_what_is_json(text: str) -> None:
    assert decode(text) == Decoded(json.loads(text))
    assert judge(text) is None


@pytest.mark.parametrize(
    ("text", "column", "kind"),
    [
        ("", 1, "cut-off"),
        ("  ", 3, "cut-off"),
        ("[", 2, "cut-off"),
        ("{", 2, "cut-off"),
        ('{"a"', 5, "cut-off"),
        ('{"a":', 6, "cut-off"),
        ('{"a":1,', 8, "cut-off"),
        ("]", 1, "bracket"),
        ("[}", 2, "bracket"),
        ("{]", 2, "bracket"),
        ("[1}", 3, "bracket"),
        ("[,]", 2, "unquoted-value"),
        ("[1,,2]", 4, "unquoted-value"),
        ("[:]", 2, "unquoted-value"),
        ("{,}", 2, "unquoted-key"),
        ("{:1}", 2, "unquoted-key"),
        ("{1:1}", 2, "unquoted-key"),
        ("{+a:1}", 2, "unquoted-key"),
        ("[1,]", 3, "trailing-comma"),
        ('{"a":1 , }', 8, "trailing-comma"),
        ("[1 2]", 4, "missing-comma"),
        ('[1"a"]', 3, "missing-comma"),
        ("[1/2]", 2, "number"),
        ("[1 /2]", 4, "missing-comma"),
        ("[1 //2]", 4, "comment"),
        ("[#]", 2, "comment"),
        ("[//]", 2, "comment"),
        ("[/]", 2, "unquoted-value"),
        ('{"a"=1}', 5, "missing-colon"),
        ("1 2", 3, "extra-text"),
        ("1,", 2, "comma-after-object"),
        ("1{", 2, "two-objects"),
        ("{}{", 3, "two-objects"),
        ("01", 1, "number"),
        ("1.", 1, "number"),
        ("1.e1", 1, "number"),
        ("1e", 1, "number"),
        ("-", 1, "number"),
        ("--1", 1, "number"),
        ("+1", 1, "number"),
        ("0x1F", 1, "number"),
        ("1_000", 1, "number"),
        ("\u0661", 1, "number"),
        ("nan", 1, "not-a-number"),
        ("+inf", 1, "not-a-number"),
        ("-Infinity", 1, "not-a-number"),
        ("None", 1, "python-literal"),
        ("nulls", 1, "unquoted-value"),
        ("tru", 1, "unquoted-value"),
        ("\xa0[]", 1, "unquoted-value"),
        ("[]\xa0", 3, "extra-text"),
        ("\x0c[]", 1, "unquoted-value"),
        ("\x00", 1, "unquoted-value"),
        ("'a'", 1, "single-quotes"),
        ("\u2018a\u2019", 1, "curly-quotes"),
        ("\ufeff{}", 1, "byte-order-mark"),
        ('"a', 1, "unterminated-string"),
        ('"a\\"', 1, "unterminated-string"),
        ('"a\\', 3, "escape"),
        ('"\\x41"', 2, "escape"),
        ('"\\u12g4"', 2, "escape"),
        ('"\\u12"', 2, "escape"),
        ('"a\nb"', 3, "control-character"),
        ('"\x1f"', 2, "control-character"),
        ('"\x00"', 2, "control-character"),
    ],
)
def test_decode_names_place_and_kind_of_a_fault(text: str, column: int, kind: str) -> None:
    fault = decode(text)

    assert isinstance(fault, Fault)
    assert (fault.column, fault.kind, fault.unsupported) == (column, kind, False)
    assert fault.message
    assert fault.fix
    assert judge(text) == fault


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_decode_allows_nesting_up_to_the_limit(opening: str) -> None:
    closing = {"[": "]", '{"a":': "}"}[opening]

    assert isinstance(decode(opening * MAX_DEPTH + "1" + closing * MAX_DEPTH), Decoded)
    deeper = decode(opening * (MAX_DEPTH + 1) + "1" + closing * (MAX_DEPTH + 1))
    assert isinstance(deeper, Fault)
    assert (deeper.kind, deeper.unsupported) == ("depth", True)
    assert deeper.column == len(opening) * MAX_DEPTH + 1


@pytest.mark.parametrize("brackets", ["[" * 100_000, "[" * 50_000 + "]" * 50_000, '{"a":' * 20_000, "[{" * 50_000])
def test_decode_survives_a_hundred_thousand_brackets(brackets: str) -> None:
    assert isinstance(decode(brackets), Fault)


def test_decode_takes_brackets_within_texts_for_text() -> None:
    for text in ("[" * 1_000, '"' + "[" * 1_000, '\\"' + "{" * 1_000, "\\" + "[" * 1_000):
        assert decode(json.dumps([text])) == Decoded([text])


def test_decode_takes_many_shallow_brackets() -> None:
    assert decode(json.dumps([[]] * 1_000)) == Decoded([[]] * 1_000)


def test_decode_prefers_a_fault_to_what_is_only_unsupported() -> None:
    assert kind_of("[" * 200 + "1 2" + "]" * 200) == "missing-comma"
    assert kind_of(f"[{'1' * 5_000}, nan]") == "not-a-number"


def test_decode_names_the_first_thing_that_is_unsupported() -> None:
    deep, integer = "[" * 128 + "]" * 128, "1" * 4_301

    assert kind_of(f"[{integer}, {deep}]") == "integer"
    assert kind_of(f"[{deep}, {integer}]") == "depth"


@pytest.mark.parametrize("sign", ["", "-"])
def test_decode_allows_integers_up_to_the_limit(sign: str) -> None:
    assert decode(sign + "1" * MAX_INTEGER_DIGITS) == Decoded(int(sign + "1" * MAX_INTEGER_DIGITS))
    assert kind_of(sign + "1" * (MAX_INTEGER_DIGITS + 1)) == "integer"
    assert isinstance(decode(sign + "1" * (MAX_INTEGER_DIGITS + 1) + "e0"), Decoded)


def test_decode_tells_of_a_reader_with_a_tighter_limit() -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        fault = decode("1" * 641)
    finally:
        sys.set_int_max_str_digits(limit)

    assert isinstance(fault, Fault)
    assert (fault.kind, fault.unsupported) == ("reader", True)
    assert "640" in fault.message


@pytest.mark.parametrize(
    ("text", "half", "column"),
    [
        ('"\\ud83d"', "\\ud83d", 2),
        ('"\\udE00"', "\\udE00", 2),
        ('"\\ud83dx\\ude00"', "\\ud83d", 2),
        ('"\\ud83d\\ud83d\\ude00"', "\\ud83d", 2),
        ('"\\ud83d\\ude00\\ude00"', "\\ude00", 14),
        ('"\\ud83d\\n"', "\\ud83d", 2),
        ('"\\\\\\uDBFF"', "\\uDBFF", 4),
        ('{"\\ud800": 1}', "\\ud800", 3),
        ('["\\ud83d", "\\ude00"]', "\\ud83d", 3),
    ],
)
def test_decode_finds_half_of_a_surrogate_pair(text: str, half: str, column: int) -> None:
    fault = decode(text)

    assert isinstance(fault, Fault)
    assert (fault.kind, fault.column, fault.unsupported) == ("surrogate", column, True)
    assert half in fault.message


@pytest.mark.parametrize(
    "text", ['"\\uD83D\\uDE00"', '"\\\\ud83d"', '"\\\\\\\\udc00"', '"\\ud7ff\\ue000"', '"\\udbff\\udfff"']
)
def test_decode_takes_whole_pairs_and_escaped_backslashes(text: str) -> None:
    assert decode(text) == Decoded(json.loads(text))


def test_decode_keeps_the_last_of_equal_keys_and_names_all() -> None:
    assert decode('{"a": 1, "b": 2, "a": 3, "a": 4}') == Decoded({"a": 4, "b": 2}, (Repeat("a", (1, 3, 4)),))


def test_decode_names_repeats_from_the_outside_in() -> None:
    decoded = decode('{"x": {"y": [0, {"k": 1, "k": 2}]}, "z": 1, "z": 2, "a": 1, "a": 1}')

    assert isinstance(decoded, Decoded)
    assert [repeat.path for repeat in decoded.repeats] == ["z", "x.y.1.k", "a"], "those that disagree first"


def test_decode_names_repeats_within_an_array() -> None:
    assert decode('[{"a": 1, "a": 2}]') == Decoded([{"a": 2}], (Repeat("0.a", (1, 2)),))


def test_decode_names_a_repeat_within_a_dropped_value_by_its_key() -> None:
    decoded = decode('{"a": {"b": 1, "b": 2}, "a": 0}')

    assert isinstance(decoded, Decoded)
    assert {repeat.path for repeat in decoded.repeats} == {"a", "b"}


def test_decode_finds_a_fault_after_a_repeat() -> None:
    assert kind_of('{"a": 1, "a": 2, }') == "trailing-comma"
    assert kind_of('[{"a": 1, "a": 2}, NaN]') == "not-a-number"
    assert kind_of('[{"a": 1, "a": 2}, "\\ud800"]') == "surrogate"


def test_decode_names_so_many_repeats_and_no_more() -> None:
    decoded = decode("[" + ",".join(['{"a":1,"a":1}'] * (MAX_REPEATS + 50)) + "]")

    assert isinstance(decoded, Decoded)
    assert len(decoded.repeats) == MAX_REPEATS


@pytest.mark.parametrize(
    ("values", "agrees"),
    [
        ((1, 1), True),
        ((1, 1.0), False),
        ((1, True), False),
        (({"a": 1, "b": 2}, {"b": 2, "a": 1}), True),
        (([1], [True]), False),
        (("a", "a", "b"), False),
        ((None, None, None), True),
    ],
)
def test_repeat_agrees_only_if_all_values_are_the_same(values: tuple[object, ...], *, agrees: bool) -> None:
    assert Repeat("a", values).agrees is agrees


@pytest.mark.parametrize(
    ("entry", "kind", "column"),
    [
        ('"a": 01', "number", 6),
        ('"a": 1.', "number", 6),
        ('"a": -', "number", 6),
        ('"a": +1', "number", 6),
        ('"a": \u0661', "number", 6),
        ('"a": 1 2', "missing-comma", 8),
        ('"a": 1, ', "unquoted-key", 9),
        ('"a": "\t"', "control-character", 7),
        ('"a": "\\x"', "escape", 7),
        ('"\\u12": "b"', "escape", 2),
        ('"a": "b', "missing-comma", 11),
        ('"a" "b"', "missing-colon", 5),
        ('"a": tru', "unquoted-value", 6),
        ('"a": nulls', "unquoted-value", 6),
        ("a: 1", "unquoted-key", 1),
        ("'a': 1", "single-quotes", 1),
    ],
    ids=range(16),
)
def test_judge_passes_over_sound_entries_only(entry: str, kind: str, column: int) -> None:
    before = '{"k": "v","n" : -0.5, "t":true, "o": null, '
    fault = judge(before + entry + ', "z": false, "y": 1}')

    assert fault is not None
    assert (fault.kind, fault.column) == (kind, len(before) + column)


MEBIBYTE = 2**20
MANY = 20_000


@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * (MEBIBYTE // 2),
        '["' + "\\n" * MANY + '\\ud83d\\ude00"]',
        "[" + ",".join(["[]"] * MANY) + "]",
        "{" + ",".join(['"k":1'] * MANY) + "}",
        "{" + ",".join(['"k":1'] * MANY) + ',"k":"' + "x" * MEBIBYTE + '"}',
        '{"' + "k" * (MEBIBYTE // 2) + '":[{"a":1,"a":2},' + ",".join("1" * MANY) + "]}",
        "1" * MEBIBYTE,
        "1." + "1" * MEBIBYTE,
        "1e" + "1" * MEBIBYTE,
        " " * MEBIBYTE + "x",
        "[" + "-" * MEBIBYTE,
        '"' + "\\u0041" * (MEBIBYTE // 6),
    ],
    ids=range(12),
)
def test_decode_is_quick_on_hostile_text(text: str) -> None:
    """Nothing is timed: quadratic work would outlast the run's time limit."""
    decoded = decode(text)

    assert isinstance(decoded, Fault) == (judge(text) is not None)
