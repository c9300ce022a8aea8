import pytest

from core.accepted import accepted_lines
from tests.builders import encoded, line, manifest
from tests.fakes import MemoryImages, images_of, judge


def accepted(body: bytes, states: bytes, size: int = 1_000) -> bytes:
    return b"".join(accepted_lines([body[start : start + size] for start in range(0, len(body), size)], states))


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
