import pytest

from core.file_shape import judge_shape
from core.policy import Policy


def shape_of(text: str) -> list[str]:
    """The kinds of what is found."""
    return [finding.kind for finding in judge_shape(text.encode(), Policy())]


@pytest.mark.parametrize(
    ("text", "kinds"), [('{"a": 1}\r{"b": 2}\r', ["carriage-returns"]), ('{"a": 1}\r{"b": 2}\n{"c": 3}\n', [])]
)
def test_carriage_returns_are_told_where_no_line_feed_is(text: str, kinds: list[str]) -> None:
    assert shape_of(text) == kinds


@pytest.mark.parametrize(
    ("more", "fewer", "kinds"),
    [
        (51, 0, ["utf-16"]),
        (50, 0, []),
        (100, 24, ["utf-16"]),
        (100, 25, []),
        (60, 14, ["utf-16"]),
        (60, 15, []),
        (0, 0, []),
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_text_is_wide_where_every_other_byte_is_mostly_nul_and_the_rest_seldom(
    first: int, more: int, fewer: int, kinds: list[str]
) -> None:
    sample = bytearray(b"a" * 200)
    sample[first::2] = b"a" * (100 - more) + bytes(more)
    sample[1 - first :: 2] = b"a" * (100 - fewer) + bytes(fewer)

    assert shape_of(sample.decode() + "a" * 1_000) == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('[{"a": 1}]\n', ["array"]),
        ('[{"a": 1}]\n \n', ["array"]),
        ('[{"a": 1}]\n[{"b": 2}]\n', []),
        ('[{"a": 1}]\n{"b": 2}\n', []),
        ('[{"a": 1},\n{"b": 2}]\n', ["array"]),
        ('[{"a": 1},\n17]\n', ["array"]),
        ('[{"a": 1},\n17\n', ["array"]),
        ("[1]\n", []),
        ("[\n", ["array"]),
    ],
)
def test_an_array_among_other_lines_is_the_fault_of_its_line(text: str, kinds: list[str]) -> None:
    assert shape_of(text) == kinds


@pytest.mark.parametrize(
    ("text", "also", "reads"),
    [
        ('{\n"source-ref": "s3://images/1.png"\n}', "", '{"source-ref":"s3://images/1.png"}'),
        (
            '{\n"source-ref": "S3://images/1.png"\n}',
            " Its source-ref has its scheme in upper case, too.",
            '{"source-ref":"s3://images/1.png"}',
        ),
        ('{\n"source-ref": "images/1.png"\n}', "", '{"source-ref":"images/1.png"}'),
        ('{\n"a": NaN\n}', "", None),
    ],
)
def test_a_printed_object_is_shown_on_one_line_where_it_can_be(text: str, also: str, reads: str | None) -> None:
    [finding] = judge_shape(text.encode(), Policy())

    assert finding.message == f"Objects are printed over several lines; JSON Lines has one object a line.{also}"
    assert finding.field == ("source-ref" if also else None)
    assert finding.fix.startswith("Convert it: jq -c '.' FILE > FILE.manifest")
    assert ("first object" in finding.fix) == (reads is not None)
    assert finding.fix.endswith(reads or "manifest")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('source-ref,metadata\ns3://images/1.png,{"a": 1}\n', ["table"]),
        ('image,metadata\ns3://images/1.png,{"a": 1}\n', []),
        ('source-ref,metadata\n{"a": 1, "b": 2}\n', []),
        ("1,normal\n" * 6 + "the end\n", ["table"]),
        ("1,normal\n" * 5 + "the end\n", []),
        ("one,{two\nthree,four\n", []),
        ("one,two}\nthree,four\n", []),
        ("one\ntwo\n", []),
        (" \n\n", []),
    ],
)
def test_a_table_has_its_separator_on_each_of_the_first_rows(text: str, kinds: list[str]) -> None:
    assert shape_of(text) == kinds
