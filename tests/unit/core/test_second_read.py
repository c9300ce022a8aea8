from collections.abc import Iterator

import pytest

from core.lines import LineBlock, split_lines
from core.second_read import LineTexts, accepted_lines
from tests.builders import encoded, line, manifest
from tests.fakes import MemoryImages, images_of, judge


def accepted(body: bytes, states: bytes, size: int = 1_000) -> bytes:
    return b"".join(accepted_lines(blocks_of(body, size), states))


def blocks_of(body: bytes, size: int) -> Iterator[LineBlock]:
    return split_lines(body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
@pytest.mark.parametrize(
    ("body", "states", "kept"),
    [
        (b"a\nb\nc\n", b"\0\0\0", b"a\nb\nc\n"),
        (b"a\nb\nc\n", b"\2\0\4", b"b\n"),
        (b"a\nb\nc\n", b"\0\10\2", b"a\nb\n"),
        (b"a\n \n\nc\n", b"\0\1\1\0", b"a\nc\n"),
        (b"a\nb", b"\0\0", b"a\nb"),
        (b"a\nb", b"\0\2", b"a\n"),
        (b"a\nb", b"\2\0", b"b"),
        (b"a\r\nb\r\n", b"\0\0", b"a\r\nb\r\n"),
        (b"\xef\xbb\xbfa\nb\n", b"\0\0", b"a\nb\n"),
        (b"\xef\xbb\xbfa\nb\n", b"\2\0", b"b\n"),
        (b"a\n\xef\xbb\xbfb\n", b"\0\0", b"a\n\xef\xbb\xbfb\n"),
        (b"\xef\xbb\xbf", b"", b""),
        (b"a\nb\nc", b"\0", b"a\n"),
        (b"a\n", b"\6", b""),
        (b"", b"", b""),
    ],
    ids=range(15),
)
def test_accepted_lines_keeps_sound_lines_byte_for_byte(body: bytes, states: bytes, kept: bytes, size: int) -> None:
    assert accepted(body, states, size) == kept


def test_accepted_lines_leaves_out_both_lines_of_a_conflict_and_what_is_missing() -> None:
    lines = [encoded(each) for each in (line(1), line(2), line(1, "anomaly"), line(3), line(4), line(4))]
    body = b"\xef\xbb\xbf" + manifest(*lines)
    images = images_of(body) | {"manifests": {}}
    del images["images"]["3.png"]

    states = judge(body, images=MemoryImages(images)).judgement.stretch.states

    assert accepted(body, states) == manifest(lines[1], lines[4])


def test_blocks_past_the_lines_that_were_judged_are_not_read() -> None:
    blocks = blocks_of(b"a\nb\nc\nd\n", 2)

    assert list(accepted_lines(blocks, b"\0")) == [b"a\n"]
    assert next(blocks).first == 3


def test_nothing_is_written_of_a_block_without_an_accepted_line() -> None:
    assert list(accepted_lines(blocks_of(b"a\nb\nc\n", 2), b"\0\2\0")) == [b"a\n", b"c\n"]


BODY = b"\xef\xbb\xbfone\ntwo\r\n\nfour\nfive"


@pytest.mark.parametrize("size", [1, 5, 1_000])
@pytest.mark.parametrize("wanted", [set(), {1}, {5, 2}, {1, 2, 3, 4, 5}, {3}])
def test_wanted_lines_are_kept_as_blocks_pass(wanted: set[int], size: int) -> None:
    texts = LineTexts(wanted)

    passed = list(texts.of(blocks_of(BODY, size)))

    assert passed == list(blocks_of(BODY, size))
    lines = {1: b"one", 2: b"two\r", 3: b"", 4: b"four", 5: b"five"}
    assert texts.contents == {number: lines[number] for number in wanted}


def test_no_more_is_read_than_the_wanted_lines_take() -> None:
    blocks = blocks_of(BODY, 4)
    texts = LineTexts({2})

    texts.read(blocks)

    assert texts.contents == {2: b"two\r"}
    assert next(blocks).first == 3


def test_nothing_is_read_where_no_line_is_wanted() -> None:
    blocks = blocks_of(BODY, 4)

    LineTexts(()).read(blocks)

    assert next(blocks).first == 1


def test_lines_that_are_not_there_any_more_have_no_text() -> None:
    texts = LineTexts({1, 9})

    texts.read(blocks_of(BODY, 4))

    assert texts.contents == {1: b"one"}
