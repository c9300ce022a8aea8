"""The demo's three manifests, the images that they name, and what each has to come to."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local.images import picture

MEBIBYTE = 1024 * 1024

Line = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """A manifest with what belongs to it.

    Attributes:
        name: A word for it.
        title: What it is, in a few words.
        key: Its key in the manifest bucket.
        body: Its bytes.
        images: The keys and bytes of the images that do exist.
        verdict: What it has to come to.
        rules: The rules that its report has to name, and no others.
    """

    name: str
    title: str
    key: str
    body: bytes
    images: dict[str, bytes]
    verdict: str
    rules: frozenset[str] = field(default_factory=frozenset)


def samples(bucket: str) -> list[Sample]:
    """Makes the three, with their images in `bucket`."""
    return [good(bucket), faulty(bucket), large(bucket)]


def good(bucket: str) -> Sample:
    """Twenty-four good parts and twelve scratched ones, nothing to complain about."""
    images = dict(pictures("washers", 36))
    return Sample(
        name="good",
        title="A good manifest",
        key="washers/train.manifest",
        body=text(line(bucket, key, anomaly=is_anomaly(key)) for key in images),
        images=images,
        verdict="VALID",
    )


def faulty(bucket: str) -> Sample:
    """The same kind of dataset, with what people and tools really do to such files."""
    images = dict(pictures("night shift", 48))
    keys = list(images)
    lines = [line(bucket, key, anomaly=is_anomaly(key)) for key in keys]

    def metadata(number: int) -> Line:
        found: Line = lines[number]["anomaly-label-metadata"]
        return found

    lines[2]["source-ref"] = lines[2]["source-ref"].replace("s3://", "s3: //")
    lines[4]["source-ref"] = lines[4]["source-ref"].replace(bucket, "somebody-elses-bucket")
    lines[6]["source_ref"] = lines[6].pop("source-ref")
    lines[8] = line(bucket, keys[7], anomaly=is_anomaly(keys[7]))
    lines[9] = line(bucket, keys[7], anomaly=not is_anomaly(keys[7]))
    del images[keys[11]], images[keys[12]]
    images[keys[14]] = b""
    metadata(16)["class-name"] = "Normal"
    metadata(18)["human-annotated"] = True
    del metadata(20)["type"]
    metadata(22)["creation-date"] = "Tue Mar 04 2025 10:15:00 GMT+0100"
    lines[24].pop("anomaly-label")
    metadata(26)["confidence"] = 97
    texts = [json.dumps(entry).encode() for entry in lines]
    texts[28] = texts[28].replace(b'"', b"'")
    texts[30] = texts[30].removesuffix(b"}}") + b",}}"
    texts[32] = texts[32].replace(b"night shift", b"n\xe4chtlich")
    texts[34] = texts[34].replace(b'"confidence": 1', b'"confidence": NaN')
    texts[36] = b""
    return Sample(
        name="faulty",
        title="A faulty one",
        key="washers/night-shift.manifest",
        body=b"\n".join(texts),
        images=images,
        verdict="INVALID",
        rules=frozenset(
            {
                "class-name-unknown",
                "confidence-invalid",
                "creation-date-invalid",
                "human-annotated-invalid",
                "image-empty",
                "image-not-found",
                "label-missing",
                "line-blank",
                "line-invalid-json",
                "line-not-utf8",
                "source-ref-conflicting",
                "source-ref-duplicate",
                "source-ref-malformed",
                "source-ref-missing",
                "source-ref-other-bucket",
                "type-missing",
            }
        ),
    )


def large(bucket: str) -> Sample:
    """Over 8 MiB, which every client uploads in parts, under a key that S3 has to encode."""
    images = dict(pictures("belt 7", 1_200))
    chance = random.Random(7)  # noqa: S311 - readings, not secrets

    def entry(key: str) -> Line:
        readings = [round(chance.uniform(18, 24), 3) for _ in range(860)]
        return line(bucket, key, anomaly=is_anomaly(key)) | {"edge-profile-micrometres": readings}

    body = text(entry(key) for key in images)
    return Sample(
        name="large",
        title=f"A large one, {len(body) / MEBIBYTE:.1f} MiB in parts",
        key="train set+v2/é (3).manifest",
        body=body,
        images=images,
        verdict="VALID",
        rules=frozenset({"manifest-key-unsupported"}),
    )


def pictures(folder: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Returns keys and pictures, every third scratched, PNG and JPEG by turns."""
    for number in range(count):
        anomaly = number % 3 == 2  # noqa: PLR2004
        extension = ("png", "jpg")[number % 2]
        name = f"{folder}/{'scratched' if anomaly else 'good'}-{number:04}.{extension}"
        yield name, picture(number % 30, anomaly=anomaly, extension=extension)


def is_anomaly(key: str) -> bool:
    """Tells by its name whether a picture shows a scratched part."""
    return "/scratched-" in key


def line(bucket: str, key: str, *, anomaly: bool) -> Line:
    """Makes a line as SageMaker Ground Truth writes it."""
    return {
        "source-ref": f"s3://{bucket}/{key}",
        "anomaly-label": int(anomaly),
        "anomaly-label-metadata": {
            "confidence": 1,
            "job-name": "labeling-job/anomaly-label",
            "class-name": "anomaly" if anomaly else "normal",
            "human-annotated": "yes",
            "creation-date": "2025-03-04T10:15:00.000000",
            "type": "groundtruth/image-classification",
        },
    }


def text(lines: Iterator[Line]) -> bytes:
    """Writes lines as JSON Lines."""
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in lines)
