import json

import pytest

from core.excerpt import excerpt
from core.lines import MAX_LINE_BYTES


def shown(content: bytes | str, field: str | None = None) -> tuple[int, str]:
    """The column, and the excerpt with its mark in brackets that stand for nothing else."""
    seen = excerpt(content.encode() if isinstance(content, str) else content, field)
    return seen.column, f"{seen.before}⟦{seen.marked}⟧{seen.after}"


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ('{"a": 1, "b": "x"}', "b", (15, '{"a": 1, "b": ⟦"x"⟧}')),
        ('  {"a":{"b":[1,{"c":null}]}}', "a.b.1.c", (21, '  {"a":{"b":[1,{"c":⟦null⟧}]}}')),
        ('{"a": 1, "a": 2}', "a", (15, '{"a": 1, "a": ⟦2⟧}')),
        ('{"a": {"x": 1}}', "a.b", (2, '{⟦"a"⟧: {"x": 1}}')),
        ('{"a": {"x": {"y": 1}}}', "a.x.b.c", (8, '{"a": {⟦"x"⟧: {"y": 1}}}')),
        ('{"a": "text"}', "a.b", (2, '{⟦"a"⟧: "text"}')),
        ('{"a": [1]}', "a.1", (2, '{⟦"a"⟧: [1]}')),
        ('{"a.b": 1, "a": {"b": 2}}', "a.b", (23, '{"a.b": 1, "a": {"b": ⟦2⟧}}')),
        ('{"a.b": {"c": 1}, "a": 2}', "a.b.c", (15, '{"a.b": {"c": ⟦1⟧}, "a": 2}')),
        ('{"a": 2, "a.b": {"c": 1}}', "a.b.c", (23, '{"a": 2, "a.b": {"c": ⟦1⟧}}')),
        ('{"a.b": 1, "a": 2}', "a.b", (9, '{"a.b": ⟦1⟧, "a": 2}')),
        ('{"a.": 1, "a": 2}', "a.", (8, '{"a.": ⟦1⟧, "a": 2}')),
        ('{"a.b": {}, "a": {}}', "a.b.c", (2, '{⟦"a.b"⟧: {}, "a": {}}')),
        ('{"a": {"b": 1}, "a": {}}', "a.b", (17, '{"a": {"b": 1}, ⟦"a"⟧: {}}')),
        ('{"k\\u0061\\n": 1}', "ka\\n", (15, '{"k\\u0061\\n": ⟦1⟧}')),
        ("{}", "a", (1, "⟦⟧{}")),
        ("[]", "a", (1, "⟦⟧[]")),
        ("[1, 2]", "1", (5, "[1, ⟦2⟧]")),
        ("3", "a", (1, "⟦⟧3")),
        ('{"a": 1}', None, (1, '⟦⟧{"a": 1}')),
        ("", None, (1, "⟦⟧")),
        ('{"a": 1,}', None, (8, '{"a": 1⟦,⟧}')),
        ('{"a": 1,}', "a", (8, '{"a": 1⟦,⟧}')),
        ('{"a": ', None, (7, '{"a": ⟦⟧')),
        ('{"가": "나"}\r', "가", (7, '{"가": ⟦"나"⟧}')),
        ('{"a": "\u202e<b>\x1b"}', None, (12, '{"a": "\\u202e<b>⟦\\x1b⟧"}')),
    ],
)
def test_an_excerpt_marks_the_fault(line: str, field: str | None, expected: tuple[int, str]) -> None:
    assert shown(line, field) == expected


def test_bytes_that_are_not_utf8_are_marked() -> None:
    assert shown('{"가": "'.encode() + b'\xe9\xff"}') == (8, '{"가": "⟦\\xe9⟧\\xff"}')


@pytest.mark.parametrize("before", [0, 59, 60, 61, 500])
@pytest.mark.parametrize("marked", [2, 99, 100, 101, 500])
@pytest.mark.parametrize("after", [0, 1, 99, 500])
def test_an_excerpt_is_cut_around_the_fault(before: int, marked: int, after: int) -> None:
    start, value, end = (
        '{"p": "' + "x" * before + '", "a": ',
        f'"{"v" * (marked - 2)}"',
        ', "q": "' + "y" * after + '"}',
    )

    seen = excerpt((start + value + end).encode(), "a")

    assert seen.column == len(start) + 1
    assert seen.before == (start if len(start) <= 60 else "…" + start[-60:])
    assert seen.marked == (value if marked <= 100 else value[:100] + "…")
    assert end.startswith(seen.after.removesuffix("…"))
    assert seen.after.endswith("…") == (seen.after != end and bool(seen.after))
    whole = "".join(seen[1:])
    assert len(whole) <= 160 + 3
    assert seen.after == end or len(whole) >= 160 or marked > 100
    assert seen.after or seen.marked.endswith("…")


def test_a_line_that_is_not_held_to_its_end_is_shown_from_its_beginning() -> None:
    line = json.dumps({"a": "가" * MAX_LINE_BYTES}, ensure_ascii=False).encode()[:MAX_LINE_BYTES]

    seen = excerpt(line, "a")

    assert (seen.column, seen.before, seen.marked) == (1, "", "")
    assert seen.after == '{"a": "' + "가" * 153 + "…"


def test_escapes_are_never_cut() -> None:
    seen = excerpt(('{"a": "' + "\U000e0001" * 90 + '"}').encode(), "a")

    assert seen.marked == '"' + "\\U000e0001" * 90 + '"'


def test_an_excerpt_that_reaches_the_very_end_of_the_line_is_not_cut() -> None:
    line = '{"a": 1, "b": "' + "x" * 143 + '"}'
    assert len(line) == 160

    assert "".join(excerpt(line.encode(), "a")[1:]) == line
    assert "".join(excerpt(f"{line} ".encode(), "a")[1:]) == f"{line}…"
