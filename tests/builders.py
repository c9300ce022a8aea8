"""Lines and manifests, sound but for what a test changes."""

import json
from collections.abc import Iterable, Mapping
from typing import Final

ABSENT: Final = object()
"""For a key that is to be left out."""
LABEL: Final = "anomaly-label"
BUCKET: Final = "images"

Object = dict[str, object]
Line = Object | str | bytes


def metadata(class_name: object = "normal", **changes: object) -> Object:
    """A label's metadata. Fields are named with underscores."""
    sound = {
        "confidence": 1,
        "job_name": "labeling-job/auto-label",
        "class_name": class_name,
        "human_annotated": "yes",
        "creation_date": "2020-11-10T03:37:09.600",
        "type": "groundtruth/image-classification",
    }
    return {key.replace("_", "-"): value for key, value in (sound | changes).items() if value is not ABSENT}


def line(ref: object = 1, class_name: object = "normal", **changes: object) -> Object:
    """One line; a number for a reference names an image of the usual bucket. Keys are named with underscores."""
    sound = {
        "source_ref": f"s3://{BUCKET}/{ref}.png" if isinstance(ref, int) else ref,
        "anomaly_label": 1 if class_name == "anomaly" else 0,
        "anomaly_label_metadata": metadata(class_name),
    }
    return {key.replace("_", "-"): value for key, value in (sound | changes).items() if value is not ABSENT}


def with_metadata(ref: object = 1, **changes: object) -> Object:
    """One line with some fields of the metadata changed."""
    return line(ref, anomaly_label_metadata=metadata(**changes))


def encoded(content: Line) -> bytes:
    """A line as bytes, without its end; texts and bytes as they are."""
    if isinstance(content, bytes):
        return content
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return text.encode()


def manifest(*lines: Line, end: bytes = b"\n") -> bytes:
    """Lines, each with its end."""
    return b"".join(encoded(content) + end for content in lines)


def sound_lines(normal: int = 22, anomaly: int = 12, first: int = 1_001) -> list[Line]:
    """Enough lines for a data set; the images are numbered from `first`."""
    classes = ["normal"] * normal + ["anomaly"] * anomaly
    return [line(number, class_name) for number, class_name in enumerate(classes, first)]


def refs_of(body: bytes) -> Iterable[str]:
    """All references to images and masks that can be read, good or bad."""
    for raw in body.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        try:
            content = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        for key, ref in content.items() if isinstance(content, Mapping) else ():
            if key.endswith("-ref") and isinstance(ref, str) and ref.startswith("s3://") and "/" in ref[5:]:
                yield ref
