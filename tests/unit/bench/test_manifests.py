from pathlib import Path

import pytest

from bench.manifests import BAD_SHARE, KINDS, Kind


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_manifest_is_the_same_each_time(kind: Kind, tmp_path: Path) -> None:
    first = kind.write(tmp_path, 100).read_bytes()

    assert kind.write(tmp_path, 100).read_bytes() == first
    assert first.count(b"\n") == 100


def test_lines_are_as_long_as_those_of_ground_truth(tmp_path: Path) -> None:
    content = KINDS["clean"].write(tmp_path, 1_000).read_bytes()

    assert 385 <= len(content) / 1_000 <= 399


def test_a_part_of_the_lines_is_bad(tmp_path: Path) -> None:
    lines = KINDS["bad"].write(tmp_path, 2_000).read_bytes().split(b"\n")
    not_usual = sum(not line.startswith(b'{"source-ref":"s3://') or not line.endswith(b'"}}') for line in lines[:-1])

    assert 0 < not_usual < BAD_SHARE * 2_000
