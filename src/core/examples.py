"""The line that the examples of the rules are made from."""

from __future__ import annotations

from typing import Final

SOUND: Final = (
    '{"source-ref": "s3://factory-images/line-4/0412.png", "anomaly-label": 0, "anomaly-label-metadata": {'
    '"class-name": "normal", "confidence": 1, "human-annotated": "yes", "creation-date": "2026-01-12T08:30:00", '
    '"type": "groundtruth/image-classification"}}'
)
"""A line with which no consumer finds fault."""
OTHER: Final = (
    '{"source-ref": "s3://factory-images/line-4/0413.png", "anomaly-label": 1, "anomaly-label-metadata": {'
    '"class-name": "anomaly", "confidence": 1, "human-annotated": "yes", "creation-date": "2026-01-12T08:31:00", '
    '"type": "groundtruth/image-classification"}}'
)
"""Another, of the other class."""


def but(old: str, new: str, line: str = SOUND) -> str:
    """A line in which something is otherwise."""
    return line.replace(old, new)


def plus(members: str, line: str = SOUND) -> str:
    """A line with more members at its end."""
    return f"{line.removesuffix('}')}, {members}}}"


def in_bytes(content: bytes) -> str:
    """Bytes as the text of an example; those that are not UTF-8 become lone surrogates."""
    return content.decode("utf-8", "surrogateescape")


def masked(ref: str) -> str:
    """A line with a mask."""
    return plus(
        f'"anomaly-mask-ref": "{ref}", "anomaly-mask-ref-metadata": {{"internal-color-map": {{'
        '"0": {"class-name": "BACKGROUND", "hex-color": "#ffffff", "confidence": 0}, '
        '"1": {"class-name": "scratch", "hex-color": "#2ca02c", "confidence": 0}}, '
        '"human-annotated": "yes", "type": "groundtruth/semantic-segmentation", "creation-date": "2026-01-12T08:30:00"}'
    )
