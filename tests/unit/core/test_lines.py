import tracemalloc

import pytest

from core.lines import BLOCK_BYTES, MAX_LINE_BYTES, Line, split_lines

TEXT = b"one\n\ntwo\r\n\nthree"
LINES = [
    Line(1, 0, b"one", 3),
    Line(2, 4, b"", 0),
    Line(3, 5, b"two\r", 4),
    Line(4, 10, b"", 0),
    Line(5, 11, b"three", 5),
]


def lines_of(chunks: list[bytes], **options: int) -> list[Line]:
    return [line for block in split_lines(chunks, **options) for line in block]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_split_lines_does_not_depend_on_chunks(size: int) -> None:
    assert lines_of([TEXT[start : start + size] for start in range(0, len(TEXT), size)]) == LINES


def test_split_lines_takes_empty_chunks() -> None:
    assert lines_of([b"", b"a", b"", b"\n", b"", b"b", b""]) == [Line(1, 0, b"a", 1), Line(2, 2, b"b", 1)]
    assert lines_of([b""]) == lines_of([]) == []


def test_split_lines_begins_no_line_after_the_last_line_feed() -> None:
    [block] = split_lines([b"a\nb\n"])
    assert (block.lines, block.ended) == ([b"a\n", b"b\n"], True)

    *_, last = split_lines([b"a\nb"])
    assert (last.first, last.lines, last.ended) == (2, [b"b"], False)


def test_split_lines_splits_at_line_feeds_alone() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\rh".encode()

    assert [line.content for line in lines_of([text])] == [text]


def test_split_lines_counts_offsets_from_where_the_bytes_begin() -> None:
    assert [line.offset for line in lines_of([TEXT], offset=3)] == [line.offset + 3 for line in LINES]


@pytest.mark.parametrize("size", [1, 4, 7, 100])
def test_split_lines_cuts_long_lines_and_keeps_their_length(size: int) -> None:
    text = b"ab\n" + b"x" * 50 + b"\n" + b"c\n" + b"y" * 40
    chunks = [text[start : start + size] for start in range(0, len(text), size)]

    lines = lines_of(chunks, limit=10)

    assert [(line.number, line.offset, line.length) for line in lines] == [
        (1, 0, 2),
        (2, 3, 50),
        (3, 54, 1),
        (4, 56, 40),
    ]
    assert all(len(line.content) <= 10 + size for line in lines)
    assert lines[1].content == b"x" * len(lines[1].content)
    assert lines[3].content == b"y" * len(lines[3].content)


def test_split_lines_keeps_lines_of_just_the_limit_whole() -> None:
    [line] = lines_of([b"x" * 10], limit=10)

    assert (line.content, line.length) == (b"x" * 10, 10)


def test_split_lines_hands_on_few_bytes_at_once() -> None:
    blocks = list(split_lines([b"\n" * (2 * BLOCK_BYTES + 1)]))

    assert [block.count for block in blocks] == [BLOCK_BYTES, BLOCK_BYTES, 1]
    assert [block.first for block in blocks] == [1, BLOCK_BYTES + 1, 2 * BLOCK_BYTES + 1]
    assert [block.offset for block in blocks] == [0, BLOCK_BYTES, 2 * BLOCK_BYTES]


def test_some_lines_of_a_block_are_told_with_their_places_and_lengths() -> None:
    *_, block, last = split_lines([b"long" * 5, b"er\r\na\n\nbc\n", b"d"], limit=7)

    assert list(block.at([0, 1, 3])) == [
        Line(1, 0, b"longloner\r", 23),
        Line(2, 24, b"a", 1),
        Line(4, 27, b"bc", 2),
    ]
    assert list(block.at([3])) == [Line(4, 27, b"bc", 2)]
    assert list(block.at([])) == []
    assert (block.count, block.ended, block.end) == (4, True, 30)
    assert list(last.at([0])) == [Line(5, 30, b"d", 1)]
    assert (last.count, last.ended) == (1, False)


def test_split_lines_holds_little_of_an_endless_line() -> None:
    chunk = b"x" * 64 * 1024
    count = 1_024
    tracemalloc.start()
    [line] = lines_of([chunk] * count)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert line.length == count * len(chunk)
    assert peak < 4 * MAX_LINE_BYTES
