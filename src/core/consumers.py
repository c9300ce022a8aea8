"""Who will read the manifest: limits and requirements, as data.

The figures are those of the AWS guides and quota pages for each service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.finding import Severity

CLASSIFICATION: Final = "groundtruth/image-classification"
"""The `type` of a label of a whole image."""
SEGMENTATION: Final = "groundtruth/semantic-segmentation"
"""The `type` of a mask."""


class Role(StrEnum):
    """What the dataset is for."""

    SINGLE = "single"
    TRAIN = "train"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One reader of manifests. None, or nothing, means that it states no such limit.

    Attributes:
        name: As settings and reports write it.
        title: For people.
        manifest_bytes: Largest manifest.
        manifest_key: What the manifest's own key must match.
        manifest_key_fault: What is said of a key that does not.
        lines: Most lines by role.
        blank_lines_count: Blank lines count among them.
        line_characters: Longest line.
        value_characters: Longest value of one of a line's keys.
        pairs: Every label of a line is used, up to so many; None: one label is.
        masks: It reads masks (segmentation).
        classes: The only classes that label an image; others import it unlabeled. None: any class does.
        class_characters: Shortest and longest name of a class.
        class_count: Fewest and most classes of a dataset.
        fewest_images: Fewest images by role and class.
        invalid_share: Part of the lines that may be invalid before the whole import fails.
        label_overlap: Part of the classes that a train and a test manifest must have in common.
        image_bytes: Largest image.
        image_formats: The formats of images that it reads.
        image_sides: Fewest and most pixels of a side.
        image_aspect: Longest side in multiples of the other.
        one_image_size: All images of a dataset have the same width and height.
        severities: Where a rule's severity differs from the catalogue's; None turns the rule off.
    """

    name: str
    title: str
    manifest_bytes: int | None = None
    manifest_key: re.Pattern[str] | None = None
    manifest_key_fault: str = ""
    lines: Mapping[Role, int] | None = None
    blank_lines_count: bool = False
    line_characters: int | None = None
    value_characters: int | None = None
    pairs: int | None = None
    masks: bool = False
    classes: tuple[str, ...] | None = None
    class_characters: tuple[int, int] | None = None
    class_count: tuple[int, int] | None = None
    fewest_images: Mapping[Role, Mapping[str, int]] | None = None
    invalid_share: float | None = None
    label_overlap: float | None = None
    image_bytes: int | None = None
    image_formats: tuple[str, ...] | None = None
    image_sides: tuple[int, int] | None = None
    image_aspect: int | None = None
    one_image_size: bool = False
    severities: Mapping[str, Severity | None] = field(default_factory=dict)


_EVERY_ROLE: Final = tuple(Role)
_CONSUMERS: Final = (
    Consumer(
        name="lookout-for-vision",
        title="Amazon Lookout for Vision's manifest format (the service ended on 2025-10-31; others read the format)",
        manifest_bytes=1024**3,
        manifest_key=re.compile(r"[a-zA-Z0-9!_.*'()/-]+"),
        manifest_key_fault="has characters other than letters, digits and ! _ . * ' ( ) / -",
        lines={Role.SINGLE: 16_000, Role.TRAIN: 16_000, Role.TEST: 4_000},
        line_characters=8_192,
        masks=True,
        classes=("normal", "anomaly"),
        fewest_images={
            Role.SINGLE: {"normal": 20, "anomaly": 10},
            Role.TRAIN: {"normal": 10, "anomaly": 0},
            Role.TEST: {"normal": 10, "anomaly": 10},
        },
        image_bytes=8 * 1024**2,
        image_formats=("png", "jpeg"),
        image_sides=(64, 4_096),
        one_image_size=True,
        severities={"line-too-long": Severity.WARNING},  # a bound of its API, not of its import
    ),
    Consumer(
        name="rekognition-custom-labels",
        title="Amazon Rekognition Custom Labels, classification",
        manifest_bytes=1024**3,
        manifest_key=re.compile(r"(?:.*/)?[^/]+\.[^./]+", re.DOTALL),
        manifest_key_fault="has no extension",
        lines=dict.fromkeys(_EVERY_ROLE, 250_000),
        blank_lines_count=True,
        line_characters=100_000,
        pairs=50,
        class_characters=(1, 256),
        class_count=(2, 250),
        invalid_share=0.2,
        label_overlap=0.5,
        image_bytes=15 * 1024**2,
        image_formats=("png", "jpeg"),
        image_sides=(64, 4_096),
        image_aspect=20,
        severities={
            "confidence-invalid": Severity.ERROR,
            "confidence-missing": Severity.ERROR,
            "creation-date-missing": Severity.ERROR,
            "label-failed": Severity.WARNING,
            "label-name-inconsistent": None,
            "label-several": None,
            "label-unannotated": Severity.WARNING,
            "label-value-inconsistent": None,
            "label-value-invalid": Severity.ERROR,
            "type-unsupported": Severity.UNCHECKED,
        },
    ),
    Consumer(
        name="ground-truth",
        title="Amazon SageMaker Ground Truth: input of a labelling job, or its output",
        lines=dict.fromkeys(_EVERY_ROLE, 100_000),
        line_characters=100_000,
        value_characters=20_000,
        class_characters=(1, 256),
        image_bytes=40 * 1024**2,
        severities={
            "dataset-no-labels": Severity.WARNING,  # images that are yet to be labelled are its business
            "label-failed": Severity.WARNING,
            "label-several": None,  # chained jobs
            "label-unannotated": Severity.WARNING,
            "source-ref-duplicate": Severity.WARNING,
            "type-unsupported": Severity.UNCHECKED,
        },
    ),
    Consumer(
        name="sagemaker-training",
        title="Amazon SageMaker training with an augmented manifest, labels and metadata as Ground Truth writes them",
        severities={
            "label-name-inconsistent": Severity.ERROR,
            "source-ref-duplicate": Severity.WARNING,
            "type-unsupported": Severity.UNCHECKED,
        },
    ),
)

CONSUMERS: Final[Mapping[str, Consumer]] = MappingProxyType({consumer.name: consumer for consumer in _CONSUMERS})
DEFAULT_CONSUMER: Final = CONSUMERS["lookout-for-vision"]
