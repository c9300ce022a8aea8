"""A million lines and a million images: the whole way from bytes to report, S3 spoken to over HTTP."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import core
from core.existence import RANGE_KEYS, RANGES_AT_ONCE
from core.shelf import BUDGET
from local.emulator import CREDENTIALS
from local.s3_stand_in import BUCKET, PAGE_SIZE, Numbered

COUNT = 1_000_000
KEYS = Numbered(COUNT)
MEGABYTE = 1_000_000
FLAT = 100 * MEGABYTE
BYTES_AN_IMAGE = 24
REFERENCES = COUNT * len(f"s3://{BUCKET}/{KEYS[0]}")
SOUGHT = RANGES_AT_ONCE * RANGE_KEYS * (sys.getsizeof(KEYS[0]) + sys.getsizeof([None]) - sys.getsizeof([]))
"""Bytes of the keys that are held: in the references, and sorted, in the ranges that are searched at once."""
SAME_CODE = {"PYTHONPATH": str(Path(core.__file__).parents[1])}
"""What is judged by is what is imported here, even where another checkout is installed."""
BROKEN, REPEATED, GONE = 77_001, 500_003, (1, 123_456, COUNT)
"""Lines that are spoilt, and how. The repeated image is that of the line before."""


@dataclass(frozen=True)
class Judged:
    report: dict[str, Any]
    peak: int


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A million images, held by a process of their own."""
    command = [sys.executable, "-m", "local.s3_stand_in", str(COUNT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture(params=["rising", "shuffled"])
def numbers(request: pytest.FixtureRequest) -> Sequence[int]:
    """The images in the order of lines."""
    numbers = list(range(COUNT))
    if request.param == "shuffled":
        random.Random(1).shuffle(numbers)  # noqa: S311 - no secret
    return numbers


Judge = Callable[..., Judged]


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    """Writes a manifest, and judges it in a process of its own, so that nobody else's memory counts."""
    path = tmp_path / "million.manifest"

    def run(lines: Iterator[bytes], *endpoint: str) -> Judged:
        with path.open("wb") as file:
            file.writelines(lines)
        command = [sys.executable, "-m", "tests.e2e.judge_million", path, BUCKET, *endpoint]
        done = subprocess.run(command, env=os.environ | CREDENTIALS | SAME_CODE, stdout=subprocess.PIPE, check=True)
        return Judged(**json.loads(done.stdout))

    yield run
    path.unlink()


def line(key: str, *, anomaly: bool) -> bytes:
    """A line of 390 bytes, as Ground Truth writes it."""
    return (
        b'{"source-ref":"s3://%b/%b","anomaly-label":%d,"anomaly-label-metadata":{"confidence":0.95,'
        b'"job-name":"labeling-job/inspection-of-printed-circuit-boards-2020-04-chain",'
        b'"inspected-by":"station-07/camera-12/shift-b/second-look",'
        b'"class-name":"%b","human-annotated":"yes","creation-date":"2020-04-15T20:17:23.433061",'
        b'"type":"groundtruth/image-classification"}}\n'
        % (BUCKET.encode(), key.encode(), anomaly, b"anomaly" if anomaly else b"normal")
    )


def sound(numbers: Sequence[int]) -> Iterator[bytes]:
    return (line(KEYS[number], anomaly=number % 4 == 0) for number in numbers)


def spoilt(numbers: Sequence[int]) -> Iterator[bytes]:
    for place, text in enumerate(sound(numbers), start=1):
        if place == BROKEN:
            yield text[:200] + b"\n"
        elif place == REPEATED:
            yield line(KEYS[numbers[place - 2]], anomaly=numbers[place - 2] % 4 == 0)
        elif place in GONE:
            yield text.replace(b".jpg", b"-gone.jpg")
        else:
            yield text


def counted(total: int, *, invalid: int = 0) -> dict[str, int]:
    """The report's statistics of lines, none of which is blank, unlabeled or unchecked."""
    valid = total - invalid
    return {"total": total, "valid": valid, "invalid": invalid, "unchecked": 0, "blank": 0, "unlabeled": 0}


def most(keys: int) -> int:
    """What a process may take that holds so many bytes of keys."""
    return FLAT + BYTES_AN_IMAGE * COUNT + min(keys, BUDGET)


def test_a_million_images_are_found(numbers: Sequence[int], judge: Judge, endpoint: str) -> None:
    judged = judge(sound(numbers), endpoint)

    report, statistics = judged.report, judged.report["statistics"]
    assert (report["verdict"], report["scope"], report["accepted"]) == ("VALID", "lines+images", "all")
    assert (report["totals"], report["findings"]) == ({}, [])
    assert statistics["lines"] == counted(COUNT)
    assert statistics["classes"] == {"normal": COUNT * 3 // 4, "anomaly": COUNT // 4}
    assert statistics["images"] == {"bucket": BUCKET, "checked": COUNT, "missing": 0, "unchecked": 0, "inspected": 0}
    assert report["requests"].keys() == {"ListObjectsV2"}
    assert report["requests"]["ListObjectsV2"] <= COUNT // PAGE_SIZE + 2 * COUNT // RANGE_KEYS
    assert judged.peak <= most(REFERENCES + SOUGHT)


def test_five_faults_among_a_million_are_named(numbers: Sequence[int], judge: Judge, endpoint: str) -> None:
    judged = judge(spoilt(numbers), endpoint)

    report, statistics = judged.report, judged.report["statistics"]
    assert (report["verdict"], report["accepted"], report["capped"]) == ("INVALID", "some", False)
    assert {(found["line"], found["rule"], found.get("first_line")) for found in report["findings"]} == {
        *((line, "image-not-found", None) for line in GONE),
        (BROKEN, "line-invalid-json", None),
        (REPEATED, "source-ref-duplicate", REPEATED - 1),
    }
    assert report["totals"] == {"image-not-found": 3, "line-invalid-json": 1, "source-ref-duplicate": 1}
    assert statistics["lines"] == counted(COUNT, invalid=4)  # the repeated image is no error for this consumer
    assert statistics["images"]["checked"] == COUNT - 2
    assert statistics["images"]["missing"] == len(GONE)
    assert report["requests"]["ListObjectsV2"] <= COUNT // PAGE_SIZE + 2 * COUNT // RANGE_KEYS
    assert report["requests"].get("HeadObject", 0) <= len(GONE)
    assert judged.peak <= most(REFERENCES + SOUGHT)


@pytest.mark.parametrize("write", [sound, spoilt])
def test_a_million_lines_alone_take_little_memory(
    numbers: Sequence[int], judge: Judge, write: Callable[[Sequence[int]], Iterator[bytes]]
) -> None:
    judged = judge(write(numbers))

    report = judged.report
    assert (report["verdict"], report["scope"]) == ("VALID" if write is sound else "INVALID", "lines")
    assert report["totals"] == ({} if write is sound else {"line-invalid-json": 1, "source-ref-duplicate": 1})
    assert report["requests"] == {}
    assert judged.peak <= most(REFERENCES)
