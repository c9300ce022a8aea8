"""Manifests as they are met: lines of Ground Truth's size, seeded, sound or with a realistic part of bad lines."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

SEED: Final = 20_200_415
BUCKET: Final = "factory-images-eu-central-1-123456789012"
SUFFIX: Final = "-metadata"
CUSTOMARY: Final = "anomaly-label"
BAD_SHARE: Final = 0.05

_FOLDERS: Final = ("line-1/camera-a", "line-1/camera-b", "line-2/camera-a", "line-2/camera-b", "line-3/2020/04")
_HANGUL: Final = ("공장/검사/정상", "공장/검사/불량", "공장/창고")
_JOBS: Final = (
    "labeling-job/inspection-of-printed-circuit-boards-2020-04-chain",
    "labeling-job/auto-labelling-of-aluminium-castings-2020-04-15",
)
_LABELS: Final = (CUSTOMARY, "inspection", "quality-of-the-part", "second-look", "audit-2020")
_CLASSES: Final = ("normal", "anomaly")
_REKOGNITION_CLASSES: Final = ("scratch", "dent", "crack", "stain", "none")
_COMPACT: Final = (",", ":")
_FIRST_DAY: Final = datetime(2020, 4, 15, 20, 17, 23)  # noqa: DTZ001 - Ground Truth writes no zone

Line = dict[str, object]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of manifest.

    Attributes:
        name: Short, for the command line and file names.
        title: For the table.
        lines: Yields so many lines, without their ends.
        consumer: Who is to read it.
        bad: Some lines are bad.
    """

    name: str
    title: str
    lines: Callable[[random.Random, int], Iterator[bytes]]
    consumer: str = "lookout-for-vision"
    bad: bool = False

    def write(self, folder: Path, lines: int) -> Path:
        """Writes a manifest into a folder, the same each time, and returns its path."""
        path = folder / f"{self.name}.manifest"
        content = self.lines(random.Random(SEED), lines)  # noqa: S311 - seeded, so that runs compare
        with path.open("wb") as file:
            file.writelines(line + b"\n" for line in content)
        return path


def usual_line(key: str) -> Line:
    """A sound line, the same each time."""
    return sound_line(random.Random(SEED), key)  # noqa: S311 - seeded, so that runs compare


def sound_line(rng: random.Random, key: str, label: str = CUSTOMARY) -> Line:
    """A line as Ground Truth writes it, 392 bytes with its end where the key is of usual length."""
    class_name = rng.choice(_CLASSES)
    return {
        "source-ref": f"s3://{BUCKET}/{key}",
        label: _CLASSES.index(class_name),
        label + SUFFIX: _metadata(rng, class_name),
    }


def _metadata(rng: random.Random, class_name: str) -> Line:
    moment = _FIRST_DAY + timedelta(seconds=rng.randrange(86_400 * 90), microseconds=rng.randrange(1, 1_000_000))
    return {
        "confidence": rng.choice((0.95, 0.5, 0.73, 1, 0)),
        "job-name": rng.choice(_JOBS),
        "class-name": class_name,
        "human-annotated": rng.choice(("yes", "no")),
        "creation-date": moment.isoformat(timespec="microseconds"),
        "type": "groundtruth/image-classification",
    }


def compact(line: Line) -> bytes:
    """A line without spaces, characters beyond ASCII as they are."""
    return json.dumps(line, separators=_COMPACT, ensure_ascii=False).encode()


def _key(number: int, folders: tuple[str, ...] = _FOLDERS) -> str:
    return f"datasets/castings/train/{folders[number % len(folders)]}/IMG_{number:09}.jpg"


def _shuffled(rng: random.Random, lines: int) -> list[int]:
    numbers = list(range(lines))
    rng.shuffle(numbers)
    return numbers


def _clean(rng: random.Random, lines: int) -> Iterator[bytes]:
    return (compact(sound_line(rng, _key(number))) for number in _shuffled(rng, lines))


def _rising(rng: random.Random, lines: int) -> Iterator[bytes]:
    return (compact(sound_line(rng, _key(number, _FOLDERS[:1]))) for number in range(lines))


def _spaced(rng: random.Random, lines: int) -> Iterator[bytes]:
    return (json.dumps(sound_line(rng, _key(number))).encode() for number in _shuffled(rng, lines))


def _reordered(rng: random.Random, lines: int) -> Iterator[bytes]:
    for number in _shuffled(rng, lines):
        line = sound_line(rng, _key(number))
        metadata = line[CUSTOMARY + SUFFIX]
        if isinstance(metadata, dict):
            line[CUSTOMARY + SUFFIX] = _in_any_order(rng, metadata)
        yield compact(_in_any_order(rng, line))


def _in_any_order(rng: random.Random, content: Line) -> Line:
    keys = list(content)
    rng.shuffle(keys)
    return {key: content[key] for key in keys}


def _alternating(rng: random.Random, lines: int) -> Iterator[bytes]:
    for place, number in enumerate(_shuffled(rng, lines)):
        yield compact(sound_line(rng, _key(number), _LABELS[place % 2]))


def _one_of_five(rng: random.Random, lines: int) -> Iterator[bytes]:
    return (compact(sound_line(rng, _key(number), rng.choice(_LABELS))) for number in _shuffled(rng, lines))


def _hangul(rng: random.Random, lines: int) -> Iterator[bytes]:
    return (compact(sound_line(rng, _key(number, _HANGUL))) for number in _shuffled(rng, lines))


def _rekognition(rng: random.Random, lines: int) -> Iterator[bytes]:
    for number in _shuffled(rng, lines):
        line: Line = {"source-ref": f"s3://{BUCKET}/{_key(number)}"}
        for label in rng.sample(_LABELS, rng.randint(1, len(_LABELS))):
            line |= {label: 1, label + SUFFIX: _metadata(rng, rng.choice(_REKOGNITION_CLASSES))}
        yield compact(line)


def _with_bad_lines(rng: random.Random, lines: int) -> Iterator[bytes]:
    earlier = _key(0)
    for place, number in enumerate(_shuffled(rng, lines)):
        line = sound_line(rng, _key(number))
        if rng.random() >= BAD_SHARE:
            yield compact(line)
            continue
        fault = rng.choice(FAULTS)
        yield fault(line, earlier)
        if place % 7 == 0:
            earlier = _key(number)


def _in_metadata(field: str, value: object = ...) -> Callable[[Line, str], bytes]:
    """A fault of a metadata's field: absent, or of a value."""

    def spoil(line: Line, _earlier: str) -> bytes:
        metadata = line[CUSTOMARY + SUFFIX]
        if isinstance(metadata, dict):
            metadata.pop(field) if value is ... else metadata.update({field: value})
        return compact(line)

    return spoil


def _in_line(field: str, value: object = ...) -> Callable[[Line, str], bytes]:
    """A fault of one of the line's keys: absent, or of a value."""

    def spoil(line: Line, _earlier: str) -> bytes:
        return compact({key: found for key, found in line.items() if key != field} | _valued(field, value))

    return spoil


def _valued(field: str, value: object) -> Line:
    return {} if value is ... else {field: value}


def _replaced(old: str, new: str) -> Callable[[Line, str], bytes]:
    """A fault of the text."""
    return lambda line, _earlier: compact(line).replace(old.encode(), new.encode(), 1)


FAULTS: Final[tuple[Callable[[Line, str], bytes], ...]] = (
    _in_metadata("class-name"),
    _in_metadata("class-name", "Normal"),
    _in_metadata("class-name", "damaged"),
    _in_metadata("type", "groundtruth/object-detection"),
    _in_metadata("type"),
    _in_metadata("human-annotated", "maybe"),
    _in_metadata("human-annotated"),
    _in_metadata("confidence", 95),
    _in_metadata("confidence", "0.95"),
    _in_metadata("creation-date", "2020-04-15"),
    _in_metadata("creation-date"),
    _in_metadata("job-name", 7),
    _in_line(CUSTOMARY),
    _in_line(CUSTOMARY, "defect"),
    _in_line(CUSTOMARY, 1.5),
    _in_line(CUSTOMARY + SUFFIX),
    _in_line("source-ref"),
    _in_line("source-ref", "IMG_000000001.jpg"),
    _replaced("s3://", "s3:/"),
    _replaced("s3://", "S3://"),
    _replaced("s3://", "https://"),
    _replaced("IMG_", "IMG%20"),
    _replaced("/IMG_", "//IMG_"),
    _replaced("IMG_", "IMG\u200b"),
    _replaced(".jpg", ".bmp"),
    _replaced(".jpg", "/"),
    _replaced(BUCKET, "somebody-elses-images"),
    _replaced("}}", "},}"),
    _replaced("}}", "}"),
    _replaced('"yes"', '"yes'),
    lambda line, _: compact(line)[:200],
    lambda line, _: str(line).encode(),
    lambda line, _: compact(line)[:-1] + b',"source-ref":' + json.dumps(line["source-ref"]).encode() + b"}",
    lambda line, _: compact(line).replace(b"IMG_", b"IM\xc4_", 1),
    lambda line, _: b"[" + compact(line) + b"]",
    lambda _line, _: b"",
    lambda line, earlier: compact(line | {"source-ref": f"s3://{BUCKET}/{earlier}"}),
)
"""What is wrong with bad lines: each takes a sound line and a key that stood on an earlier one."""


def _faulty(rng: random.Random, lines: int) -> Iterator[bytes]:
    return (FAULTS[number % len(FAULTS)](sound_line(rng, _key(number)), _key(0)) for number in range(lines))


FAULTY: Final = Kind("faulty", "each line bad", _faulty, bad=True)

KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("clean", "clean, compact", _clean),
        Kind("bad", "5 % bad lines", _with_bad_lines, bad=True),
        Kind("rising", "clean, images in rising order", _rising),
        Kind("spaced", "clean, with spaces", _spaced),
        Kind("reordered", "clean, keys of each line in any order", _reordered),
        Kind("alternating", "clean, two label attributes in turn", _alternating),
        Kind("five", "clean, one of five label attributes", _one_of_five),
        Kind("hangul", "clean, keys in Hangul", _hangul),
        Kind("rekognition", "clean, any of five labels (Rekognition)", _rekognition, "rekognition-custom-labels"),
    )
}
